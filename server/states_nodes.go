package server

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// telling says whether the other nodes have a state that is written here.
type telling int

const (
	known telling = iota
	again         // it is to be told once more
	fresh         // written since the last tick
)

// writing is the last time that a state was written. Of two nodes that have a member's state, the one where the member's
// device was last has the right one, and it may be the other one's that comes last: from a node that could not send or hear
// for a while. Nodes' clocks agree well enough, as coming from one node to another takes a device a while.
type writing struct {
	node string // "" is this one
	at   int64  // Unix milliseconds
}

// ownLocked notes that a device here writes a member's state.
func (r *room) ownLocked(number uint16) {
	if !r.srv.many {
		return
	}
	if r.own == nil {
		r.own = map[uint16]telling{}
	}
	r.own[number] = fresh
	delete(r.vacant, number)
}

// vacancy is what is known of a number that nobody has any more.
type vacancy struct {
	version int64 // of the roster that said so
	missed  bool  // a state came for it
}

// endLocked notes that nobody has a number any more, by that version of the roster. What comes for it is another node's
// that does not know it yet, or of the next one who has it, and then comes again.
func (r *room) endLocked(number uint16, version int64) {
	if !r.srv.many {
		return
	}
	delete(r.own, number) // but when it was written counts still: nothing older is of the next one's
	if r.vacant == nil {
		r.vacant = map[uint16]vacancy{}
	}
	r.vacant[number] = vacancy{version: version}
}

// taken notes whose numbers a roster of that version names; one may come, or have been read, later than a newer one that
// says that somebody left. States that were not believed before are asked for.
func (r *room) taken(numbers []uint16, version int64) {
	r.mu.Lock()
	missed := false
	for _, n := range numbers {
		if v, vacant := r.vacant[n]; vacant && v.version <= version {
			missed = missed || v.missed
			delete(r.vacant, n)
		}
	}
	r.mu.Unlock()
	if missed {
		r.srv.askForStates(r.id)
	}
}

func (r *room) noteLocked(number uint16, w writing) {
	if r.written == nil {
		r.written = map[uint16]writing{}
	}
	r.written[number] = w
}

// newsLocked returns what devices here wrote since the last tick, and what is to be told once more: one message a tick,
// however many devices, and others only for what is told again. It is published with mu free, as a Bus may deliver at
// once, and other nodes tell at the same time.
func (r *room) newsLocked() (news []*cluster.Message) {
	var now int64
	at := map[int64][]uint16{}
	for n, t := range r.own {
		if t == fresh {
			if now == 0 {
				now = min(r.srv.now().UnixMilli(), r.due.UnixMilli()) // this node may have been stopped since
			}
			r.noteLocked(n, writing{at: now})
		}
		if t != known {
			at[r.written[n].at] = append(at[r.written[n].at], n)
			r.own[n] = known
		}
	}
	for at, numbers := range at {
		slices.Sort(numbers)
		if frames := r.relay.Only(r.tickLocked(), numbers); len(frames) > 0 {
			news = append(news, &cluster.Message{Kind: cluster.KindStates, Session: r.id, Incarnation: r.srv.epoch(), At: at, States: frames})
		}
	}
	return news
}

// askForStates has the other nodes tell the states that their devices wrote: this node has none of a session's yet, or
// may have missed some.
func (s *Server) askForStates(sessionID string) {
	s.bus.Publish(cluster.SessionTopic(sessionID), &cluster.Message{Kind: cluster.KindStatesWanted, Session: sessionID, Incarnation: s.epoch()})
}

// keepStates ends, in the background, the states of those who are not in a session any more: a roster that said so was lost.
func (s *Server) keepStates(sessionID string) {
	if !s.many {
		return
	}
	s.inTurn(&s.rereading, "states of "+sessionID, func(ctx context.Context) error { return s.keepStatesOnce(ctx, sessionID) })
}

// keepStatesNow ends the states of those who are not in a session any more by the roster of that version, before anybody is
// shown them who knows it. Devices that are shown it at the same time have it read once. What can't be known now is found
// in the background.
func (s *Server) keepStatesNow(ctx context.Context, r *room, version int64) {
	if !s.many {
		return
	}
	r.keeping.Lock()
	defer r.keeping.Unlock()
	r.mu.Lock()
	kept := r.kept >= version
	r.mu.Unlock()
	if !kept && s.keepStatesOnce(ctx, r.id) != nil {
		s.keepStates(r.id)
	}
}

var errNotKnown = errors.New("who is there is not known")

func (s *Server) keepStatesOnce(ctx context.Context, sessionID string) error {
	r, began := s.rooms.of(sessionID), s.now().UnixMilli()
	if r == nil {
		return nil
	}
	roster, err := s.registry.Roster(ctx, sessionID)
	if err == nil && roster.Alone { // whoever left elsewhere is in it
		err = errNotKnown
	}
	if err != nil {
		return err
	}
	if r.keep(roster, began) {
		s.after(keepAgainAfter, func() {
			if s.ctx.Err() == nil {
				s.keepStates(sessionID)
			}
		})
	}
	return nil
}

// keepAgainAfter is when it is looked again for states that are nobody's: they may be of a newcomer, or of somebody whose node
// has not heard yet that they left.
const keepAgainAfter = time.Second

// keep ends the states of numbers that are nobody's by a roster that was read at the given time, and those of before somebody
// joined who has the number now. It reports whether to look again: there are such that came since, or some were ended, whose
// number somebody may have got since the roster was read.
func (r *room) keep(roster session.Snapshot, began int64) (again bool) {
	there := map[uint16]int64{} // when they joined
	for _, m := range roster.Members {
		there[m.Number] = m.JoinedAt
	}
	r.mu.Lock()
	over := slices.DeleteFunc(r.relay.Numbers(), func(n uint16) bool {
		joined, has := there[n]
		if has {
			return r.own[n] == fresh || r.written[n].at >= joined-clocksApart.Milliseconds()
		}
		since := r.written[n].at >= began
		again = again || since
		return since
	})
	unsure := r.unsure
	r.unsure, r.kept = false, max(r.kept, roster.Version)
	r.mu.Unlock()
	r.gone(over, roster.Version)
	r.taken(slices.Collect(maps.Keys(there)), roster.Version)
	if unsure {
		r.nodeMissed()
	}
	return again || len(over) > 0
}

// doubt has the other nodes told nothing again before it is known who is there. Rosters may have begun anew, with lower versions.
func (r *room) doubt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsure, r.kept = true, 0
	for n, v := range r.vacant {
		r.vacant[n] = vacancy{missed: v.missed}
	}
}

// nodeSays takes another node's states, or its wish for those written here.
func (r *room) nodeSays(m *cluster.Message) {
	if m.Kind == cluster.KindStatesWanted {
		r.nodeMissed()
		return
	}
	for _, raw := range m.States {
		frame, err := protocol.ParseStates(raw)
		if err != nil {
			r.srv.metrics.malformed.Inc()
			return
		}
		r.mu.Lock()
		for number, state := range frame.All() {
			r.copyLocked(number, state, writing{m.Incarnation, m.At})
		}
		r.mu.Unlock()
	}
}

// copyLocked takes the state of a member whose device is on another node, unless there is a newer one.
func (r *room) copyLocked(number uint16, state []byte, w writing) {
	if v, vacant := r.vacant[number]; vacant {
		r.vacant[number] = vacancy{version: v.version, missed: true}
		return
	}
	switch last := r.written[number]; {
	case r.own[number] == fresh:
		return
	case w.at < last.at || w.at == last.at && w.node != last.node:
		return
	}
	if !r.relay.Write(number, state) {
		return
	}
	delete(r.own, number) // written there from now on
	r.noteLocked(number, w)
	r.armLocked()
}
