package server

import (
	"context"
	"sync/atomic"

	"foyer/directory"
	"foyer/protocol"
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

// ProfilesUnreachable can't be written where the devices are known. It belongs before the node's first device; the
// returned function ends it.
func (s *Server) ProfilesUnreachable() (end func()) {
	d := &mute{Devices: s.devices}
	d.away.Store(true)
	s.devices = d
	return func() { d.away.Store(false) }
}

type mute struct {
	cluster.Devices
	away atomic.Bool
}

func (d *mute) SetProfile(ctx context.Context, userID string, p cluster.Profile) error {
	if d.away.Load() {
		return protocol.Refuse(protocol.Unavailable)
	}
	return d.Devices.SetProfile(ctx, userID, p)
}

// DirectoryUnreachable has this node's accounts neither read nor written, until the returned function is called.
func (s *Server) DirectoryUnreachable() (end func()) {
	before := s.directory
	s.directory = directory.New(awayStore{}, s.now)
	return func() { s.directory = before }
}

type awayStore struct{ directory.Store }

func (awayStore) View(context.Context, func(directory.Tx) error) error {
	return protocol.Refuse(protocol.Unavailable)
}

func (awayStore) Update(context.Context, func(directory.Tx) error) error {
	return protocol.Refuse(protocol.Unavailable)
}
