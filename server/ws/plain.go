package ws

import (
	"encoding/binary"

	"github.com/gorilla/websocket"
)

// The first bytes of frames that need none of gorilla: whole messages, without extensions.
const (
	plainText  = 0x80 | websocket.TextMessage
	plainState = 0x80 | websocket.BinaryMessage
	plainPing  = 0x80 | websocket.PingMessage
	plainPong  = 0x80 | websocket.PongMessage
)

// takePlain takes messages, pings and pongs off the front of b, as long as they are all there, and returns the rest, which
// gorilla must read: a part of a message, or what breaks the protocol. It changes what it takes. A caller that can't wait
// leaves texts too, and states that may take long. wrote says that there was a state.
func (s *Socket) takePlain(b []byte, canWait bool) (rest []byte, wrote bool) {
	limit, textLimit := s.owner.binaryLimit(), s.owner.options.MessageBytes
	for {
		head, key, payload := cutFrame(b)
		switch {
		case head == plainPong:
			s.unanswered.Store(false)
		case head == plainPing:
			unmask(payload, key)
			s.pinged(string(payload))
		case head == plainText && (textLimit == 0 || len(payload) <= textLimit) && canWait && !s.isClosing():
			unmask(payload, key)
			s.text(payload)
		case head == plainState && (limit == 0 || len(payload) <= limit) && !s.isClosing() && (canWait || s.handler.Quick()):
			unmask(payload, key)
			wrote, s.writes = true, true
			s.handler.Binary(payload)
		default:
			return b, wrote
		}
		b = b[len(key)+len(payload)+headerOf(b):]
	}
}

// cutFrame returns the first byte of the frame that b begins with, its masking key and its masked payload, but 0 if it is
// not all there, or needs a longer look.
func cutFrame(b []byte) (head byte, key, payload []byte) {
	const masked, keyBytes = 0x80, 4
	if len(b) < 2 || b[1]&masked == 0 {
		return 0, nil, nil
	}
	at, size := headerOf(b), int(b[1]&^masked)
	switch {
	case size == 127 || size == 126 && b[0] != plainState && b[0] != plainText || len(b) < at+keyBytes:
		return 0, nil, nil
	case size == 126:
		size = int(binary.BigEndian.Uint16(b[2:]))
	}
	if len(b) < at+keyBytes+size {
		return 0, nil, nil
	}
	return b[0], b[at : at+keyBytes], b[at+keyBytes : at+keyBytes+size]
}

// headerOf is how many bytes are before the key of a frame whose size has 7 or 16 bits.
func headerOf(b []byte) int {
	if b[1]&0x7f == 126 {
		return 4
	}
	return 2
}

// unmask undoes what a device does to all it sends (RFC 6455, 5.3).
func unmask(p, key []byte) {
	four := binary.LittleEndian.Uint32(key)
	for eight := uint64(four)<<32 | uint64(four); len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^eight)
	}
	for i := range p {
		p[i] ^= key[i&3]
	}
}
