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

// WasStopped has this node find at the next request that it was stopped, and know of devices only by itself at first: so
// many times that it asks. It belongs before the node's first device; the returned function says when.
func (s *Server) WasStopped(times int64) (now func()) {
	d := &forgetfulDevices{Devices: s.devices}
	s.devices, s.shared = d, true
	s.beat.last.Store(1 << 62)
	return func() {
		d.alone.Store(times)
		s.beat.last.Store(-1 << 62)
	}
}

type forgetfulDevices struct {
	cluster.Devices
	alone atomic.Int64
}

func (d *forgetfulDevices) Of(ctx context.Context, userIDs ...string) (map[string]cluster.UserDevices, error) {
	if d.alone.Add(-1) < 0 {
		return d.Devices.Of(ctx, userIDs...)
	}
	out := map[string]cluster.UserDevices{}
	for _, id := range userIDs {
		out[id] = cluster.UserDevices{Alone: true}
	}
	return out, nil
}

// FencedAndStale counts the devices that nothing more is carried out of once the node was taken for dead.
func (s *Server) FencedAndStale() (n int) {
	s.shared = true
	all := s.sockets.list()
	s.Fenced()
	for _, d := range all {
		if d.stale() {
			n++
		}
	}
	return n
}

// ReplacedAll has it told of all devices here that they hang on another socket too.
func (s *Server) ReplacedAll() {
	for _, d := range s.sockets.list() {
		s.Replaced(d.ref())
	}
}
