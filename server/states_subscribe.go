package server

import (
	"context"
	"fmt"
	"slices"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session/relay"
)

// wants is whose states a device asked for in its session. It is never changed in place.
type wants struct {
	numbers []uint16 // at every tick; sorted
	others  int      // how often a second the others come, 0 for never
}

// subscribe has the device get the states of some members at every tick, and those of the others less often or never.
// A key frame follows the answer: what it doesn't have, the device doesn't get any more.
func (s *Server) subscribe(_ context.Context, d *Device, p *protocol.SessionSubscribeParams, fx *effects) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.place == nil || d.place.room.id != p.SessionID || d.place.version < 0 {
		return nil, protocol.Refuse(protocol.NotInSession)
	}
	d.wants, d.wantsStates = nil, true
	if p.Numbers != nil || p.OthersHz != nil {
		d.wants = &wants{numbers: slices.Compact(slices.Sorted(slices.Values(p.Numbers)))}
		if p.OthersHz != nil {
			d.wants.others = *p.OthersHz
		}
	}
	fx.then(func() { s.showStates(s.ctx, d) })
	return protocol.Empty{}, nil
}

// numbersLeft ends d's interest in members who left: their numbers will be others'. If it is its own, it writes no states
// from now on.
func (d *Device) numbersLeft(m *cluster.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	numbers := m.Left
	if p := d.place; p != nil && p.room.id == m.Session && m.Version > p.version && slices.Contains(numbers, p.number) {
		p.over = true
	}
	w := d.wants
	if w == nil || !slices.ContainsFunc(numbers, func(n uint16) bool { return slices.Contains(w.numbers, n) }) {
		return
	}
	d.wants = &wants{others: w.others}
	for _, n := range w.numbers {
		if !slices.Contains(numbers, n) {
			d.wants.numbers = append(d.wants.numbers, n)
		}
	}
}

// subsetLocked returns what d asked for, the same for all who asked for the same; nil if that is everything.
func (r *room) subsetLocked(d *Device, not *relay.Exclusion) *relay.Subset {
	d.mu.Lock()
	w := d.wants
	d.mu.Unlock()
	if w == nil || w.others >= r.hz {
		return nil
	}
	key := fmt.Sprint(w.others, w.numbers, not.Numbers())
	if have := r.subsets[key]; have != nil {
		return have
	}
	if r.subsets == nil || len(r.subsets) > 2*len(r.live)+16 { // old ones are found anew when they are needed again
		r.subsets = map[string]*relay.Subset{}
	}
	have := r.relay.NewSubset(w.numbers, w.others, r.hz, not)
	r.subsets[key] = have
	return have
}
