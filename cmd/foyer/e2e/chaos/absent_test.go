package chaos

import (
	"slices"
	"time"
)

// reckon notes who is there.
func (h *house) reckon() {
	for _, g := range h.guests {
		g.reckon()
	}
}

// reckon notes whether any of the guest's devices is there.
func (g *guest) reckon() {
	there := slices.ContainsFunc(g.seats, func(s *seat) bool {
		l := s.d.current()
		return l != nil && !l.node.down()
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case there && !g.absent.IsZero():
		if now.Sub(g.absent) > absentFor {
			g.lapse = now
		}
		g.absent = time.Time{}
	case !there && g.absent.IsZero():
		g.absent = now
	}
}

// wasLongAway reports whether the guest may have been seen to leave lately.
func (g *guest) wasLongAway() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	return !g.absent.IsZero() && now.Sub(g.absent) > absentFor || !g.lapse.IsZero() && now.Sub(g.lapse) < 10*time.Second
}
