package server

import (
	"context"
	"slices"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/session"
)

// takePlace hands d's place in its user's session, if it has one, to d's socket and returns the session's id. Where
// another socket has taken the device over meanwhile, the place is that one's, and d is closed: whichever of two comes
// last to the Registry leaves there what the list of devices says.
func (s *Server) takePlace(ctx context.Context, d *Device) (string, error) {
	v := session.Device{ID: d.id, Kind: d.kind, Node: s.epoch(), Link: d.incarnation, Connected: true}
	for {
		place := d.account.in()
		if !d.companion {
			var err error
			if place, err = s.registry.Attach(ctx, d.userID, v); err != nil {
				return "", err
			}
		}
		if !d.resumed {
			return place, nil // nobody else knows its id yet
		}
		users, err := s.devices.Of(ctx, d.userID)
		if err != nil {
			return "", err
		}
		all := users[d.userID].Devices
		i := slices.IndexFunc(all, func(o cluster.Device) bool { return o.ID == d.id })
		if i >= 0 && all[i].Incarnation == v.Link {
			if !all[i].Connected && !d.companion {
				err = s.registry.Detach(ctx, d.userID, v, s.now().UnixMilli(), all[i].GraceUntil.UnixMilli())
			}
			return place, err
		}
		d.close(protocol.CloseReplaced, closeReasons[protocol.CloseReplaced])
		if i < 0 {
			return place, nil
		}
		v.Node, v.Link = all[i].Node, all[i].Incarnation
	}
}
