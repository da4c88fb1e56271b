package server

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/store"
	"foyer/session"
)

// Receives makes the node take each message of the Bus as often as times says. It belongs before the node's first device.
func (s *Server) Receives(times func(*cluster.Message) int) {
	var mu sync.Mutex
	s.bus.Receive(func(t cluster.Topic, m *cluster.Message) {
		mu.Lock()
		n := times(m)
		mu.Unlock()
		for range n {
			s.received(t, m)
		}
	})
}

// ReceivesLate makes the node take each message of the Bus that late names only when release is called, and in that order.
func (s *Server) ReceivesLate(late func(*cluster.Message) bool) (release func()) {
	var mu sync.Mutex
	var held []func()
	s.bus.Receive(func(t cluster.Topic, m *cluster.Message) {
		if !late(m) {
			s.received(t, m)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		held = append(held, func() { s.received(t, m) })
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		for _, receive := range held {
			receive()
		}
		held = nil
	}
}

// unreadable has a log out of reach so many times.
type unreadable struct {
	Changes
	mu    sync.Mutex
	times int // guarded by mu
}

func (u *unreadable) Log(ctx context.Context, userID string, after int64) (store.UserLog, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.times--; u.times >= 0 {
		return store.UserLog{}, protocol.Refuse(protocol.Unavailable)
	}
	return u.Changes.Log(ctx, userID, after)
}

// LosesLog has the log of changes out of reach the next times. It belongs where nothing is being read.
func (s *Server) LosesLog(times int) { s.changes = &unreadable{Changes: s.changes, times: times} }

// unplaced has the place of a user out of reach so many times.
type unplaced struct {
	session.Registry
	user  string
	after time.Duration
	mu    sync.Mutex
	times int // guarded by mu
}

func (u *unplaced) Places(ctx context.Context, userIDs []string) (map[string]string, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.times > 0 && slices.Contains(userIDs, u.user) {
		u.times--
		<-time.After(u.after)
		return nil, protocol.Refuse(protocol.Unavailable)
	}
	return u.Registry.Places(ctx, userIDs)
}

// LosesPlacesOf has the place of a user out of reach the next times, as is found out after some time. It belongs where
// nothing is being read.
func (s *Server) LosesPlacesOf(user string, times int, after time.Duration) {
	s.registry = &unplaced{Registry: s.registry, user: user, times: times, after: after}
}

// unfollowed has topics out of reach so many times.
type unfollowed struct {
	cluster.Bus
	mu    sync.Mutex
	times int // guarded by mu
}

func (u *unfollowed) Subscribe(ctx context.Context, t cluster.Topic) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.times > 0 && strings.HasPrefix(string(t), string(cluster.SessionTopic(""))) {
		u.times--
		return protocol.Refuse(protocol.Unavailable)
	}
	return u.Bus.Subscribe(ctx, t)
}

// LosesSessions has what is told of sessions out of reach the next times. It belongs where nothing is being subscribed to.
func (s *Server) LosesSessions(times int) { s.bus = &unfollowed{Bus: s.bus, times: times} }
