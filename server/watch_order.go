package server

import (
	"context"
	"maps"
	"slices"
	"time"

	"foyer/presence"
	"foyer/protocol"
	"foyer/server/cluster"
)

// What a node tells of a person's presence is in the order in which it read it. Of two nodes that both tell, the one that
// read later may be heard first, or the other one could not send for a while: where it is not clear which is newer, who
// hears it reads for itself.

// reading is a person's presence as a node read it.
type reading struct {
	presence.Full
	node string
	at   int64 // when it began to read, Unix microseconds by the nodes' clock; 0: the others were out of reach, it went by what it knew
}

// clocksApart is more than nodes' clocks are ever apart.
const clocksApart = 2 * time.Second

// after reports whether r, which was told, is clearly newer than what is known.
func (r reading) after(known reading) bool {
	if r.node == known.node {
		return r.at >= known.at || r.at == 0
	}
	return r.at > known.at+clocksApart.Microseconds()
}

// presenceCame takes a person's presence as a node told it, and tells those who watch them: at once, or when the pace
// allows.
func (s *Server) presenceCame(m *cluster.Message, full presence.Full) {
	p := s.person(m.User)
	if p == nil {
		return
	}
	r := reading{Full: full, node: m.Incarnation, at: m.At}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known && !r.after(p.newest) {
		s.lookAgain(p.id)
		return
	}
	s.takeLocked(p, r)
}

// presenceRead takes a person's presence as this node read it, unless something came since it began to: then it looks again.
func (s *Server) presenceRead(id string, r reading, began int64) {
	p := s.person(id)
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.taken > began:
		s.lookAgain(id)
	case p.known && r.at == 0 && p.newest.node != r.node:
		// That other node knew better. When the others are back, everybody is looked at.
	case p.known && presence.Unchanged(p.newest.Full, r.Full):
		p.newest.at, p.taken = max(p.newest.at, r.at), s.ticks.Add(1) // still of the node that told it, which will tell the next one
	default:
		s.takeLocked(p, r)
	}
}

// takeLocked has those who watch p told what is newest.
func (s *Server) takeLocked(p *person, r reading) {
	r.Full = r.At(s.now()) // it may have been long in coming
	same := p.known && presence.Unchanged(p.newest.Full, r.Full)
	if r.at == 0 {
		r.at = p.newest.at
	}
	p.newest, p.taken = r, s.ticks.Add(1)
	if same {
		return
	}
	if !p.known {
		p.known, p.shown = true, presence.Full{Status: protocol.StatusOffline, Devices: []protocol.Kind{}}
	}
	s.awaitNoteLocked(p)
	s.paceLocked(p)
}

// awaitNoteLocked has those who watch p told when the note ends. Each node that watches knows when: nobody need be there
// to say so.
func (s *Server) awaitNoteLocked(p *person) {
	if p.ending != nil {
		p.ending.Stop()
		p.ending = nil
	}
	if ends := p.newest.NoteUntil; !ends.IsZero() {
		p.ending = s.after(max(0, ends.Sub(s.now())), func() { s.noteEnded(p) })
	}
}

func (s *Server) noteEnded(p *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	full := p.newest.At(s.now())
	if presence.Unchanged(p.newest.Full, full) { // there is another note by now, or another time
		s.awaitNoteLocked(p)
		return
	}
	p.newest.Full = full
	s.paceLocked(p)
}

// paceLocked has those who watch p told what is newest, at once or when the pace allows.
func (s *Server) paceLocked(p *person) {
	now := s.now()
	send, at := p.pace.Changed(now)
	switch {
	case send:
		s.tellLocked(p)
	case p.timer == nil:
		p.timer = s.after(at.Sub(now), func() { s.presenceDue(p) })
	}
}

// lookAgain has the presence of somebody who is watched here read anew, in the background.
func (s *Server) lookAgain(id string) {
	s.inTurn(&s.rereading, "presence of "+id, func(ctx context.Context) error {
		if s.person(id) == nil {
			return nil
		}
		return s.lookAt(ctx, []string{id})
	})
}

// rereadPresences looks at everybody who is watched here, in case a message was lost.
func (s *Server) rereadPresences(ctx context.Context) error {
	s.persons.mu.Lock()
	ids := slices.Collect(maps.Keys(s.persons.by))
	s.persons.mu.Unlock()
	for chunk := range slices.Chunk(ids, 500) {
		if err := s.lookAt(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) lookAt(ctx context.Context, ids []string) error {
	began := s.ticks.Add(1)
	read, err := s.fullOf(ctx, ids)
	if err != nil {
		return err
	}
	for id, r := range read {
		s.presenceRead(id, r, began)
	}
	return nil
}
