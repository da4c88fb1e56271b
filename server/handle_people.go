package server

import (
	"context"
	"sync"
	"time"

	"foyer/protocol"
)

// peopleHandlers carry out looking at others.
func (s *Server) peopleHandlers(t map[protocol.Method]handler) {
	t[protocol.MethodConnectionList] = typed(func(ctx context.Context, d *Device, p *protocol.ConnectionListParams, _ *effects) (any, error) {
		return s.people.Connections(ctx, d.userID, *p)
	})
	t[protocol.MethodPeopleSearch] = typed(func(ctx context.Context, d *Device, p *protocol.PeopleSearchParams, _ *effects) (any, error) {
		if wait := s.searches.take(d.userID, s.limits.SearchesPerMinute, s.now()); wait > 0 {
			return nil, protocol.Refuse(protocol.RateLimited).WithRetryAfter(wait.Milliseconds() + 1)
		}
		return s.people.Search(ctx, d.userID, *p)
	})
	t[protocol.MethodPeopleInSession] = typed(func(ctx context.Context, d *Device, p *protocol.PeopleInSessionParams, _ *effects) (any, error) {
		return s.people.InSession(ctx, d.userID, *p)
	})
	t[protocol.MethodPeopleRecent] = typed(func(ctx context.Context, d *Device, p *protocol.Page, _ *effects) (any, error) {
		return s.people.Recent(ctx, d.userID, *p)
	})
	t[protocol.MethodPeopleFocus] = typed(func(ctx context.Context, d *Device, p *protocol.FocusParams, _ *effects) (any, error) {
		return s.focus(ctx, d, p.UserID)
	})
	t[protocol.MethodPeopleUnfocus] = typed(func(_ context.Context, d *Device, _ *protocol.Empty, _ *effects) (any, error) {
		s.unfocus(d)
		return protocol.Empty{}, nil
	})
}

// searches counts each user's searches on this node in the last minute.
type searches struct {
	mu    sync.Mutex
	at    map[string][]time.Time // guarded by mu; oldest first
	swept time.Time              // guarded by mu
}

func newSearches() searches { return searches{at: map[string][]time.Time{}} }

// take counts a search at now, or returns how long to wait until the next is allowed.
func (c *searches) take(userID string, limit int, now time.Time) time.Duration {
	if limit == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.swept) > time.Minute {
		for id, list := range c.at {
			if now.Sub(list[len(list)-1]) >= time.Minute {
				delete(c.at, id)
			}
		}
		c.swept = now
	}
	list := c.at[userID]
	for len(list) > 0 && now.Sub(list[0]) >= time.Minute {
		list = list[1:]
	}
	if len(list) >= limit {
		return time.Minute - now.Sub(list[0])
	}
	c.at[userID] = append(list, now)
	return 0
}
