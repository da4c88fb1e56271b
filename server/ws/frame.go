package ws

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Frame is a message for any number of devices, framed once. It is immutable.
type Frame struct {
	framed  []byte
	payload int // how much of framed, at its end

	queued atomic.Int32 // queues that it waits in, as a message
}

// NewText returns a text message with a copy of payload.
func NewText(payload []byte) *Frame { return newFrame(websocket.TextMessage, payload) }

// NewBinary returns a binary message with a copy of payload.
func NewBinary(payload []byte) *Frame { return newFrame(websocket.BinaryMessage, payload) }

func newFrame(kind int, payload []byte) *Frame {
	b := make([]byte, 0, headerBytes(len(payload))+len(payload))
	return &Frame{framed: appendFrame(b, kind, payload), payload: len(payload)}
}

// Size is the payload's length in bytes.
func (f *Frame) Size() int { return f.payload }

// maxHeader is the length of the longest header that appendFrame writes.
const maxHeader = 10

func headerBytes(payload int) int {
	switch {
	case payload < 126:
		return 2
	case payload < 1<<16:
		return 4
	}
	return maxHeader
}

// appendFrame appends a whole message as a server sends it: in one frame, unmasked (RFC 6455, 5.2).
func appendFrame(b []byte, kind int, payload []byte) []byte {
	const final = 0x80
	b = append(b, final|byte(kind)) // #nosec G115 -- an opcode has 4 bits
	switch n := len(payload); headerBytes(n) {
	case 2:
		b = append(b, byte(n))
	case 4:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n)) // #nosec G115 -- see headerBytes
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}
