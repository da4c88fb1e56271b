package server

import (
	"context"
	"time"

	"foyer/server/auth"
	"foyer/server/cluster"
	"foyer/session"
	"foyer/session/relay"
)

// Places where there may be a mistake.
const (
	InVerifying  = "verifying"
	InLoading    = "loading"
	InPublishing = "publishing"
	InTicks      = "ticks"
)

// Mistaken has a mistake be in a place, for every user; the returned function mends it.
func (s *Server) Mistaken(where string) (mend func()) {
	verifier, registry, bus := s.auth, s.registry, s.bus
	switch where {
	case InVerifying:
		s.auth = mistakenVerifier{}
	case InLoading:
		s.registry = mistakenRegistry{registry}
	case InPublishing:
		s.bus = mistakenBus{bus}
	case InTicks:
		s.bus = mistakenTicks{bus}
	}
	return func() { s.auth, s.registry, s.bus = verifier, registry, bus }
}

type mistakenVerifier struct{}

func (mistakenVerifier) Verify(context.Context, string) (*auth.Claims, error) { panic(InVerifying) }

type mistakenRegistry struct{ session.Registry }

func (mistakenRegistry) Places(context.Context, []string) (map[string]string, error) {
	panic(InLoading)
}

type mistakenBus struct{ cluster.Bus }

func (mistakenBus) Publish(cluster.Topic, *cluster.Message) { panic(InPublishing) }
func (mistakenBus) Wanted(cluster.Topic) bool               { panic(InPublishing) }

type mistakenTicks struct{ cluster.Bus }

func (b mistakenTicks) Publish(t cluster.Topic, m *cluster.Message) {
	if m.Kind == cluster.KindStates {
		panic(InTicks)
	}
	b.Bus.Publish(t, m)
}

// TickUnmade has there be somebody in a session of whom nobody knows what they get of a tick.
func (s *Server) TickUnmade(sessionID string) {
	r := s.rooms.of(sessionID)
	r.sending.Lock()
	defer r.sending.Unlock()
	r.live = append(r.live, receiver{device: &Device{}, subset: new(relay.Relay).NewSubset(nil, 1, 0, nil)})
}

// TickUnsent has there be somebody in a session without a socket.
func (s *Server) TickUnsent(sessionID string) {
	r := s.rooms.of(sessionID)
	r.sending.Lock()
	defer r.sending.Unlock()
	r.live = append(r.live, receiver{device: &Device{}})
}

// MistakenLater has a mistake happen in a while: one that is nobody's, and one that is a user's devices'.
func (s *Server) MistakenLater(userID string, wait time.Duration) {
	s.after(wait, func() { panic("nobody's") })
	for _, d := range s.byUser.Of(userID) {
		d.after(wait, func() { panic("a device's") })
	}
}
