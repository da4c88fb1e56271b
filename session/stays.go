package session

import (
	"context"
)

// lostAfter is how old a stay is before it is looked for in the Registry, in milliseconds: what is younger may be on its
// way there.
const lostAfter = 10 * 60 * 1000

// lostAtOnce is how many stays are looked for at once.
const lostAtOnce = 500

// EndLost ends what outlasted its time because a node died: sessions that somebody is in although they were closed, and
// stays that last in the store although the Registry doesn't have them. A stay is given up only when it was missing the
// time before as well: a Registry that has just come back empty is about to be filled again. It is called about once an hour.
func (s *Service) EndLost(ctx context.Context) (effects Effects, err error) {
	now := s.millis()
	s.mu.Lock()
	before := s.missing
	s.mu.Unlock()
	missing := map[Stay]int64{}
	var lost []Stay
	for after := (Stay{}); ; {
		open, err := s.store.OpenStays(ctx, now-lostAfter, after, lostAtOnce)
		if err != nil {
			return effects, err
		}
		gone, inhabited, err := s.gone(ctx, open)
		if err != nil {
			return effects, err
		}
		if err := s.endClosed(ctx, inhabited, &effects); err != nil {
			return effects, err
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
			return effects, err
		}
	}
	s.mu.Lock()
	s.missing = missing
	s.mu.Unlock()
	return effects, nil
}

// endClosed ends those of the sessions that have no record any more.
func (s *Service) endClosed(ctx context.Context, ids []string, effects *Effects) error {
	lasting, err := s.Lasting(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if lasting[id] {
			continue
		}
		e, err := s.end(ctx, id)
		effects.merge(e)
		if err != nil {
			return err
		}
	}
	return nil
}

// gone returns those of stays that the Registry doesn't have, and the sessions of the others.
func (s *Service) gone(ctx context.Context, stays []Stay) (gone []Stay, inhabited []string, err error) {
	users := map[string][]string{}
	for _, stay := range stays {
		users[stay.SessionID] = append(users[stay.SessionID], stay.UserID)
	}
	there := map[Stay]bool{}
	for id, of := range users {
		standings, err := s.registry.Standings(ctx, id, of...)
		if err != nil {
			return nil, nil, err
		}
		before := len(there)
		for user, standing := range standings.By {
			if m := standing.Member; m != nil {
				there[Stay{SessionID: id, UserID: user, From: m.JoinedAt}] = true
			}
		}
		if len(there) > before {
			inhabited = append(inhabited, id)
		}
	}
	for _, stay := range stays {
		if !there[stay] {
			gone = append(gone, stay)
		}
	}
	return gone, inhabited, nil
}
