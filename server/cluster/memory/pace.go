package memory

import (
	"context"
	"sync"
	"time"
)

// Pace is the cluster.Pace of one process.
type Pace struct {
	mu    sync.Mutex
	at    map[string][]time.Time // guarded by mu; oldest first, never empty
	swept time.Time              // guarded by mu
}

// NewPace returns a Pace that has counted nothing.
func NewPace() *Pace { return &Pace{at: map[string][]time.Time{}} }

// Take implements cluster.Pace.
func (p *Pace) Take(_ context.Context, userID string, limit int, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	list := p.at[userID]
	for len(list) > 0 && now.Sub(list[0]) >= time.Minute {
		list = list[1:]
	}
	if len(list) >= limit {
		return time.Minute - now.Sub(list[0])
	}
	p.at[userID] = append(list, now)
	return 0
}

// sweep forgets, once a minute, who did nothing for one. Caller holds mu.
func (p *Pace) sweep(now time.Time) {
	if now.Sub(p.swept) <= time.Minute {
		return
	}
	for id, list := range p.at {
		if now.Sub(list[len(list)-1]) >= time.Minute {
			delete(p.at, id)
		}
	}
	p.swept = now
}
