package server

import (
	"context"

	"foyer/server/auth"
	"foyer/server/cluster"
	"foyer/session"
)

// Places where there may be a mistake.
const (
	InVerifying  = "verifying"
	InLoading    = "loading"
	InPublishing = "publishing"
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
