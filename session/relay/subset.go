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

// pace is a rate lower than the session's: at one tick in several, everything that changed since goes out.
type pace struct {
	hz, of uint32
	tick   uint32 // the last one at which everything went out
	sent   uint64 // the edits that went out by then
	since  uint64 // and by the time before
	ticks  uint64 // which of the relay's ticks that was
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
	p := &pace{hz: hz, of: of, tick: r.tick, sent: r.edits}
	r.paces = append(r.paces, p)
	return p
}

// keepPaces lets those that are due send everything at the tick that has just begun.
func (r *Relay) keepPaces() {
	for _, p := range r.paces {
		if r.tick == p.tick || uint64(r.tick)*uint64(p.hz)/uint64(p.of) == uint64(p.tick)*uint64(p.hz)/uint64(p.of) {
			continue
		}
		p.tick, p.ticks = r.tick, r.ticks
		p.since, p.sent = p.sent, r.edits
		p.frames = nil
	}
}

// Subset returns what the last tick sends to receivers with that subset, as Frames does.
func (r *Relay) Subset(s *Subset) [][]byte {
	if p := s.pace; p != nil && p.ticks == r.ticks {
		return r.paced(p, s.not)
	}
	if s.ticks != r.ticks {
		moved := r.scratch[:0]
		for _, n := range s.named {
			if int(n) < len(r.slots) && r.slots[n].ticks == r.ticks {
				moved = append(moved, n)
			}
		}
		s.frames, s.ticks = r.frames(frameTick, r.tick, moved, nil), r.ticks
		r.scratch = moved
	}
	return s.frames
}

// paced returns what changed since the pace's last time, the same for all with that exclusion.
func (r *Relay) paced(p *pace, not *Exclusion) [][]byte {
	if frames, made := p.frames[not]; made {
		return frames
	}
	moved := r.scratch[:0]
	for n := range r.slots {
		if s := &r.slots[n]; s.present && s.edit > p.since && s.edit <= p.sent {
			moved = append(moved, uint16(n)) // #nosec G115 -- slots are by number
		}
	}
	if p.frames == nil {
		p.frames = map[*Exclusion][][]byte{}
	}
	p.frames[not] = r.frames(frameTick, r.tick, moved, not)
	r.scratch = moved
	return p.frames[not]
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
func (r *Relay) Behind(s *Subset) bool { return s.pace != nil && s.pace.sent < r.edits }
