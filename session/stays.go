package session

import (
	"context"
)

// lostAfter is how old a stay is before it is looked for in the Registry, in milliseconds: what is younger may be on its
// way there.
const lostAfter = 10 * 60 * 1000

// lostAtOnce is how many stays are looked for at once.
const lostAtOnce = 500

// EndLost ends stays that last in the store although the Registry doesn't have them, because the node that was to note
// their end did not live to do so. A stay is given up only when it was missing the time before as well: a Registry that
// has just come back empty is about to be filled again. It is called about once an hour.
func (s *Service) EndLost(ctx context.Context) error {
	now := s.millis()
	s.mu.Lock()
	before := s.missing
	s.mu.Unlock()
	missing := map[Stay]int64{}
	var lost []Stay
	for after := (Stay{}); ; {
		open, err := s.store.OpenStays(ctx, now-lostAfter, after, lostAtOnce)
		if err != nil {
			return err
		}
		gone, err := s.gone(ctx, open)
		if err != nil {
			return err
		}
		for _, stay := range gone {
			since, again := before[stay]
			if !again {
				missing[stay] = now
				continue
			}
			stay.To = since
			lost = append(lost, stay)
		}
		if len(open) < lostAtOnce {
			break
		}
		after = open[len(open)-1]
	}
	if len(lost) > 0 {
		if err := s.store.EndStays(ctx, lost); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.missing = missing
	s.mu.Unlock()
	return nil
}

// gone returns those of stays that the Registry doesn't have.
func (s *Service) gone(ctx context.Context, stays []Stay) ([]Stay, error) {
	users := map[string][]string{}
	for _, stay := range stays {
		users[stay.SessionID] = append(users[stay.SessionID], stay.UserID)
	}
	there := map[Stay]bool{}
	for id, of := range users {
		standings, err := s.registry.Standings(ctx, id, of...)
		if err != nil {
			return nil, err
		}
		for user, standing := range standings.By {
			if m := standing.Member; m != nil {
				there[Stay{SessionID: id, UserID: user, From: m.JoinedAt}] = true
			}
		}
	}
	var gone []Stay
	for _, stay := range stays {
		if !there[stay] {
			gone = append(gone, stay)
		}
	}
	return gone, nil
}
