package server

import (
	"context"
	"slices"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/ws"
	"foyer/session"
)

// sessionHandlers carry out what concerns sessions.
func (s *Server) sessionHandlers(t map[protocol.Method]handler) {
	t[protocol.MethodSessionCreate] = typed(s.createSession)
	t[protocol.MethodSessionJoin] = typed(s.joinSession)
	t[protocol.MethodSessionLeave] = typed(s.leaveSession)
	t[protocol.MethodSessionSend] = typed(s.sendMessage)
	t[protocol.MethodSessionSubscribe] = typed(s.subscribe)
	t[protocol.MethodSessionList] = typed(func(ctx context.Context, d *Device, p *protocol.SessionListParams, _ *effects) (any, error) {
		return s.sessions.List(ctx, d.userID, *p)
	})
	t[protocol.MethodSessionUpdate] = typed(func(ctx context.Context, d *Device, p *protocol.SessionUpdateParams, fx *effects) (any, error) {
		r, e, err := s.sessions.Update(ctx, d.userID, *p)
		fx.session(e)
		return r, err
	})
	t[protocol.MethodSessionSetAttributes] = typed(func(ctx context.Context, d *Device, p *protocol.SessionSetAttributesParams, _ *effects) (any, error) {
		return s.sessions.SetAttributes(ctx, d.userID, *p)
	})
	t[protocol.MethodSessionSetRole] = typed(func(ctx context.Context, d *Device, p *protocol.SessionSetRoleParams, _ *effects) (any, error) {
		return s.sessions.SetRole(ctx, d.userID, *p)
	})
	t[protocol.MethodSessionKick] = typed(func(ctx context.Context, d *Device, p *protocol.SessionKickParams, fx *effects) (any, error) {
		e, err := s.sessions.Kick(ctx, d.userID, *p)
		fx.session(e)
		fx.touch(p.UserID)
		return protocol.Empty{}, err
	})
	t[protocol.MethodSessionUnban] = typed(func(ctx context.Context, d *Device, p *protocol.SessionUserParams, _ *effects) (any, error) {
		return protocol.Empty{}, s.sessions.Unban(ctx, d.userID, *p)
	})
	t[protocol.MethodSessionBans] = typed(func(ctx context.Context, d *Device, p *protocol.SessionBansParams, _ *effects) (any, error) {
		return s.sessions.Bans(ctx, d.userID, *p)
	})
	t[protocol.MethodSessionClose] = typed(func(ctx context.Context, d *Device, p *protocol.SessionCloseParams, fx *effects) (any, error) {
		e, err := s.sessions.Close(ctx, d.userID, *p)
		fx.session(e)
		return protocol.Empty{}, err
	})
}

func (s *Server) createSession(ctx context.Context, d *Device, p *protocol.SessionCreateParams, fx *effects) (any, error) {
	op := session.Operation{UserID: d.userID, OpID: p.OpID, Method: protocol.MethodSessionCreate}
	if p.OpID != "" {
		op.Digest = digest(p)
	}
	var r *room
	defer func() {
		if r != nil {
			s.exit(d, r)
		}
	}()
	return s.goIn(ctx, d, fx, func(a session.Actor) (session.Entry, session.Effects, error) {
		entry, e, err := s.sessions.Create(ctx, a, *p, op)
		if err != nil {
			return entry, e, err
		}
		if r, err = s.enter(ctx, d, entry.Result.Session.ID); err != nil {
			return entry, e, err
		}
		// Others may have joined before d heard of it.
		again, in, err := s.sessions.Resync(ctx, d.userID)
		if err == nil && in && again.Result.Session.ID == entry.Result.Session.ID {
			entry = again
		}
		return entry, e, err
	})
}

func (s *Server) joinSession(ctx context.Context, d *Device, p *protocol.SessionJoinParams, fx *effects) (any, error) {
	r, err := s.enter(ctx, d, p.SessionID) // before the place is given: no roster in between gets lost
	if err != nil {
		return nil, err
	}
	defer s.exit(d, r)
	return s.goIn(ctx, d, fx, func(a session.Actor) (session.Entry, session.Effects, error) {
		return s.sessions.Join(ctx, a, *p)
	})
}

// goIn brings d's user into the session that decide decides on. A companion moves the user's newest other device.
func (s *Server) goIn(ctx context.Context, d *Device, fx *effects, decide func(session.Actor) (session.Entry, session.Effects, error)) (any, error) {
	actor := session.Actor{
		UserID: d.userID, Enters: func() { d.settle(fx) },
		Device: session.Device{ID: d.id, Kind: d.kind, Node: s.epoch(), Link: d.incarnation, Connected: true},
	}
	if d.companion {
		var err error
		if actor.Device, err = s.headset(ctx, d.userID); err != nil {
			return nil, err
		}
	}
	if err := d.placing(ctx, fx); err != nil {
		return nil, err
	}
	d.moving()
	entry, e, err := decide(actor)
	fx.session(e)
	if err != nil {
		return nil, err
	}
	id := entry.Result.Session.ID
	if d.companion {
		fx.place(d.userID, actor.Device.ID, id)
	}
	r, err := s.enter(ctx, d, id)
	if err != nil {
		return nil, err
	}
	entry.Result.Missed = d.tellMissed(id)
	r.know(entry.Result.Session)
	s.settle(d, &place{room: r, number: entry.Result.Number, version: entry.Through, stamp: entry.Stamp})
	fx.trail = append(fx.trail, restOf(entry)...)
	fx.then(func() { s.showStates(s.ctx, d) })
	answer := entry.Result
	return &answer, nil
}

// restOf returns the frames that follow the answer to a join.
func restOf(e session.Entry) []outgoing {
	var rest []outgoing
	for _, part := range e.Rest {
		frame := part.Made(func(text []byte) any { return ws.NewText(text) })
		rest = append(rest, outgoing{shared: frame.(*ws.Frame)})
	}
	return rest
}

// headset returns the newest of a user's devices that are no companions.
func (s *Server) headset(ctx context.Context, userID string) (session.Device, error) {
	users, err := s.devices.Of(ctx, userID)
	if err != nil {
		return session.Device{}, err
	}
	devices := users[userID].Devices
	for i := len(devices) - 1; i >= 0; i-- {
		if v := devices[i]; !v.Companion && v.Connected {
			return session.Device{ID: v.ID, Kind: v.Kind, Node: v.Node, Link: v.Incarnation, Connected: true}, nil
		}
	}
	return session.Device{}, protocol.Refuse(protocol.Forbidden)
}

// leaveSession takes the device out of the session; a companion takes its user out.
func (s *Server) leaveSession(ctx context.Context, d *Device, p *protocol.SessionParams, fx *effects) (any, error) {
	deviceID := d.id
	if d.companion {
		deviceID = ""
	}
	e, err := s.sessions.Leave(ctx, d.userID, deviceID, *p)
	fx.session(e)
	if err != nil {
		return nil, err
	}
	s.leaveRoom(d, p.SessionID)
	return protocol.Empty{}, nil
}

// sendMessage passes a message on to members: at most once, in the order of the sending device.
func (s *Server) sendMessage(ctx context.Context, d *Device, p *protocol.SessionSendParams, _ *effects) (any, error) {
	if err := s.sessions.CheckSend(ctx, d.userID, p); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.seq++
	seq := d.seq
	d.mu.Unlock()
	m := &cluster.Message{Kind: cluster.KindMessage, Session: p.SessionID, User: d.userID, Except: d.id, Rev: seq, Users: p.To}
	if p.To != nil && len(p.To) == 0 {
		return protocol.SeqResult{Seq: seq}, nil
	}
	m.Frame = encode(protocol.NotifySessionMessage, protocol.SessionMessage{SessionID: p.SessionID, From: d.userID, Seq: seq, Kind: p.Kind, Data: p.Data})
	s.bus.Publish(cluster.SessionTopic(p.SessionID), m)
	return protocol.SeqResult{Seq: seq}, nil
}

// place notes that a device is put into a session without having asked: it gets session.resync.
func (fx *effects) place(userID, deviceID, sessionID string) {
	if fx.placed == nil {
		fx.placed = map[string]string{}
	}
	fx.placed[userID] = deviceID
	there := session.Placed{UserID: userID, SessionID: sessionID}
	for _, e := range fx.sessions {
		if slices.Contains(e.Placed, there) {
			return
		}
	}
	fx.sessions = append(fx.sessions, session.Effects{Placed: []session.Placed{there}})
}
