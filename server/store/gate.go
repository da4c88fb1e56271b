package store

import (
	"errors"
	"sync/atomic"
	"time"
)

// errStalled is why a request isn't even tried.
var errStalled = errors.New("the database doesn't answer")

const (
	probeEvery    = 500 * time.Millisecond
	probePatience = time.Second
)

// gate keeps requests from waiting one after the other for a database that doesn't answer: once one has waited in
// vain, the others are turned away at once, save one every now and then that tries again.
type gate struct {
	// next is when the next request may try (Unix nanoseconds), 0 while the database answers.
	next atomic.Int64
	// answered is when the database last did (Unix nanoseconds): who waited for a lock alone proves nothing.
	answered atomic.Int64
}

// enter reports whether a request may try, and for how long.
func (g *gate) enter(patience time.Duration) (time.Duration, bool) {
	next := g.next.Load()
	if next == 0 {
		return patience, true
	}
	now := time.Now()
	if now.UnixNano() < next || !g.next.CompareAndSwap(next, now.Add(probeEvery).UnixNano()) {
		return 0, false
	}
	return min(patience, probePatience), true
}

// leave tells whether the database answered a request that began at a time.
func (g *gate) leave(began time.Time, stalled bool) {
	now := time.Now()
	if !stalled {
		g.answered.Store(now.UnixNano())
		if g.next.Load() != 0 {
			g.next.Store(0)
		}
		return
	}
	if g.answered.Load() < began.UnixNano() {
		g.next.CompareAndSwap(0, now.Add(probeEvery).UnixNano())
	}
}
