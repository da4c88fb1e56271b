package relay

import "slices"

// Subset is what receivers get who asked for some of the members: the states of those named at every tick, those of the
// others less often or never. Receivers with the same share one, so that their frames are encoded once. It belongs to
// one Relay.
type Subset struct {
	named []uint16 // sorted
	not   *Exclusion
	pace  *pace // nil: the others never

	frames [][]byte // of the tick that ticks says
	ticks  uint64
	keys   keyFrames
}

// pace is a rate lower than the session's. Each number has its turns at ticks of its own, so that no tick is much larger
// than the others; what has changed since its last turn goes out.
type pace struct {
	hz, of uint32
	tick   uint32   // the last one at which was looked whose turn it is
	ticks  uint64   // which of the relay's ticks that was
	edits  uint64   // the relay's then
	sent   []uint64 // by number: which edit went out last
	due    []uint16 // what goes out at that tick
	later  bool     // something else goes out at a later one
	frames map[*Exclusion][][]byte
}

// NewSubset returns the subset with the given numbers at every tick, and all others others times a second in a session
// with rate ticks: 0 for never, and less than rate. Whoever is excluded is in neither.
func (r *Relay) NewSubset(numbers []uint16, others, rate int, not *Exclusion) *Subset {
	s := &Subset{named: slices.Clone(numbers), not: not}
	slices.Sort(s.named)
	s.named = slices.DeleteFunc(slices.Compact(s.named), func(n uint16) bool { return not != nil && not.has(n) })
	if others > 0 {
		s.pace = r.pace(uint32(others), uint32(rate)) // #nosec G115 -- both are at most 60
	}
	return s
}

// pace is the same for all with that rate, so that a receiver may change its subset without missing anything.
func (r *Relay) pace(hz, of uint32) *pace {
	for _, p := range r.paces {
		if p.hz == hz && p.of == of {
			return p
		}
	}
	p := &pace{hz: hz, of: of, tick: r.tick, edits: r.edits, frames: map[*Exclusion][][]byte{}}
	for n := range r.slots {
		p.sent = append(p.sent, r.slots[n].edit) // the key frame has it
	}
	r.paces = append(r.paces, p)
	return p
}

// Subset returns what the last tick sends to receivers with that subset, as Frames does: those named first, then what
// all with that rate for the others share.
func (r *Relay) Subset(s *Subset) [][]byte {
	if s.ticks == r.ticks {
		return s.frames
	}
	moved := r.scratch[:0]
	for _, n := range s.named {
		if int(n) < len(r.slots) && r.slots[n].ticks == r.ticks {
			moved = append(moved, n)
		}
	}
	s.frames, s.ticks = r.frames(frameTick, r.tick, moved, nil), r.ticks
	r.scratch = moved
	if s.pace != nil {
		s.frames = slices.Concat(s.frames, r.paced(s.pace, s.not))
	}
	return s.frames
}

// paced returns the states whose turn it is, the same for all with that exclusion.
func (r *Relay) paced(p *pace, not *Exclusion) [][]byte {
	if p.ticks != r.ticks {
		r.turn(p)
	}
	frames, made := p.frames[not]
	if !made {
		frames = r.frames(frameTick, r.tick, p.due, not)
		p.frames[not] = frames
	}
	return frames
}

// turn finds out whose turn it is at the last tick.
func (r *Relay) turn(p *pace) {
	before, now := uint64(p.tick)*uint64(p.hz), uint64(r.tick)*uint64(p.hz)
	p.tick, p.ticks, p.edits, p.due, p.later = r.tick, r.ticks, r.edits, p.due[:0], false
	clear(p.frames)
	for len(p.sent) < len(r.slots) {
		p.sent = append(p.sent, 0)
	}
	for n := range r.slots {
		s, phase := &r.slots[n], uint64(n)%uint64(p.of) // #nosec G115 -- slots are by number
		switch {
		case !s.present || s.edit == p.sent[n]:
		case (before+phase)/uint64(p.of) == (now+phase)/uint64(p.of):
			p.later = true
		default:
			p.sent[n] = s.edit
			p.due = append(p.due, uint16(n)) // #nosec G115 -- slots are by number
		}
	}
}

// SubsetKey returns the key frame for receivers with that subset: with every state of those whom they hear of at all.
func (r *Relay) SubsetKey(tick uint32, s *Subset) [][]byte {
	if s.pace != nil {
		return r.Key(tick, s.not)
	}
	if made := &s.keys; made.frames == nil || made.edits != r.edits || made.tick != tick {
		have := slices.DeleteFunc(slices.Clone(s.named), func(n uint16) bool { return int(n) >= len(r.slots) || !r.slots[n].present })
		*made = keyFrames{frames: r.frames(frameKey, tick, have, nil), edits: r.edits, tick: tick}
	}
	return s.keys.frames
}

// Names reports whether s has the number among those that come at every tick. It may be nil, which names nobody.
func (s *Subset) Names(number uint16) bool {
	if s == nil {
		return false
	}
	_, named := slices.BinarySearch(s.named, number)
	return named
}

// Behind reports whether something changed that receivers with that subset will get at a later tick only.
func (r *Relay) Behind(s *Subset) bool {
	return s.pace != nil && (s.pace.later || s.pace.edits != r.edits)
}
