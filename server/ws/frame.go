package ws

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Frame is a message for any number of devices. It is immutable, and encoded once if there is more than one.
type Frame struct {
	kind    int
	payload []byte

	queued   atomic.Int32 // queues that it waits in, as a message
	used     atomic.Bool  // by a first device; the second one prepares
	once     sync.Once
	prepared *websocket.PreparedMessage // guarded by once
	err      error                      // guarded by once
}

// NewText returns a text message with a copy of payload.
func NewText(payload []byte) *Frame {
	return &Frame{kind: websocket.TextMessage, payload: slices.Clone(payload)}
}

// NewBinary returns a binary message with a copy of payload.
func NewBinary(payload []byte) *Frame {
	return &Frame{kind: websocket.BinaryMessage, payload: slices.Clone(payload)}
}

// Size is the payload's length in bytes.
func (f *Frame) Size() int { return len(f.payload) }

// writeTo writes the message. Preparing costs several kilobytes, which is too much for a message to one device.
func (f *Frame) writeTo(c *websocket.Conn) error {
	if !f.used.Swap(true) {
		return c.WriteMessage(f.kind, f.payload)
	}
	f.once.Do(func() { f.prepared, f.err = websocket.NewPreparedMessage(f.kind, f.payload) })
	if f.err != nil {
		return f.err
	}
	return c.WritePreparedMessage(f.prepared)
}
