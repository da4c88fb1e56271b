package server

import (
	"slices"

	"foyer/server/cluster"
	"foyer/server/ws"
)

// toSession delivers what happened in a session to the devices that follow it.
func (s *Server) toSession(m *cluster.Message) {
	r := s.rooms.of(m.Session)
	if r == nil {
		return
	}
	devices := s.bySession.Of(m.Session)
	if len(m.Left) > 0 {
		for _, d := range devices {
			d.numbersLeft(m)
		}
		r.gone(m.Left, m.Version)
	}
	if s.many && m.Kind == cluster.KindRoster {
		r.taken(m.Numbers[:len(m.Numbers)-len(m.Left)], m.Version) // those of Left come last
	}
	if m.Kind == cluster.KindMessage && !r.inOrder(m.Except, m.Rev) {
		return // at most once, and in order
	}
	o := outgoing{shared: ws.NewText(m.Frame), session: m.Session, version: m.Version}
	for _, d := range devices {
		if m.Kind == cluster.KindMessage && !d.hears(m) {
			continue
		}
		d.deliver(o)
		if m.Kind == cluster.KindRoster {
			d.rosterCame(m)
		}
	}
}

// hears reports whether a session.message is for d.
func (d *Device) hears(m *cluster.Message) bool {
	d.mu.Lock()
	a := d.account
	d.mu.Unlock()
	if a == nil || d.id == m.Except {
		return false
	}
	if d.userID != m.User && len(m.Users) > 0 && !slices.Contains(m.Users, d.userID) {
		return false
	}
	return !a.notHeard()[m.User]
}

// rosterCame keeps what hangs on the roster in step: whose states d doesn't get, and its open panel.
func (d *Device) rosterCame(m *cluster.Message) {
	d.mu.Lock()
	a, p := d.account, d.place
	d.mu.Unlock()
	if a == nil || p == nil {
		return
	}
	if deaf := a.notHeard(); len(deaf) > 0 {
		for i, id := range m.Users {
			if deaf[id] && !slices.Contains(m.Left, m.Numbers[i]) {
				p.room.exclude(d, m.Numbers[i])
			}
		}
	}
	d.srv.touchPanel(d, m.Users...)
}
