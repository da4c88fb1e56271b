package server

import (
	"context"

	"foyer/server/cluster"
)

// ProfileFrozen is, on this node, as it is now: a node that a device hangs on is cut off.
func (s *Server) ProfileFrozen(userID string) {
	users, err := s.devices.Of(s.ctx, userID)
	if err != nil {
		panic(err)
	}
	s.devices = frozenProfile{s.devices, userID, users[userID].Profile}
}

type frozenProfile struct {
	cluster.Devices
	userID  string
	profile cluster.Profile
}

func (d frozenProfile) Of(ctx context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	users, err := d.Devices.Of(ctx, userIDs...)
	if u, is := users[d.userID]; is {
		u.Profile, u.Unsure = d.profile, true
		users[d.userID] = u
	}
	return users, err
}
