package server

import (
	"context"
	"sync/atomic"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
)

const (
	beatEvery = 200 * time.Millisecond
	// pausedAfter without a beat, this process was stopped for a while, and its devices may hang on other nodes by now.
	pausedAfter = time.Second
	// askFor is how long the others are asked who has come back elsewhere: after a long pause this node's lease is out, and
	// until it is renewed, which it tries each second, it goes by what it knew before.
	askFor   = 1500 * time.Millisecond
	askEvery = 20 * time.Millisecond
)

// beat notices that the process was stopped. What its sockets had sent until then must not be carried out by a device that
// has come back elsewhere meanwhile and gone on from there.
type beat struct {
	last atomic.Int64  // since began, nanoseconds
	turn chan struct{} // of one: taken by whoever looks after a pause
}

var began = time.Now()

func (b *beat) paused() bool { return time.Since(began)-time.Duration(b.last.Load()) > pausedAfter }
func (b *beat) renew()       { b.last.Store(int64(time.Since(began))) }

// keepBeat notices pauses until ctx ends.
func (s *Server) keepBeat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		s.safely("beat", s.awake)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// awake makes sure, if the process was stopped, that every device that hangs here still does; those that don't are
// closed. Others wait for it. While nobody can tell for long, all stay.
func (s *Server) awake() {
	if !s.beat.paused() {
		s.beat.renew()
		return
	}
	s.beat.turn <- struct{}{}
	defer func() { <-s.beat.turn }()
	if !s.beat.paused() {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, requestTime)
	defer cancel()
	all := s.sockets.list()
	seen := map[string]bool{}
	ids := make([]string, 0, len(all))
	for _, d := range all {
		if ref := d.ref(); ref.ID != "" && !seen[ref.UserID] {
			seen[ref.UserID] = true
			ids = append(ids, ref.UserID)
		}
	}
	users, err := s.askOthers(ctx, ids)
	if err != nil {
		s.log.Warn().Err(err).Msg("devices not looked at after a pause")
	}
	for _, d := range all {
		ref := d.ref()
		for _, o := range users[ref.UserID].Devices {
			if ref.ID != "" && o.ID == ref.ID && o.Incarnation != ref.Incarnation {
				d.replaced.Store(true)
				d.close(protocol.CloseReplaced, closeReasons[protocol.CloseReplaced])
			}
		}
	}
	s.beat.renew()
}

// askOthers returns users' devices, as the other nodes know them if that can be had in time.
func (s *Server) askOthers(ctx context.Context, ids []string) (users map[string]cluster.UserDevices, err error) {
	for until := time.Now().Add(askFor); ; {
		users, err = s.devices.Of(ctx, ids...)
		alone := false
		for _, u := range users {
			alone = alone || u.Alone
		}
		if !alone || time.Now().After(until) {
			return users, err
		}
		select {
		case <-ctx.Done():
			return users, ctx.Err()
		case <-time.After(askEvery):
		}
	}
}

// stale reports whether the device is another socket's by now, as far as this node has to doubt it.
func (d *Device) stale() bool {
	if !d.srv.shared {
		return false
	}
	if d.srv.beat.paused() {
		d.srv.awake()
	}
	return d.replaced.Load()
}
