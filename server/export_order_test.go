package server

import (
	"context"
	"sync/atomic"
	"time"

	"foyer/server/cluster"
	"foyer/session"
)

// late is how much later a node's own time makes something: 0 at first.
type late struct{ by atomic.Int64 }

func (l *late) wait() { time.Sleep(time.Duration(l.by.Load())) } //nolint:forbidigo // of the bubble's clock

// Set makes it so much later from now on.
func (l *late) Set(by time.Duration) { l.by.Store(int64(by)) }

// PresencesLate are told by this node later than they are read. It belongs before the node's first device.
func (s *Server) PresencesLate() *late {
	b := &lateBus{Bus: s.bus}
	s.bus = b
	return &b.late
}

type lateBus struct {
	cluster.Bus
	late
}

func (b *lateBus) Publish(t cluster.Topic, m *cluster.Message) {
	if m.Kind == cluster.KindPresence {
		b.wait()
	}
	b.Bus.Publish(t, m)
}

// DevicesLate are used by this node later than they are read. It belongs before the node's first device.
func (s *Server) DevicesLate() *late {
	d := &lateDevices{Devices: s.devices}
	s.devices = d
	return &d.late
}

// StandingsLate are used by this node later than they are read. It belongs before the node's first device.
func (s *Server) StandingsLate() *late {
	r := &lateRegistry{Registry: s.registry}
	s.registry = r
	return &r.late
}

type lateRegistry struct {
	session.Registry
	late
}

func (r *lateRegistry) Standings(ctx context.Context, sessionID string, userIDs ...string) (session.Standings, error) {
	standings, err := r.Registry.Standings(ctx, sessionID, userIDs...)
	r.wait()
	return standings, err
}

type lateDevices struct {
	cluster.Devices
	late
}

func (d *lateDevices) Of(ctx context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	users, err := d.Devices.Of(ctx, userIDs...)
	d.wait()
	return users, err
}

// DevicesFrozen are, on this node, as they are now, by what it knows itself.
func (s *Server) DevicesFrozen(userIDs ...string) {
	users, err := s.devices.Of(s.ctx, userIDs...)
	if err != nil {
		panic(err)
	}
	s.devices = frozenDevices{s.devices, users}
}

type frozenDevices struct {
	cluster.Devices
	users map[string]cluster.UserDevices
}

func (d frozenDevices) Of(_ context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	out := map[string]cluster.UserDevices{}
	for _, id := range userIDs {
		u := d.users[id]
		u.Alone = true
		out[id] = u
	}
	return out, nil
}
