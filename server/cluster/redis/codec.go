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
	// mostFrames is how many frames of states a message has at most.
	mostFrames = 1024
	// longest is more than any message has.
	longest = 8 << 20
)

// encode writes m: its small parts as JSON, then its frame, its presence and its states as they are. The sender stands in front.
func encode(sender string, flags byte, m *cluster.Message) ([]byte, error) {
	head := *m
	head.Frame, head.Presence = nil, nil
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(envelope{Sender: sender, States: lengths(m.States), Message: &head}); err != nil {
		return nil, fmt.Errorf("bus message: %w", err)
	}
	out := make([]byte, fixed, fixed+body.Len()+len(m.Frame)+len(m.Presence))
	out[0], out[1] = layout, flags
	for i, n := range []int{body.Len(), len(m.Frame), len(m.Presence)} {
		binary.BigEndian.PutUint32(out[2+4*i:], uint32(n))
	}
	out = append(out, body.Bytes()...)
	out = append(out, m.Frame...)
	out = append(out, m.Presence...)
	for _, frame := range m.States {
		out = append(out, frame...)
	}
	return out, nil
}

func lengths(frames [][]byte) []uint16 {
	var out []uint16
	for _, f := range frames {
		out = append(out, uint16(len(f)))
	}
	return out
}

type envelope struct {
	Sender string   `json:"from,omitempty"`
	States []uint16 `json:"states,omitempty"` // the length of each
	*cluster.Message
}

// decode reads the message that encode wrote.
func decode(raw string) (*cluster.Message, error) {
	if len(raw) < fixed || len(raw) > longest || raw[0] != layout {
		return nil, errMalformed
	}
	var sizes [3]int
	total := fixed
	for i := range sizes {
		sizes[i] = int(binary.BigEndian.Uint32([]byte(raw[2+4*i : 6+4*i])))
		total += sizes[i]
	}
	if total > len(raw) {
		return nil, errMalformed
	}
	rest := []byte(raw[fixed:])
	e := envelope{Message: &cluster.Message{}}
	if err := json.Unmarshal(rest[:sizes[0]], &e); err != nil || e.Message == nil || e.Kind == "" {
		return nil, errMalformed
	}
	rest = rest[sizes[0]:]
	if sizes[1] > 0 {
		e.Frame = rest[:sizes[1]:sizes[1]]
	}
	rest = rest[sizes[1]:]
	if sizes[2] > 0 {
		e.Presence = rest[:sizes[2]:sizes[2]]
	}
	var err error
	if e.Message.States, err = cut(rest[sizes[2]:], e.States); err != nil {
		return nil, err
	}
	return e.Message, nil
}

// cut divides what is left of a message into frames of the given lengths, with nothing left over.
func cut(rest []byte, lengths []uint16) (frames [][]byte, err error) {
	if len(lengths) > mostFrames {
		return nil, errMalformed
	}
	for _, n := range lengths {
		if int(n) > len(rest) {
			return nil, errMalformed
		}
		frames = append(frames, rest[:n:n])
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return nil, errMalformed
	}
	return frames, nil
}
