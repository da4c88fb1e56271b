package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"foyer/protocol"
)

// compiled holds the closed schema of every frame, by component name.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	b := &Builder{Closed: true}
	b.Build()
	text, err := marshal(map[string]any{"components": map[string]any{"schemas": b.Components}})
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	const at = "wire.json"
	if err := c.AddResource(at, doc); err != nil {
		return nil, err
	}
	all := map[string]*jsonschema.Schema{}
	for name := range b.Components {
		if all[name], err = c.Compile(at + "#/components/schemas/" + name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// Validate checks a text frame from a server: that it is an answer, a batch of answers or a notification, and that
// nothing is in it that the schemas don't have. methodByID returns the method that was asked for with an id, given as
// JSON text (`1`, `"a"`), or "" for an id that nobody asked with.
func Validate(frame []byte, methodByID func(id string) protocol.Method) error {
	m, err := protocol.ParseServerFrame(frame)
	if err != nil {
		return err
	}
	if m.Batch == nil {
		return validateMessage(frame, m, methodByID)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(frame, &parts); err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	for i, part := range m.Batch {
		if err := validateMessage(parts[i], part, methodByID); err != nil {
			return err
		}
	}
	return nil
}

func validateMessage(frame []byte, m protocol.ServerMessage, methodByID func(id string) protocol.Method) error {
	switch {
	case m.IsNotification():
		return validateAs(NotificationName(m.Method), frame)
	case m.Error != nil:
		return validateAs(Refusal, frame)
	}
	method := methodByID(string(m.ID))
	if method == "" {
		return fmt.Errorf("answer to %s: nobody asked: %s", m.ID, frame)
	}
	return validateAs(ResultName(method), frame)
}

// ValidateRequest checks a text frame of one request, as a client sends it.
func ValidateRequest(frame []byte) error {
	var head struct {
		Method protocol.Method `json:"method"`
	}
	if err := json.Unmarshal(frame, &head); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	return validateAs(RequestName(head.Method), frame)
}

// ValidateBinary checks a binary frame from a server.
func ValidateBinary(frame []byte) error {
	if len(frame) > protocol.MaxFrame {
		return fmt.Errorf("state frame of %d bytes", len(frame))
	}
	f, err := protocol.ParseStates(frame)
	if err != nil {
		return err
	}
	if f.Kind == protocol.FrameTick && f.Count == 0 {
		return errors.New("state frame: a tick without states")
	}
	return nil
}

func validateAs(name string, frame []byte) error {
	all, err := compiled()
	if err != nil {
		return err
	}
	s := all[name]
	if s == nil {
		return fmt.Errorf("no %s in the protocol: %s", name, frame)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := s.Validate(value); err != nil {
		return fmt.Errorf("%s: %w in %s", name, err, frame)
	}
	return nil
}

// Checker holds what a device gets against the schemas, knowing what it asked. The zero value is ready; its methods may
// be called at the same time.
type Checker struct {
	mu    sync.Mutex
	asked map[string]protocol.Method // guarded by mu
}

// Sent remembers which method a frame asks for with which id. It does not check the frame: tests send bad ones too.
func (c *Checker) Sent(frame []byte) {
	items, _, _ := protocol.ParseFrame(frame)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil {
		c.asked = map[string]protocol.Method{}
	}
	for _, it := range items {
		if it.ID != nil {
			c.asked[string(it.ID)] = it.Method
		}
	}
}

// Received checks a text frame that came.
func (c *Checker) Received(frame []byte) error {
	return Validate(frame, func(id string) protocol.Method {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.asked[id]
	})
}
