package server

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/ws"
	"foyer/session/relay"
)

// room is one session as far as this node has devices in it: it carries their states.
type room struct {
	srv *Server
	id  string

	refs int // guarded by rooms.mu

	mu     sync.Mutex // guards what follows
	relay  relay.Relay
	timer  *time.Timer // made with the first tick
	armed  bool        // a tick is due
	hz     int         // 0 until the first device has settled
	origin time.Time   // when tick 0 was
	live   []receiver  // who gets states
	shared map[string]*relay.Exclusion
}

// rooms are the sessions with devices on this node.
type rooms struct {
	mu sync.Mutex
	by map[string]*room // guarded by mu
}

// of returns the room of a session, nil if no device here is in it.
func (k *rooms) of(sessionID string) *room {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.by[sessionID]
}

// place is where a device is. A device that came back is a member still, but follows only once it has joined again.
type place struct {
	room    *room
	number  uint16
	version int64 // of the roster that the device knows; -1 if it doesn't follow
}

// enter makes what happens in a session reach d, and returns its room. Every enter needs one exit.
func (s *Server) enter(ctx context.Context, d *Device, sessionID string) (*room, error) {
	s.rooms.mu.Lock()
	r := s.rooms.by[sessionID]
	if r == nil {
		r = &room{srv: s, id: sessionID}
		s.rooms.by[sessionID] = r
	}
	r.refs++
	s.rooms.mu.Unlock()
	if err := s.bus.Subscribe(ctx, cluster.SessionTopic(sessionID)); err != nil {
		s.exit(d, r)
		return nil, err
	}
	s.bySession.Add(sessionID, d)
	return r, nil
}

// exit undoes one enter. The device stays in the index while it has a place in the room.
func (s *Server) exit(d *Device, r *room) {
	d.mu.Lock()
	stays := d.place != nil && d.place.room == r
	d.mu.Unlock()
	if !stays {
		s.bySession.Remove(r.id, d)
		r.forget(d)
	}
	s.bus.Unsubscribe(cluster.SessionTopic(r.id))
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	if r.refs--; r.refs == 0 {
		delete(s.rooms.by, r.id)
		r.stop()
	}
}

// settle gives d its place in the room that it entered, and takes the place that it had before.
func (s *Server) settle(d *Device, p *place) {
	d.mu.Lock()
	old := d.place
	d.place = p
	d.mu.Unlock()
	if old == nil {
		return
	}
	d.sock.DropStates() // a key frame comes first, wherever d is now
	old.room.forget(d)
	s.exit(d, old.room)
}

// leaveRoom takes d's place away and reports in which session it was, "" for none.
func (s *Server) leaveRoom(d *Device) string {
	d.mu.Lock()
	old := d.place
	d.place = nil
	d.mu.Unlock()
	if old == nil {
		return ""
	}
	d.sock.DropStates()
	s.exit(d, old.room)
	return old.room.id
}

// hang puts a device that came back into the session that it never left: it may write states, and follows again once
// it has joined.
func (s *Server) hang(d *Device, sessionID string) {
	standings, err := s.registry.Standings(s.ctx, sessionID, d.userID)
	member := standings.By[d.userID].Member
	if err != nil || member == nil {
		return
	}
	if r, err := s.enter(s.ctx, d, sessionID); err == nil {
		s.settle(d, &place{room: r, number: member.Number, version: -1})
	}
}

// resync shows d the session that its user is in, as joining would.
func (s *Server) resync(d *Device, sessionID string, missed bool) {
	ctx, cancel := context.WithTimeout(s.ctx, requestTime)
	defer cancel()
	d.hold()
	defer d.release()
	r, err := s.enter(ctx, d, sessionID)
	if err != nil {
		return
	}
	view, in, err := s.sessions.Resync(ctx, d.userID)
	if err != nil || !in || view.Result.Session.ID != sessionID || d.hasEnded() {
		s.exit(d, r)
		var refused *protocol.Error
		if err != nil && !errors.As(err, &refused) {
			s.log.Warn().Err(err).Msg("session not shown anew")
		}
		return
	}
	view.Result.Missed = missed
	frames := append([][]byte{encode(protocol.NotifySessionResync, view.Result)}, view.Rest...)
	r.know(view.Result.Session)
	s.settle(d, &place{room: r, number: view.Result.Number, version: view.Through})
	d.mu.Lock()
	for _, f := range frames {
		d.pushLocked(f)
	}
	d.mu.Unlock()
	s.showStates(ctx, d)
}

func (d *Device) hasEnded() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ended
}

// toSession delivers what happened in a session to the devices that follow it.
func (s *Server) toSession(m *cluster.Message) {
	devices := s.bySession.Of(m.Session)
	if len(devices) == 0 {
		return
	}
	if len(m.Left) > 0 {
		if r := s.rooms.of(m.Session); r != nil {
			r.gone(m.Left)
		}
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

// sessionEnded tells devices that they were taken out of a session.
func (s *Server) sessionEnded(m *cluster.Message) {
	for _, d := range s.byUser.Of(m.User) {
		if d.companion && m.On || slices.Contains(m.Devices, d.id) {
			s.endFor(d, m.Session, m.Reason)
		}
	}
}

func (s *Server) endFor(d *Device, sessionID string, reason protocol.EndReason) {
	d.mu.Lock()
	in := d.place != nil && d.place.room.id == sessionID
	d.mu.Unlock()
	if in {
		s.leaveRoom(d)
	}
	if in || !d.companion {
		d.notify(protocol.NotifySessionEnded, protocol.SessionEnded{SessionID: sessionID, Reason: reason})
	}
}

// userPlaced follows a user to another session: what they see of others changes, companions go along, and so does a
// device that a companion moved.
func (s *Server) userPlaced(m *cluster.Message) {
	a := s.account(m.User)
	if a == nil {
		return
	}
	if a.later(func() { s.userPlaced(m) }) {
		return
	}
	before := a.in()
	a.place(m.Session)
	if before != m.Session {
		s.background(func(context.Context) { s.moved(a, before, m.Session) })
	}
	for _, d := range s.byUser.Of(m.User) {
		s.touchPanel(d)
		if m.Session == "" || !d.companion && d.id != m.Device {
			continue
		}
		if d.companion && d.id == m.Device {
			continue // it asked, and was answered
		}
		d.mu.Lock()
		there := d.place != nil && d.place.room.id == m.Session && d.place.version >= 0
		d.mu.Unlock()
		if !there {
			s.background(func(context.Context) { s.resync(d, m.Session, false) })
		}
	}
}
