package relay

import (
	"bytes"
	"slices"

	"foyer/protocol"
)

// Relay has the states of one session's members. The zero value is an empty one.
type Relay struct {
	slots   []slot   // by number
	changed []uint16 // in the order of their first change since the last tick; some may be gone or here twice
	states  int      // slots that have a state

	writer protocol.StateWriter
	sent   []uint16 // what the last tick sent
	ticks  uint64   // raised by each Tick: frames made for another are old
	tick   uint32
	all    [][]byte

	edits uint64 // raised by each change of a state: key frames made for another are old
	keys  keyFrames

	paces   []*pace
	scratch []uint16
}

const frameTick, frameKey = protocol.FrameTick, protocol.FrameKey

type slot struct {
	state   []byte // its capacity is used again for the next one
	present bool
	changed bool
	edit    uint64 // the Relay's edits at the last change
	ticks   uint64 // which tick sent it last
}

// keyFrames are a key frame, as it was after so many edits, with the tick that it names.
type keyFrames struct {
	frames [][]byte
	edits  uint64
	tick   uint32
}

// Write makes state the newest of the member with that number. The bytes are copied. It reports whether that is
// another than before; one that no frame has room for changes nothing.
func (r *Relay) Write(number uint16, state []byte) bool {
	if len(state) > protocol.MaxFrame/2 {
		return false
	}
	for len(r.slots) <= int(number) {
		r.slots = append(r.slots, slot{})
	}
	s := &r.slots[number]
	if s.present && bytes.Equal(s.state, state) {
		return false
	}
	if !s.present {
		s.present = true
		r.states++
	}
	if !s.changed {
		s.changed = true
		r.changed = append(r.changed, number)
	}
	s.state = append(s.state[:0], state...)
	r.edits++
	s.edit = r.edits
	return true
}

// Remove ends the state of a member who left: it is in no frame from now on.
func (r *Relay) Remove(number uint16) {
	if int(number) >= len(r.slots) || !r.slots[number].present {
		return
	}
	s := &r.slots[number]
	s.present, s.changed, s.state = false, false, s.state[:0]
	r.states--
	r.edits++
}

// States counts the members who have a state.
func (r *Relay) States() int { return r.states }

// Changed reports whether the next tick may have something to send.
func (r *Relay) Changed() bool { return len(r.changed) > 0 }

// Tick ends a tick: from now on Frames has what changed since the one before, under the given number.
func (r *Relay) Tick(tick uint32) {
	r.ticks++
	r.tick = tick
	r.sent = r.sent[:0]
	for _, number := range r.changed {
		if s := &r.slots[number]; s.changed {
			s.changed, s.ticks = false, r.ticks
			r.sent = append(r.sent, number)
		}
	}
	r.changed = r.changed[:0]
	r.all = r.frames(frameTick, tick, r.sent, nil)
}

// Frames returns what the last tick sends to receivers with that exclusion, nil for nobody excluded: no frame when
// nothing changed that they may see. Before the next Write all receivers are sent the same states.
func (r *Relay) Frames(x *Exclusion) [][]byte {
	if x == nil || len(r.all) == 0 || !slices.ContainsFunc(r.sent, x.has) {
		return r.all
	}
	if x.ticks != r.ticks {
		x.frames, x.ticks = r.frames(frameTick, r.tick, r.sent, x), r.ticks
	}
	return x.frames
}

// Only returns the newest states of the given numbers, as frames of a tick. Numbers without one are left out.
func (r *Relay) Only(tick uint32, numbers []uint16) [][]byte {
	have := slices.DeleteFunc(slices.Clone(numbers), func(n uint16) bool { return int(n) >= len(r.slots) || !r.slots[n].present })
	return r.frames(frameTick, tick, have, nil)
}

// Key returns the key frame, of one part or more, with every state that receivers with that exclusion may see. It is
// there even with no state in it.
func (r *Relay) Key(tick uint32, x *Exclusion) [][]byte {
	made := &r.keys
	if x != nil {
		made = &x.keys
	}
	if made.frames == nil || made.edits != r.edits || made.tick != tick {
		*made = keyFrames{frames: r.frames(frameKey, tick, r.Numbers(), x), edits: r.edits, tick: tick}
	}
	return made.frames
}

// Numbers returns the numbers that have a state.
func (r *Relay) Numbers() []uint16 {
	out := make([]uint16, 0, r.states)
	for number := range r.slots {
		if r.slots[number].present {
			out = append(out, uint16(number))
		}
	}
	return out
}

// frames writes the states of numbers, without those excluded, into a buffer of just that size.
func (r *Relay) frames(kind protocol.FrameKind, tick uint32, numbers []uint16, x *Exclusion) [][]byte {
	const header, entry = 7, 4
	size := header
	for _, n := range numbers {
		size += entry + len(r.slots[n].state)
	}
	if kind == frameTick && size == header {
		return nil
	}
	size += size / (protocol.MaxFrame / 2) * header
	r.writer.Start(kind, tick, make([]byte, 0, size))
	for _, n := range numbers {
		if s := &r.slots[n]; s.present && (x == nil || !x.has(n)) {
			r.writer.Add(n, s.state)
		}
	}
	return r.writer.Finish(nil)
}

// Exclusion is whom some receivers must not see: the numbers of those whom a block parts them from. Receivers with the
// same share one, so that their frames are encoded once. It belongs to one Relay.
type Exclusion struct {
	numbers []uint16 // sorted

	frames [][]byte // of the tick that ticks says
	ticks  uint64
	keys   keyFrames
}

// NewExclusion returns the exclusion of the given numbers, nil if there are none.
func NewExclusion(numbers []uint16) *Exclusion {
	if len(numbers) == 0 {
		return nil
	}
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	return &Exclusion{numbers: slices.Compact(sorted)}
}

// Numbers returns whom x excludes, in ascending order.
func (x *Exclusion) Numbers() []uint16 {
	if x == nil {
		return nil
	}
	return x.numbers
}

func (x *Exclusion) has(number uint16) bool {
	_, found := slices.BinarySearch(x.numbers, number)
	return found
}
