package server

import (
	"context"
	"slices"

	"foyer/protocol"
	"foyer/server/cluster"
)

// hang puts a device that came back into the session that it never left: it may write states, and follows again once
// it has joined.
func (s *Server) hang(ctx context.Context, d *Device, sessionID string) {
	standings, err := s.registry.Standings(ctx, sessionID, d.userID)
	member := standings.By[d.userID].Member
	if err != nil || member == nil {
		return
	}
	if r, err := s.enter(ctx, d, sessionID); err == nil {
		s.settle(d, &place{room: r, number: member.Number, version: -1, stamp: member.Stamp})
	}
}

// resync shows d, in the background, the session that its user is in, as joining would.
func (s *Server) resync(d *Device) {
	s.inTurn(&s.resyncing, d.incarnation, func(ctx context.Context) error { return s.resyncNow(ctx, d) })
}

// resyncNow reads and shows. It does nothing for a device that moved or ended meanwhile, or whose user is in no session.
func (s *Server) resyncNow(ctx context.Context, d *Device) error {
	select {
	case d.shown <- struct{}{}:
		defer func() { <-d.shown }()
	case <-ctx.Done():
		return ctx.Err()
	}
	d.hold(true)
	defer d.release(true)
	d.mu.Lock()
	moves, ended := d.moves, d.ended
	d.mu.Unlock()
	if ended {
		return nil
	}
	places, err := s.registry.Places(ctx, []string{d.userID})
	id := places[d.userID]
	if err != nil || id == "" {
		return err
	}
	r, err := s.enter(ctx, d, id) // before it is read: no roster in between gets lost
	if err != nil {
		return err
	}
	view, in, err := s.sessions.Resync(ctx, d.userID)
	if err != nil || !in || view.Result.Session.ID != id {
		s.exit(d, r)
		return err
	}
	r.know(view.Result.Session)
	p := &place{room: r, number: view.Result.Number, version: view.Through, stamp: view.Stamp}
	if !s.settleIf(d, p, moves) {
		return nil
	}
	view.Result.Missed = d.tellMissed(id)
	frames := append([]outgoing{{frame: encode(protocol.NotifySessionResync, view.Result)}}, restOf(view)...)
	d.mu.Lock()
	for _, f := range frames {
		d.pushLocked(f)
	}
	d.mu.Unlock()
	s.keepStatesNow(ctx, r, view.Through)
	s.showStates(ctx, d)
	return nil
}

// tellMissed reports whether d may have missed messages of a session, and takes it as told.
func (d *Device) tellMissed(sessionID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	missed := d.missed == sessionID
	d.missed = ""
	return missed
}

// sessionEnded tells devices that they were taken out of a session.
func (s *Server) sessionEnded(m *cluster.Message) {
	o := outgoing{
		frame: encode(protocol.NotifySessionEnded, protocol.SessionEnded{SessionID: m.Session, Reason: m.Reason}),
		ends:  true, session: m.Session, stamp: m.Stamp,
	}
	for _, d := range s.byUser.Of(m.User) {
		if d.companion && m.On || slices.Contains(m.Devices, d.id) {
			d.deliver(o)
		}
	}
}

// userPlaced learns that a user has gone to another session, or that one of their devices was put there by a companion.
func (s *Server) userPlaced(m *cluster.Message) {
	a := s.account(m.User)
	if a == nil {
		return
	}
	if a.later(func() { s.userPlaced(m) }) {
		return
	}
	s.followInTurn(m.User)
	for _, d := range s.byUser.Of(m.User) {
		if d.id == m.Device && !d.follows(m.Session) {
			s.resync(d)
		}
	}
}

// followInTurn has a user followed, after one at a time: what is asked of it meanwhile is done by the next.
func (s *Server) followInTurn(userID string) {
	s.inTurn(&s.following, userID, func(ctx context.Context) error {
		a := s.account(userID)
		if a == nil || !a.loaded() {
			return nil
		}
		if !a.outOfDate.Swap(false) {
			return s.follow(ctx, a)
		}
		err := s.recall(ctx, a)
		if err != nil {
			a.outOfDate.Store(true)
		}
		return err
	})
}

// follow reads where a user is now: what they see of others changes, and their companions go along.
func (s *Server) follow(ctx context.Context, a *account) error {
	places, err := s.registry.Places(ctx, []string{a.id})
	if err != nil {
		return err
	}
	before, now := a.in(), places[a.id]
	a.place(now)
	if before != now {
		s.moved(a, before, now)
	}
	for _, d := range s.byUser.Of(a.id) {
		s.touchPanel(d)
		if d.companion && now != "" && !d.follows(now) {
			s.resync(d)
		}
	}
	return nil
}
