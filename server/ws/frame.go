package ws

import "github.com/gorilla/websocket"

// Frame is a message that is encoded once and sent to many devices. It is immutable.
type Frame struct {
	prepared *websocket.PreparedMessage
	size     int
}

// NewText returns a text message with a copy of payload.
func NewText(payload []byte) *Frame { return newFrame(websocket.TextMessage, payload) }

// NewBinary returns a binary message with a copy of payload.
func NewBinary(payload []byte) *Frame { return newFrame(websocket.BinaryMessage, payload) }

func newFrame(kind int, payload []byte) *Frame {
	p, err := websocket.NewPreparedMessage(kind, payload)
	if err != nil {
		panic("a data frame always has an encoding: " + err.Error())
	}
	return &Frame{prepared: p, size: len(payload)}
}

// Size is the payload's length in bytes.
func (f *Frame) Size() int { return f.size }
