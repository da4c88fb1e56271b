package main

import (
	"encoding/json"
	"strings"

	"foyer/protocol"
	"foyer/protocol/schema"
)

const (
	channelKey  = "device"
	channelRef  = "#/channels/" + channelKey
	jsonType    = "application/json"
	binaryType  = "application/octet-stream"
	stateKey    = "state"
	statesKey   = "states"
	correlateBy = "request"
)

const description = `Foyer lets people meet in shared sessions: invitations and connections between them, presence, rosters, messages, and
a fast lane for the state of each member (a pose, a gaze).

A client opens a WebSocket and offers the subprotocol ` + "`" + protocol.Subprotocol + "`" + ` (or none). **Text frames** are JSON-RPC 2.0: one request, answer
or notification each, or one batch of up to 50 requests, answered by one array. The first request is ` + "`hello`" + `. What a client sends is
read strictly: an unknown, doubled or missing member is refused and named. What a server sends may grow: clients ignore
members and notifications that they do not know.

**Binary frames** are the state lane; integers are unsigned and little-endian. A client writes its member's state with
the byte 0x01 and up to ` + "`limits.state_bytes`" + ` bytes of its own making. A server sends 0x02 at a tick with the states that changed
since the last one, and 0x03, a key frame with every member's state, after joining and wherever frames were left out:
the kind, ` + "`tick`" + ` (4 bytes), ` + "`count`" + ` (2 bytes), then count times ` + "`number`" + ` (2), ` + "`length`" + ` (2) and the state. A frame is at most 60 KiB; a
tick or key frame that needs more is several with the same tick.

How the server closes a device, and whether to come back, is in ` + "`x-close-codes`" + `; every refusal is in ` + "`x-error-reasons`" + `.`

func newDocument(notes comments, examples map[string]json.RawMessage) document {
	b := &schema.Builder{Describe: notes.of}
	b.Build()
	d := document{
		AsyncAPI:           "3.0.0",
		ID:                 "urn:foyer:wire:1",
		Info:               info{Title: "Foyer", Version: "1.0.0", Description: description},
		DefaultContentType: jsonType,
		Servers:            servers(),
		Operations:         map[string]operation{},
		Components: components{
			Schemas:  b.Components,
			Messages: map[string]message{},
			CorrelationIDs: map[string]correlation{
				correlateBy: {"An answer has the id of its request.", "$message.payload#/id"},
			},
			SecuritySchemes: map[string]any{"token": map[string]string{
				"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
				"description": "In the Authorization header of the upgrade, or in hello; never in a URL.",
			}},
		},
	}
	d.addRequests(examples)
	d.addNotifications(examples)
	d.addStateLane()
	d.addChannel()
	for _, c := range protocol.CloseCodes() {
		d.CloseCodes = append(d.CloseCodes, closeCode{c, c.Resumable(), c.Meaning()})
	}
	for _, r := range protocol.Reasons() {
		e := protocol.Refuse(r)
		d.Reasons = append(d.Reasons, reason{r, e.Code, e.Message})
	}
	return d
}

func servers() map[string]server {
	token := []reference{{"#/components/securitySchemes/token"}}
	return map[string]server{
		"local": {
			Host: "127.0.0.1:8080", Protocol: "ws", Description: "foyer demo, or foyer serve as it starts by default.", Security: token,
		},
		"deployed": {
			Host: "{host}", Protocol: "wss", Description: "A deployment, behind a proxy that ends TLS.", Security: token,
			Variables: map[string]variable{"host": {"Its public name, and port if it has another.", "foyer.example.com"}},
		},
	}
}

func (d *document) addRequests(examples map[string]json.RawMessage) {
	d.Components.Messages[schema.Refusal] = textMessage(schema.Refusal, "Refusal", "Why a request was not carried out.", true, examples)
	for _, m := range protocol.Methods() {
		request, result := schema.RequestName(m.Method), schema.ResultName(m.Method)
		d.Components.Messages[request] = textMessage(request, "Request "+string(m.Method), m.Summary, true, examples)
		d.Components.Messages[result] = textMessage(result, "Answer to "+string(m.Method), "The answer to "+string(m.Method)+".", true, examples)
		summary := m.Summary
		if m.Durable {
			summary += " Takes an op_id."
		}
		d.Operations[string(m.Method)] = operation{
			Action: "receive", Channel: reference{channelRef}, Title: string(m.Method), Summary: summary, Tags: tags(m.Method),
			Messages: []reference{inChannel(request)},
			Reply:    &reply{reference{channelRef}, []reference{inChannel(result), inChannel(schema.Refusal)}},
		}
	}
}

func (d *document) addNotifications(examples map[string]json.RawMessage) {
	for _, n := range protocol.Notifications() {
		key := schema.NotificationName(n.Method)
		d.Components.Messages[key] = textMessage(key, "Notification "+string(n.Method), n.Summary, false, examples)
		d.Operations[string(n.Method)] = operation{
			Action: "send", Channel: reference{channelRef}, Title: string(n.Method), Summary: n.Summary, Tags: tags(n.Method),
			Messages: []reference{inChannel(key)},
		}
	}
}

func (d *document) addStateLane() {
	binary := func(text string) map[string]string {
		return map[string]string{"type": "string", "format": "binary", "description": text}
	}
	d.Components.Messages[stateKey] = message{
		Name: stateKey, Title: "State", Summary: "The device's member's own state.", ContentType: binaryType,
		Payload: binary("0x01, then the state: up to limits.state_bytes bytes."),
	}
	d.Components.Messages[statesKey] = message{
		Name: statesKey, Title: "States", Summary: "The states that changed since the last tick, or all of them.", ContentType: binaryType,
		Payload: binary("0x02 (what changed) or 0x03 (all), tick: u32, count: u16, count times number: u16, length: u16, state[length]; little-endian; at most 60 KiB."),
	}
	for key, action := range map[string]string{stateKey: "receive", statesKey: "send"} {
		d.Operations[key] = operation{
			Action: action, Channel: reference{channelRef}, Title: key, Summary: d.Components.Messages[key].Summary,
			Tags: []tag{{"state lane"}}, Messages: []reference{inChannel(key)},
		}
	}
}

// addChannel makes the one channel there is, with all messages.
func (d *document) addChannel() {
	c := channel{
		Address: protocol.Path, Title: "A device's WebSocket",
		Description: "Everything between one device and the server.",
		Messages:    map[string]reference{},
		Bindings:    map[string]any{"ws": map[string]string{"method": "GET", "bindingVersion": "0.1.0"}},
	}
	for key := range d.Components.Messages {
		c.Messages[key] = reference{"#/components/messages/" + key}
	}
	d.Channels = map[string]channel{channelKey: c}
}

// textMessage makes a message of the control lane. Its answer, if there is one, has the same id.
func textMessage(key, title, summary string, correlated bool, examples map[string]json.RawMessage) message {
	m := message{
		Name: key, Title: title, Summary: summary, ContentType: jsonType,
		Payload: reference{"#/components/schemas/" + key},
	}
	if correlated {
		m.CorrelationID = &reference{"#/components/correlationIds/" + correlateBy}
	}
	if payload := examples[key]; payload != nil {
		m.Examples = []example{{payload}}
	}
	return m
}

func inChannel(key string) reference { return reference{channelRef + "/messages/" + key} }

// tags group the operations by what comes before the dot.
func tags(m protocol.Method) []tag {
	group, _, dotted := strings.Cut(string(m), ".")
	if !dotted {
		group = "device"
	}
	return []tag{{group}}
}
