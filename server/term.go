package server

import (
	"context"
	"sync"
	"time"
)

// requestTime is how long a request may take at least, and termStep how much longer at most.
const (
	requestTime = 15 * time.Second
	termStep    = time.Second
)

// terms bound how long requests may take. Those that begin within the same step share one context: a timer, a context
// and a channel for each would cost more than many a request does.
type terms struct {
	mu   sync.Mutex // guards what follows
	now  context.Context
	next time.Time // when the next one begins
}

// term returns a context that ends when what begins now has taken too long, or when the server stops. Who needs it to end
// sooner makes another one of it.
func (s *Server) term() context.Context {
	t, now := &s.terms, time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now == nil || !now.Before(t.next) {
		ctx, end := context.WithDeadline(s.ctx, now.Add(requestTime+termStep))
		context.AfterFunc(ctx, end)
		t.now, t.next = ctx, now.Add(termStep)
	}
	return t.now
}
