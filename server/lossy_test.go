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
	if u.times > 0 {
		u.times--
		return store.UserLog{}, protocol.Refuse(protocol.Unavailable)
	}
	return u.Changes.Log(ctx, userID, after)
}

// CanLose makes the functions below possible. It belongs before Run.
func (s *Server) CanLose() {
	s.changes = &unreadable{Changes: s.changes}
	s.registry = &unplaced{Registry: s.registry}
	s.bus = &unfollowed{Bus: s.bus}
}

// LosesLog has the log of changes out of reach the next times.
func (s *Server) LosesLog(times int) {
	u := s.changes.(*unreadable)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.times = times
}

// unplaced has the place of a user out of reach so many times, or only late.
type unplaced struct {
	session.Registry
	mu    sync.Mutex // guards what follows
	user  string
	after time.Duration
	times int
	comes bool // after all
}

func (u *unplaced) Places(ctx context.Context, userIDs []string) (map[string]string, error) {
	u.mu.Lock()
	late, after, comes := u.times > 0 && slices.Contains(userIDs, u.user), u.after, u.comes
	if late {
		u.times--
	}
	u.mu.Unlock()
	if late {
		<-time.After(after)
	}
	if late && !comes {
		return nil, protocol.Refuse(protocol.Unavailable)
	}
	return u.Registry.Places(ctx, userIDs)
}

// LosesPlacesOf has the place of a user out of reach the next times, as is found out after some time.
func (s *Server) LosesPlacesOf(user string, times int, after time.Duration) {
	u := s.registry.(*unplaced)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.user, u.times, u.after, u.comes = user, times, after, false
}

// HasPlaceOfLate has the place of a user be read slowly, once.
func (s *Server) HasPlaceOfLate(user string, after time.Duration) {
	u := s.registry.(*unplaced)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.user, u.times, u.after, u.comes = user, 1, after, true
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

// LosesSessions has what is told of sessions out of reach the next times.
func (s *Server) LosesSessions(times int) {
	u := s.bus.(*unfollowed)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.times = times
}
