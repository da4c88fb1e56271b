package protocol

import (
	"encoding/binary"
	"errors"
	"iter"
)

// FrameKind is the first byte of a binary frame.
type FrameKind byte

// The kinds of binary frame.
const (
	// FrameState is a client's: its member's state, in the session that the device is in.
	FrameState FrameKind = 0x01
	// FrameTick is a server's: the states that changed since the last tick.
	FrameTick FrameKind = 0x02
	// FrameKey is a server's: every member's state, after joining and wherever frames were dropped.
	FrameKey FrameKind = 0x03
)

const (
	// MaxFrame is the size in bytes that no binary frame to a client exceeds.
	MaxFrame = 60 << 10
	// MaxState is the size in bytes that a state may have unless the server says otherwise.
	MaxState = 512

	stateHeader = 1 + 4 + 2 // kind, tick, count
	stateEntry  = 2 + 2     // number, length
	// largestState is what a frame has room for.
	largestState = MaxFrame - stateHeader - stateEntry
)

// AppendState appends the frame with which a client writes its state to dst.
func AppendState(dst, state []byte) []byte {
	return append(append(dst, byte(FrameState)), state...)
}

// ParseState returns the state in a client's binary frame, which may be empty; false for any other frame, which is not
// this protocol (CloseNotProtocol). The state is part of b. How long it may be is for the caller to check.
func ParseState(b []byte) (state []byte, ok bool) {
	if len(b) == 0 || FrameKind(b[0]) != FrameState {
		return nil, false
	}
	return b[1:], true
}

// StateWriter writes the states of one tick as frames of at most MaxFrame bytes, all with the same tick, one after the
// other into one buffer. The zero value is ready for Start, and can be started again for the next tick. It allocates
// only when the buffer is too small.
type StateWriter struct {
	kind  FrameKind
	tick  uint32
	buf   []byte
	base  int   // where the frames begin in buf
	start int   // where the last frame begins
	count int   // entries in the last frame
	ends  []int // where each frame before the last ends
}

// Start begins the frames of a tick behind what is in buf, whose spare capacity is used.
func (w *StateWriter) Start(kind FrameKind, tick uint32, buf []byte) {
	w.kind, w.tick, w.buf, w.base, w.ends = kind, tick, buf, len(buf), w.ends[:0]
	w.open()
}

func (w *StateWriter) open() {
	w.start, w.count = len(w.buf), 0
	w.buf = append(w.buf, byte(w.kind))
	w.buf = binary.LittleEndian.AppendUint32(w.buf, w.tick)
	w.buf = append(w.buf, 0, 0)
}

func (w *StateWriter) close() {
	binary.LittleEndian.PutUint16(w.buf[w.start+5:], uint16(w.count)) // #nosec G115 -- at most MaxFrame / stateEntry
}

// Add writes one member's state. A state that no frame has room for is left out; false says so.
func (w *StateWriter) Add(number uint16, state []byte) bool {
	if len(state) > largestState {
		return false
	}
	if len(w.buf)-w.start+stateEntry+len(state) > MaxFrame {
		w.close()
		w.ends = append(w.ends, len(w.buf))
		w.open()
	}
	w.buf = binary.LittleEndian.AppendUint16(w.buf, number)
	w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(len(state))) // #nosec G115 -- at most largestState
	w.buf = append(w.buf, state...)
	w.count++
	return true
}

// Finish ends the tick and appends its frames, which are parts of the buffer, to dst. A tick without states is no
// frame, a key frame without states is one: it tells the client that nobody has written yet.
func (w *StateWriter) Finish(dst [][]byte) [][]byte {
	from := w.base
	for _, end := range w.ends {
		dst = append(dst, w.buf[from:end:end])
		from = end
	}
	if w.count == 0 && w.kind == FrameTick {
		return dst
	}
	w.close()
	return append(dst, w.buf[from:len(w.buf):len(w.buf)])
}

// Buffer returns the buffer given to Start as it has grown, for its owner to use again once the frames are not needed.
func (w *StateWriter) Buffer() []byte { return w.buf }

// StateFrame is a FrameTick or FrameKey as a client reads it.
type StateFrame struct {
	Kind FrameKind
	// Tick counts from the session's start and is the same in all frames of one tick.
	Tick uint32
	// Count is how many states are in this frame.
	Count int

	entries []byte
}

var errStateFrame = errors.New("state frame: malformed")

// ParseStates reads a binary frame from the server, for clients. What it returns is part of b. A frame of a kind that
// it doesn't know is an error that clients ignore: the protocol may grow.
func ParseStates(b []byte) (StateFrame, error) {
	if len(b) < stateHeader || FrameKind(b[0]) != FrameTick && FrameKind(b[0]) != FrameKey {
		return StateFrame{}, errStateFrame
	}
	f := StateFrame{
		Kind:    FrameKind(b[0]),
		Tick:    binary.LittleEndian.Uint32(b[1:]),
		Count:   int(binary.LittleEndian.Uint16(b[5:])),
		entries: b[stateHeader:],
	}
	rest := f.entries
	for range f.Count {
		if len(rest) < stateEntry {
			return StateFrame{}, errStateFrame
		}
		n := stateEntry + int(binary.LittleEndian.Uint16(rest[2:]))
		if len(rest) < n {
			return StateFrame{}, errStateFrame
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return StateFrame{}, errStateFrame
	}
	return f, nil
}

// All yields each member's number and state, which is part of the frame.
func (f StateFrame) All() iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		rest := f.entries
		for range f.Count {
			end := stateEntry + int(binary.LittleEndian.Uint16(rest[2:]))
			if !yield(binary.LittleEndian.Uint16(rest), rest[stateEntry:end:end]) {
				return
			}
			rest = rest[end:]
		}
	}
}
