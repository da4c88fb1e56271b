package server

import (
	"context"
	"sync"
)

// turns run one job for each key at a time, in the background. Asked for while it runs, it runs once more afterwards:
// so what it reads is never older than the last time that somebody asked, and results never overtake each other.
type turns struct {
	mu sync.Mutex
	by map[string]bool // guarded by mu; true: once more
}

func newTurns() turns { return turns{by: map[string]bool{}} }

// inTurn has job run for key. It returns at once.
func (s *Server) inTurn(t *turns, key string, job func(ctx context.Context)) {
	t.mu.Lock()
	_, running := t.by[key]
	t.by[key] = running
	t.mu.Unlock()
	if running {
		return
	}
	s.background(func(ctx context.Context) {
		defer func() {
			t.mu.Lock()
			again := t.by[key]
			delete(t.by, key)
			t.mu.Unlock()
			if again && s.ctx.Err() == nil {
				s.inTurn(t, key, job)
			}
		}()
		job(ctx)
	})
}
