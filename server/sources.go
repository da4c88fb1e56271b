package server

import (
	"context"

	"foyer/invitation"
	"foyer/people"
	"foyer/presence"
	"foyer/protocol"
	"foyer/session"
)

// sources plug the rooms into people, each by the interface that people declares.
func (s *Server) sources() people.Sources {
	return people.Sources{
		Directory: s.directory, Pairs: pairs{s.invitations}, Connections: pairs{s.invitations},
		Sessions: company{s.sessions, s}, Presences: presences{s}, Now: s.now,
	}
}

type pairs struct{ *invitation.Service }

func (p pairs) Standing(ctx context.Context, viewer, other string) (people.Standing, error) {
	v, err := p.Service.Standing(ctx, viewer, other)
	return people.Standing(v), err
}

func (p pairs) Connections(ctx context.Context, viewer string, q people.ConnectionQuery) (people.ConnectionPage, error) {
	v, err := p.Service.Connections(ctx, viewer, invitation.ConnectionQuery(q))
	return people.ConnectionPage(v), err
}

type company struct {
	*session.Service
	s *Server
}

func (c company) Permissions(ctx context.Context, viewer, target string) ([]people.Permission, int64, error) {
	list, until, err := c.Service.Permissions(ctx, viewer, target)
	out := make([]people.Permission, len(list))
	for i, p := range list {
		out[i] = people.Permission(p)
	}
	return out, until, err
}

// MayJoin also asks, for a companion, whether there is a device that it could move.
func (c company) MayJoin(ctx context.Context, viewer people.Viewer, sessionID string) (*protocol.Error, error) {
	refusal, err := c.Service.MayJoin(ctx, viewer.UserID, sessionID)
	if refusal != nil || err != nil {
		return refusal, err
	}
	users, err := c.s.devices.Of(ctx, viewer.UserID)
	if err != nil {
		return nil, err
	}
	for _, d := range users[viewer.UserID].Devices {
		if d.ID != viewer.DeviceID || !d.Companion {
			continue
		}
		if _, err := c.s.headset(ctx, viewer.UserID); err != nil {
			return protocol.Refuse(protocol.Forbidden), nil
		}
	}
	return nil, nil
}

type presences struct{ s *Server }

func (p presences) Presences(ctx context.Context, viewer string, others map[string]protocol.RelationState) (map[string]people.Seen, error) {
	ids := make([]string, 0, len(others)+1)
	for id := range others {
		ids = append(ids, id)
	}
	read, err := p.s.fullOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	places, err := p.s.registry.Places(ctx, []string{viewer})
	if err != nil {
		return nil, err
	}
	var deaf map[string]bool
	if a := p.s.account(viewer); a != nil {
		deaf = a.notHeard()
	}
	out := make(map[string]people.Seen, len(others))
	for id, relation := range others {
		f := read[id].Full
		v := presence.View(f, presence.Viewer{
			Self: id == viewer, Connected: relation == protocol.RelationConnected,
			SameSession: f.Session != nil && f.Session.ID == places[viewer], Blocked: deaf[id],
		})
		if v != nil {
			out[id] = people.Seen{Presence: *v, Next: f.Next}
		}
	}
	return out, nil
}
