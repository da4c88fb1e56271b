package server

import (
	"context"
	"sync"
	"time"
)

// turns run one job for each key at a time, in the background. Asked for while it runs, it runs once more afterwards:
// so what it reads is never older than the last time that somebody asked, and results never overtake each other. A job
// that fails runs again until it doesn't: nobody else would ask for it.
type turns struct {
	what string // that it is about, for the log
	mu   sync.Mutex
	by   map[string]*turn // guarded by mu
}

// turn is a job that runs, or has failed.
type turn struct {
	running, again bool
	waiting        bool // until it is tried again
	failed         int  // in a row
}

func newTurns(what string) turns { return turns{what: what, by: map[string]*turn{}} }

// tryAgainAfter is when a job is tried again that failed once; each time it is longer, up to tryAgainAtMost.
const (
	tryAgainAfter  = 300 * time.Millisecond
	tryAgainAtMost = time.Second
)

// inTurn has job run for key. It returns at once.
func (s *Server) inTurn(t *turns, key string, job func(ctx context.Context) error) {
	t.mu.Lock()
	v := t.by[key]
	if v == nil {
		v = &turn{}
		t.by[key] = v
	}
	v.again = v.running
	start := !v.running
	v.running = true
	t.mu.Unlock()
	if !start {
		return
	}
	s.background(func(ctx context.Context) {
		var err error
		defer func() {
			if t.end(key, v, err != nil && s.ctx.Err() == nil) {
				s.inTurn(t, key, job)
			}
		}()
		if err = job(ctx); err == nil || s.ctx.Err() != nil {
			return
		}
		if after, first := t.fail(v); after > 0 {
			if first {
				s.log.Warn().Err(err).Msg(t.what)
			}
			s.after(after, func() {
				t.mu.Lock()
				v.waiting = false
				t.mu.Unlock()
				if s.ctx.Err() == nil {
					s.inTurn(t, key, job)
				}
			})
		}
	})
}

// fail returns when to try again, 0 if that is settled, and whether it is the first failure in a row.
func (t *turns) fail(v *turn) (after time.Duration, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.failed++
	if v.waiting {
		return 0, false
	}
	v.waiting = true
	return min(tryAgainAfter*time.Duration(v.failed), tryAgainAtMost), v.failed == 1
}

// end reports whether the job is to run once more at once.
func (t *turns) end(key string, v *turn, failed bool) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	again, v.running, v.again = v.again, false, false
	if !failed {
		v.failed = 0
	}
	if !v.waiting && !again {
		delete(t.by, key)
	}
	return again
}
