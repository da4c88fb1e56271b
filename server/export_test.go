package server

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"foyer/presence"
	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/store"
)

// Leftovers names what a node still holds; nothing once everybody has left.
func (s *Server) Leftovers() []string {
	out := []string{}
	for id, list := range s.byUser.All() {
		out = append(out, fmt.Sprintf("%d devices of user %s", len(list), id))
	}
	for id, list := range s.bySession.All() {
		out = append(out, fmt.Sprintf("%d devices in session %s", len(list), id))
	}
	for id, list := range s.panels.All() {
		out = append(out, fmt.Sprintf("%d panels of %s", len(list), id))
	}
	for id, list := range s.panelsAt.All() {
		out = append(out, fmt.Sprintf("%d panels at session %s", len(list), id))
	}
	for id, list := range s.watchers.All() {
		out = append(out, fmt.Sprintf("%d watchers of %s", len(list), id))
	}
	for _, d := range s.sockets.list() {
		out = append(out, "socket of "+d.userID)
	}
	s.accounts.mu.Lock()
	for id, a := range s.accounts.by {
		out = append(out, fmt.Sprintf("account of %s held %d times", id, a.refs))
	}
	s.accounts.mu.Unlock()
	s.persons.mu.Lock()
	for id, p := range s.persons.by {
		out = append(out, fmt.Sprintf("person %s held %d times", id, p.refs))
	}
	s.persons.mu.Unlock()
	s.rooms.mu.Lock()
	for id, r := range s.rooms.by {
		out = append(out, fmt.Sprintf("room %s held %d times", id, r.refs))
	}
	s.rooms.mu.Unlock()
	return out
}

// AnswersLate makes what a user asks with a method take its time between being carried out and being answered. It belongs
// before the node's first device.
func (s *Server) AnswersLate(userID string, m protocol.Method, by time.Duration) {
	h := s.handlers[m]
	s.handlers[m] = func(ctx context.Context, d *Device, raw json.RawMessage, fx *effects) (any, error) {
		result, err := h(ctx, d, raw, fx)
		if d.userID == userID {
			time.Sleep(by) //nolint:forbidigo // of the bubble's clock
		}
		return result, err
	}
}

// LogsLate makes reading a user's log take its time from when begin is called. It belongs before the node's first device.
func (s *Server) LogsLate(userID string, by time.Duration) (begin func()) {
	late := &lateLog{Changes: s.changes, userID: userID, by: by}
	s.changes = late
	return func() { late.on.Store(true) }
}

type lateLog struct {
	Changes
	userID string
	by     time.Duration
	on     atomic.Bool
}

func (l *lateLog) Log(ctx context.Context, userID string, after int64) (store.UserLog, error) {
	if userID == l.userID && l.on.Load() {
		time.Sleep(l.by) //nolint:forbidigo // of the bubble's clock
	}
	return l.Changes.Log(ctx, userID, after)
}

// Rewatch shows a user what they may see of a connection, as if that were new.
func (s *Server) Rewatch(ctx context.Context, userID, other string) error {
	return s.rewatch(ctx, userID, other)
}

// PresenceCame is a note that a user sets, as this node hears of it.
func (s *Server) PresenceCame(userID, note string) {
	m := &cluster.Message{User: userID, Incarnation: s.epoch(), At: s.now().UnixMicro()}
	s.presenceCame(m, presence.Full{Status: protocol.StatusOnline, Note: note})
}

// AttachesLate makes registering a user's devices take its time. It belongs before the node's first device.
func (s *Server) AttachesLate(userID string, by time.Duration) {
	s.devices = lateAttach{s.devices, userID, by}
}

type lateAttach struct {
	cluster.Devices
	userID string
	by     time.Duration
}

func (l lateAttach) Attach(ctx context.Context, a cluster.Attach) (cluster.Attached, error) {
	if a.UserID == l.userID {
		time.Sleep(l.by) //nolint:forbidigo // of the bubble's clock
	}
	return l.Devices.Attach(ctx, a)
}

// ShowsAnew shows a user's devices the session that they are in.
func (s *Server) ShowsAnew(userID string) {
	for _, d := range s.byUser.Of(userID) {
		s.resync(d)
	}
}
