package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ServerMessage is a text frame as a client gets it: exactly one of an answer (IsResponse), a notification
// (IsNotification), or the answers to a batch (Batch is not nil).
type ServerMessage struct {
	// ID is the request's, null where the server could not read one; nil in a notification.
	ID     json.RawMessage
	Result json.RawMessage // nil when Error is set
	Error  *Error

	Method Method
	Params json.RawMessage

	Batch []ServerMessage
}

// IsNotification reports whether m tells of something that was not asked for.
func (m *ServerMessage) IsNotification() bool { return m.Method != "" }

// IsResponse reports whether m answers one request.
func (m *ServerMessage) IsResponse() bool { return m.Method == "" && m.Batch == nil }

type serverFrame struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *Error          `json:"error"`
	Method  Method          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// ParseServerFrame reads a text frame from the server, for clients: members it does not know are ignored, so that the
// protocol can grow. It returns an error for what no version of the protocol sends.
func ParseServerFrame(b []byte) (ServerMessage, error) {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 || b[0] != '[' {
		return parseServerMessage(b)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return ServerMessage{}, fmt.Errorf("server frame: %w", err)
	}
	m := ServerMessage{Batch: make([]ServerMessage, 0, len(parts))}
	for _, part := range parts {
		answer, err := parseServerMessage(part)
		if err != nil {
			return ServerMessage{}, err
		}
		if !answer.IsResponse() {
			return ServerMessage{}, errors.New("server frame: a notification in a batch")
		}
		m.Batch = append(m.Batch, answer)
	}
	return m, nil
}

func parseServerMessage(b []byte) (ServerMessage, error) {
	var f serverFrame
	if err := json.Unmarshal(b, &f); err != nil {
		return ServerMessage{}, fmt.Errorf("server frame: %w", err)
	}
	m := ServerMessage{ID: f.ID, Result: f.Result, Error: f.Error, Method: f.Method, Params: f.Params}
	switch {
	case f.Version != "2.0":
		return ServerMessage{}, errors.New(`server frame: not JSON-RPC 2.0`)
	case f.Method != "" && (f.ID != nil || f.Result != nil || f.Error != nil):
		return ServerMessage{}, errors.New("server frame: both an answer and a notification")
	case f.Method == "" && f.ID == nil:
		return ServerMessage{}, errors.New("server frame: neither an answer nor a notification")
	case f.Method == "" && (f.Result == nil) == (f.Error == nil):
		return ServerMessage{}, errors.New("server frame: an answer has either a result or an error")
	}
	return m, nil
}
