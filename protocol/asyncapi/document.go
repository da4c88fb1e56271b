package main

import (
	"encoding/json"

	"foyer/protocol"
	"foyer/protocol/schema"
)

// frame is what is read of a golden frame to know which message it is.
type frame struct {
	ID     json.RawMessage `json:"id"`
	Method protocol.Method `json:"method"`
	Error  protocol.Error  `json:"error"`
}

// answered returns the method that a golden answer answers: it is its id.
func (f frame) answered() (m protocol.Method) {
	if json.Unmarshal(f.ID, &m) != nil {
		return ""
	}
	return m
}

// document is an AsyncAPI document; its maps are written sorted by key.
type document struct {
	AsyncAPI           string               `json:"asyncapi"`
	ID                 string               `json:"id"`
	Info               info                 `json:"info"`
	DefaultContentType string               `json:"defaultContentType"`
	Servers            map[string]server    `json:"servers"`
	Channels           map[string]channel   `json:"channels"`
	Operations         map[string]operation `json:"operations"`
	Components         components           `json:"components"`
	CloseCodes         []closeCode          `json:"x-close-codes"`
	Reasons            []reason             `json:"x-error-reasons"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type server struct {
	Host        string              `json:"host"`
	Protocol    string              `json:"protocol"`
	Description string              `json:"description"`
	Variables   map[string]variable `json:"variables,omitempty"`
	Security    []reference         `json:"security"`
}

type variable struct {
	Description string `json:"description"`
	Default     string `json:"default"`
}

type reference struct {
	Ref string `json:"$ref"`
}

type channel struct {
	Address     string               `json:"address"`
	Title       string               `json:"title"`
	Description string               `json:"description"`
	Messages    map[string]reference `json:"messages"`
	Bindings    any                  `json:"bindings"`
}

type operation struct {
	Action   string      `json:"action"`
	Channel  reference   `json:"channel"`
	Title    string      `json:"title"`
	Summary  string      `json:"summary"`
	Tags     []tag       `json:"tags"`
	Messages []reference `json:"messages"`
	Reply    *reply      `json:"reply,omitempty"`
}

type tag struct {
	Name string `json:"name"`
}

type reply struct {
	Channel  reference   `json:"channel"`
	Messages []reference `json:"messages"`
}

type message struct {
	Name          string     `json:"name"`
	Title         string     `json:"title"`
	Summary       string     `json:"summary"`
	ContentType   string     `json:"contentType"`
	CorrelationID *reference `json:"correlationId,omitempty"`
	Payload       any        `json:"payload"`
	Examples      []example  `json:"examples,omitempty"`
}

type example struct {
	Payload json.RawMessage `json:"payload"`
}

type components struct {
	Schemas         map[string]*schema.Schema `json:"schemas"`
	Messages        map[string]message        `json:"messages"`
	CorrelationIDs  map[string]correlation    `json:"correlationIds"`
	SecuritySchemes map[string]any            `json:"securitySchemes"`
}

type correlation struct {
	Description string `json:"description"`
	Location    string `json:"location"`
}

type closeCode struct {
	Code      protocol.CloseCode `json:"code"`
	Resumable bool               `json:"resumable"`
	Meaning   string             `json:"meaning"`
}

type reason struct {
	Reason  protocol.Reason `json:"reason"`
	Code    protocol.Code   `json:"code"`
	Message string          `json:"message"`
}
