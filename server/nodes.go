package server

import (
	"context"
	"errors"
	"slices"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// unlessAway leaves out of err what is between the nodes and only out of reach: the node starts and works on without.
func (s *Server) unlessAway(err error) error {
	if errors.Is(err, protocol.Refuse(protocol.Unavailable)) {
		s.log.Warn().Err(err).Msg("sessions not made known to the other nodes yet")
		return nil
	}
	return err
}

// Resubscribed is to be called when messages from the Bus may have been lost: everything that they would have told is
// read anew. What stands in the log needs nothing: its tail is read all the time.
func (s *Server) Resubscribed() {
	defer func() { s.mistake("bus", recover()) }()
	s.inTurn(&s.rereading, "presences", s.rereadPresences)
	s.accounts.mu.Lock()
	all := make([]*account, 0, len(s.accounts.by))
	for _, a := range s.accounts.by {
		all = append(all, a)
	}
	s.accounts.mu.Unlock()
	for _, a := range all {
		s.presenceChanged(a.id)
		a.outOfDate.Store(true)
		s.followInTurn(a.id)
	}
	s.rooms.mu.Lock()
	ids := make([]string, 0, len(s.rooms.by))
	for id, r := range s.rooms.by {
		ids = append(ids, id)
		r.doubt()
	}
	s.rooms.mu.Unlock()
	for _, id := range ids {
		if s.many {
			s.askForStates(id)
			s.keepStates(id)
		}
		for _, d := range s.bySession.Of(id) {
			if d.follows(id) {
				s.resync(d)
			}
		}
	}
}

// recall reads a user's blocks and place anew.
func (s *Server) recall(ctx context.Context, a *account) error {
	if _, err := s.readBlocks(ctx, a); err != nil {
		return err
	}
	s.reexclude(ctx, a.id)
	moves := map[*Device]int{}
	for _, d := range s.byUser.Of(a.id) {
		moves[d] = d.moveCount()
	}
	err := s.follow(ctx, a)
	if err != nil {
		return err
	}
	for d, n := range moves {
		err = errors.Join(err, s.putRight(ctx, d, a.in(), n))
	}
	return err
}

// putRight has a device be where its user is, if it missed that they were taken out of a session, or that the others know
// it in one. It does nothing for a device that moved since moves was read.
func (s *Server) putRight(ctx context.Context, d *Device, sessionID string, moves int) error {
	if d.companion && sessionID != "" {
		return nil // it has followed
	}
	d.mu.Lock()
	p := d.place
	d.mu.Unlock()
	switch {
	case p != nil && p.room.id != sessionID:
		o := outgoing{
			frame: encode(protocol.NotifySessionEnded, protocol.SessionEnded{SessionID: p.room.id, Reason: s.whyEnded(ctx, d.userID, p.room.id)}),
			ends:  true, session: p.room.id, stamp: p.stamp,
		}
		if d.moveCount() == moves {
			d.deliver(o)
		}
	case p == nil && sessionID != "":
		standings, err := s.registry.Standings(ctx, sessionID, d.userID)
		if err != nil {
			return err
		}
		m := standings.By[d.userID].Member
		if m != nil && slices.ContainsFunc(m.Devices, func(v session.Device) bool { return v.ID == d.id }) && d.moveCount() == moves {
			s.resync(d)
		}
	}
	return nil
}

// whyEnded returns why a user is not in a session any more, as far as it can be known.
func (s *Server) whyEnded(ctx context.Context, userID, sessionID string) protocol.EndReason {
	if lasting, err := s.sessions.Lasting(ctx, []string{sessionID}); err == nil && !lasting[sessionID] {
		return protocol.EndedClosed
	}
	standings, err := s.registry.Standings(ctx, sessionID, userID)
	if err != nil {
		return protocol.EndedMoved
	}
	switch standings.By[userID].Left {
	case protocol.LeftKicked:
		return protocol.EndedKicked
	case protocol.LeftBanned:
		return protocol.EndedBanned
	default:
		return protocol.EndedMoved
	}
}

// moveCount is another after each of the device's moves.
func (d *Device) moveCount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.moves
}

// nodeMissed has other nodes be told of all states that are written here, once more.
func (r *room) nodeMissed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unsure {
		return
	}
	for n, t := range r.own {
		r.own[n] = max(t, again)
	}
	if len(r.own) > 0 {
		r.armLocked()
	}
}

// Hangs reports whether a device hangs on this node by the socket of that incarnation.
func (s *Server) Hangs(userID, deviceID, incarnation string) bool {
	for _, d := range s.byUser.Of(userID) {
		if d.id == deviceID && d.incarnation == incarnation {
			return true
		}
	}
	return false
}

// Fenced is to be called when other nodes have taken this one for dead: what its devices had has been cleared away, so
// they are sent off to come anew.
func (s *Server) Fenced() {
	s.log.Error().Msg("other nodes took this one for dead; its devices have to come anew")
	for _, d := range s.sockets.list() {
		d.replaced.Store(true)
		d.close(protocol.CloseGoingAway, "come back")
	}
}

// Announce is to be called when what is between the nodes has lost the sessions: those that nobody is in have to be known
// there, or they would never end.
func (s *Server) Announce() {
	s.inTurn(&s.rereading, "sessions", s.sessions.Start)
}

// Lasting returns those of the sessions that have not ended.
func (s *Server) Lasting(ctx context.Context, sessionIDs []string) (map[string]bool, error) {
	return s.sessions.Lasting(ctx, sessionIDs)
}

// Profiles returns users' profiles as they now are.
func (s *Server) Profiles(ctx context.Context, userIDs []string) (map[string]cluster.Profile, error) {
	users, err := s.directory.Get(ctx, userIDs...)
	if err != nil {
		return nil, err
	}
	profiles := make(map[string]cluster.Profile, len(users))
	for id, u := range users {
		profiles[id] = profileOf(u)
	}
	return profiles, nil
}

// Replaced is to be called when a device hangs on two sockets, as nobody could be told that it came to another node. Should
// somebody be at the one that seemed to be the earlier, they come back.
func (s *Server) Replaced(d cluster.Device) {
	m := &cluster.Message{Kind: cluster.KindClose, User: d.UserID, Device: d.ID, Incarnation: d.Incarnation, Close: protocol.CloseGoingAway}
	s.closeDevice(m) // messages may not come here yet
	s.bus.Publish(cluster.UserTopic(d.UserID), m)
}
