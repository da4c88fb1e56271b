package server

import (
	"context"
	"errors"
	"time"

	"foyer/directory"
	"foyer/presence"
	"foyer/protocol"
	"foyer/server/cluster"
)

// refreshToken puts a new token of the same user in the place of the device's; a refused one changes nothing. One that says
// nothing new of the user needs no database: nobody who is here is sent away because that is out of reach.
func (s *Server) refreshToken(ctx context.Context, d *Device, p *protocol.TokenRefreshParams, fx *effects) (any, error) {
	claims, err := s.auth.Verify(ctx, p.Token)
	if err != nil {
		return nil, err
	}
	if claims.Subject != d.userID {
		return nil, protocol.Refuse(protocol.TokenInvalid)
	}
	about := directoryClaims(claims)
	user, changed, err := s.directory.Upsert(ctx, about)
	if err != nil && (!errors.Is(err, protocol.Refuse(protocol.Unavailable)) || about != directoryClaims(d.heldClaims())) {
		return nil, err
	}
	if changed.Addresses {
		claimed, err := s.invitations.ClaimAddresses(ctx, user.ID)
		fx.pair(claimed)
		if err != nil {
			return nil, err
		}
	}
	if changed.Shown {
		if err := s.sessions.UserChanged(ctx, user.Public()); err != nil {
			return nil, err
		}
		fx.touch(user.ID)
	}
	d.setClaims(claims)
	return protocol.TokenRefreshResult{ExpiresAt: protocol.At(claims.ExpiresAt)}, nil
}

// setPresence sets the device's status, and the user's note and invisibility, which last until they are changed.
func (s *Server) setPresence(ctx context.Context, d *Device, p *protocol.PresenceSetParams, fx *effects) (any, error) {
	invisible := p.Status == protocol.StatusInvisible
	change := directory.PresenceChange{Invisible: &invisible, Note: p.Note}
	if p.NoteUntil != nil {
		change.NoteUntil = &p.NoteUntil.Time
	}
	before, err := s.directory.Find(ctx, d.userID)
	if err != nil {
		return nil, err
	}
	user, err := s.directory.SetPresence(ctx, d.userID, change)
	if err != nil {
		return nil, err
	}
	fx.presence(d.userID)
	own, err := s.takePresence(ctx, d, p.Status, profileOf(user))
	if err != nil {
		return nil, protocol.InPart(err)
	}
	if invisible || before.Invisible || user.Note != before.Note { // what is the user's own is shown on their other devices
		frame := presenceFrame(d.userID, *own)
		fx.then(func() {
			s.bus.Publish(cluster.UserTopic(d.userID), &cluster.Message{Kind: cluster.KindPush, User: d.userID, Frame: frame})
		})
	}
	return protocol.PresenceSetResult{Presence: *own}, nil
}

// takePresence has the others know what is stored, and the device's status, and returns what its user sees of it.
func (s *Server) takePresence(ctx context.Context, d *Device, status protocol.Status, stored cluster.Profile) (*protocol.Presence, error) {
	if err := s.devices.SetProfile(ctx, d.userID, stored); err != nil {
		return nil, err
	}
	if !stored.Invisible {
		now := s.now()
		err := s.devices.Change(ctx, d.userID, d.id, func(have *cluster.Device) { setStatus(have, status, now) })
		if err != nil {
			return nil, err
		}
	}
	read, err := s.fullOf(ctx, []string{d.userID})
	return presence.View(read[d.userID].Full, presence.Viewer{Self: true}), err
}

func setStatus(d *cluster.Device, status protocol.Status, now time.Time) {
	if d.Status != status {
		d.Status, d.Since = status, now
	}
	d.StatusSet = true
}
