package server

import (
	"context"

	"foyer/protocol"
)

// peopleHandlers carry out looking at others.
func (s *Server) peopleHandlers(t map[protocol.Method]handler) {
	t[protocol.MethodConnectionList] = typed(func(ctx context.Context, d *Device, p *protocol.ConnectionListParams, _ *effects) (any, error) {
		return s.people.Connections(ctx, d.userID, *p)
	})
	t[protocol.MethodPeopleSearch] = typed(func(ctx context.Context, d *Device, p *protocol.PeopleSearchParams, _ *effects) (any, error) {
		if limit := s.limits.SearchesPerMinute; limit > 0 {
			if wait := s.searches.Take(ctx, d.userID, limit, s.now()); wait > 0 {
				return nil, protocol.Refuse(protocol.RateLimited).WithRetryAfter(wait.Milliseconds() + 1)
			}
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
