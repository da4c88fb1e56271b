package server

import (
	"context"

	"foyer/protocol"
	"foyer/server/ws"
	"foyer/session"
)

// Closed takes the device out of everything, or starts its grace. It is the last call of the socket.
func (d *Device) Closed(reason ws.Closed) {
	defer func() { d.srv.mistake("end", recover()) }()
	d.mu.Lock()
	d.ended = true
	d.letGoLocked()
	if d.timer != nil {
		d.timer.Stop()
	}
	greeted := d.account != nil
	d.mu.Unlock()
	d.srv.sockets.remove(d)
	d.srv.metrics.ended(reason)
	if greeted {
		d.srv.detach(d, reason.Clean)
	}
	d.srv.logEnd(d, reason)
}

// detach takes a device off this node. Gone for good, it leaves at once; else its grace begins, unless another socket
// has taken it over.
func (s *Server) detach(d *Device, forGood bool) {
	s.byUser.Remove(d.userID, d)
	s.unfocus(d)
	s.leaveRoom(d, "")
	ref := d.ref()
	d.mu.Lock()
	account := d.account
	d.account = nil
	d.mu.Unlock()
	if account != nil {
		defer s.closeAccount(account)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), requestTime) // it ends properly while the server stops, too
	defer cancel()
	var fx effects
	if forGood {
		if s.gone(ctx, ref.UserID, ref.ID, func() (bool, error) { return s.devices.Remove(ctx, ref) }, &fx) {
			fx.presence(ref.UserID)
		}
	} else {
		now := s.now()
		until := now.Add(s.limits.Grace)
		mine, err := s.devices.Drop(ctx, ref, until)
		if err != nil {
			s.log.Warn().Err(err).Msg("grace not begun")
		}
		if mine && !d.companion {
			dropped := session.Device{ID: ref.ID, Kind: d.kind, Node: s.epoch(), Link: ref.Incarnation}
			if err := s.registry.Detach(ctx, ref.UserID, dropped, now.UnixMilli(), until.UnixMilli()); err != nil {
				s.log.Warn().Err(err).Msg("member's grace not begun")
			}
		}
	}
	s.publish(nil, &fx)
}

// gone takes a device out of its session once remove has taken it off the list of devices. It reports whether it had
// still been there.
func (s *Server) gone(ctx context.Context, userID, deviceID string, remove func() (bool, error), fx *effects) bool {
	mine, err := remove()
	if err != nil {
		s.log.Warn().Err(err).Msg("device not removed")
	}
	if !mine {
		return false
	}
	left, err := s.sessions.Gone(ctx, userID, deviceID, protocol.LeftByChoice)
	if err != nil {
		s.log.Warn().Err(err).Msg("device not taken out of its session")
	}
	fx.session(left)
	return true
}
