package server

import (
	"context"
	"fmt"

	"foyer/presence"
	"foyer/protocol"
)

// DeviceOf returns a device of a user.
func (s *Server) DeviceOf(userID string) *Device { return s.byUser.Of(userID)[0] }

// Watchers counts who watches a user's presence.
func (s *Server) Watchers(userID string) int { return len(s.watchers.Of(userID)) }

// TellPresence tells those who watch a user that there is another note, as when the pace allows it.
func (s *Server) TellPresence(userID string, n int) {
	p := s.person(userID)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known, p.newest = true, reading{Full: presence.Full{Status: protocol.StatusOnline, Devices: []protocol.Kind{protocol.KindHeadset}, Note: fmt.Sprint(n)}}
	s.tellLocked(p)
}

// ShowPresence reads and publishes a user's presence.
func (s *Server) ShowPresence(ctx context.Context, userID string) error {
	return s.showPresence(ctx, userID)
}
