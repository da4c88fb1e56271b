package server

import (
	"slices"

	"foyer/protocol"
	"foyer/server/cluster"
)

// ownLocked notes that a device here writes a member's state.
func (r *room) ownLocked(number uint16) {
	if !r.srv.many {
		return
	}
	if r.own == nil {
		r.own = map[uint16]bool{}
	}
	r.own[number] = true
}

// newsLocked returns what devices here wrote since the last tick, nil for nothing: one message a tick, however many
// devices. It is published with mu free, as a Bus may deliver at once, and other nodes tell at the same time.
func (r *room) newsLocked() *cluster.Message {
	var numbers []uint16
	for n, changed := range r.own {
		if changed {
			numbers = append(numbers, n)
			r.own[n] = false
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	slices.Sort(numbers)
	frames := r.relay.Only(r.tickLocked(), numbers)
	if len(frames) == 0 {
		return nil
	}
	return &cluster.Message{Kind: cluster.KindStates, Session: r.id, Incarnation: r.srv.epoch(), States: frames}
}

// askForStates has the other nodes tell the states that their devices wrote: this node has none of a session's yet, or
// may have missed some.
func (s *Server) askForStates(sessionID string) {
	s.bus.Publish(cluster.SessionTopic(sessionID), &cluster.Message{Kind: cluster.KindStatesWanted, Session: sessionID, Incarnation: s.epoch()})
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
		for number, state := range frame.All() {
			r.write(number, state, false)
		}
	}
}
