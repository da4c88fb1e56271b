package redis

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"foyer/server/cluster"
)

// errMalformed says that a message is none of ours.
var errMalformed = errors.New("malformed bus message")

const (
	// layout begins every message; another layout gets another byte.
	layout = 1
	// looped marks what the publishing node has told itself already.
	looped = 1
	// fixed is the length of what comes before the header: layout, flags, and three lengths.
	fixed = 2 + 3*4
	// longest is more than any message has.
	longest = 8 << 20
)

// encode writes m: its small parts as JSON, then its frame and its presence as they are. The sender stands in front.
func encode(sender string, flags byte, m *cluster.Message) ([]byte, error) {
	head := *m
	head.Frame, head.Presence = nil, nil
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(envelope{Sender: sender, Message: &head}); err != nil {
		return nil, fmt.Errorf("bus message: %w", err)
	}
	out := make([]byte, fixed, fixed+body.Len()+len(m.Frame)+len(m.Presence))
	out[0], out[1] = layout, flags
	for i, n := range []int{body.Len(), len(m.Frame), len(m.Presence)} {
		binary.BigEndian.PutUint32(out[2+4*i:], uint32(n))
	}
	out = append(out, body.Bytes()...)
	out = append(out, m.Frame...)
	return append(out, m.Presence...), nil
}

type envelope struct {
	Sender string `json:"from"`
	*cluster.Message
}

// decode reads what encode wrote.
func decode(raw string) (sender string, flags byte, m *cluster.Message, err error) {
	if len(raw) < fixed || len(raw) > longest || raw[0] != layout {
		return "", 0, nil, errMalformed
	}
	var sizes [3]int
	total := fixed
	for i := range sizes {
		sizes[i] = int(binary.BigEndian.Uint32([]byte(raw[2+4*i : 6+4*i])))
		total += sizes[i]
	}
	if total != len(raw) {
		return "", 0, nil, errMalformed
	}
	rest := []byte(raw[fixed:])
	e := envelope{Message: &cluster.Message{}}
	if err := json.Unmarshal(rest[:sizes[0]], &e); err != nil || e.Message == nil || e.Kind == "" {
		return "", 0, nil, errMalformed
	}
	rest = rest[sizes[0]:]
	if sizes[1] > 0 {
		e.Frame = rest[:sizes[1]:sizes[1]]
	}
	if sizes[2] > 0 {
		e.Presence = rest[sizes[1]:]
	}
	return e.Sender, raw[1], e.Message, nil
}
