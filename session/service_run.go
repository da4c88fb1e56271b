package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"foyer/protocol"
)

// Start makes the Registry know what was before: members who were there when the server drained are waited for, and
// sessions that nobody comes back to end in their time. Stays that a crash left open are ended. It is called once,
// before the first join.
//
// With a Registry that other nodes share, who was where is known there, and stays go on.
func (s *Service) Start(ctx context.Context) error {
	if s.config.Shared {
		return s.startShared(ctx)
	}
	rosters, err := s.store.TakeMembers(ctx)
	if err != nil {
		return err
	}
	var goOn []Stay
	ids := []string{}
	members := map[string][]Member{}
	graceUntil := s.now().Add(s.config.RestoreGrace).UnixMilli()
	for _, r := range rosters {
		for i := range r.Members {
			m := &r.Members[i]
			for d := range m.Devices {
				m.Devices[d].Connected, m.Devices[d].Link, m.Devices[d].GraceUntil = false, "", graceUntil
			}
			goOn = append(goOn, Stay{SessionID: r.SessionID, UserID: m.User.ID, From: m.JoinedAt})
		}
		ids = append(ids, r.SessionID)
		members[r.SessionID] = r.Members
	}
	if err := s.store.RecoverStays(ctx, goOn); err != nil {
		return err
	}
	records, err := s.store.Find(ctx, nil)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		saved, err := s.store.Find(ctx, ids)
		if err != nil {
			return err
		}
		records = append(records, saved...)
	}
	for _, rec := range records {
		if err := s.registry.Restore(ctx, rec.ID, rec.Rules(), members[rec.ID]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) startShared(ctx context.Context) error {
	records, err := s.store.Find(ctx, nil)
	if err != nil {
		return err
	}
	for _, rec := range records {
		if err := s.registry.SetRules(ctx, rec.ID, rec.Rules()); err != nil {
			return err
		}
	}
	return nil
}

// Lasting returns those of the sessions that have not ended.
func (s *Service) Lasting(ctx context.Context, ids []string) (map[string]bool, error) {
	lasting := map[string]bool{}
	if len(ids) == 0 {
		return lasting, nil
	}
	records, err := s.store.Find(ctx, ids)
	for _, rec := range records {
		lasting[rec.ID] = true
	}
	return lasting, err
}

// SaveMembers keeps who is in which session for the next Start, unless other nodes share the Registry: then it knows. It
// is called once the server lets nobody in any more.
func (s *Service) SaveMembers(ctx context.Context) error {
	if s.config.Shared {
		return s.settle(ctx)
	}
	rosters, err := s.registry.All(ctx)
	if err != nil {
		return err
	}
	now := s.millis()
	for _, r := range rosters {
		for i := range r.Members {
			m := &r.Members[i]
			m.Devices = slices.Clone(m.Devices) // the Registry's are shared
			for d := range m.Devices {
				if m.Devices[d].Connected {
					m.Devices[d].DroppedAt = now
				}
			}
		}
	}
	return errors.Join(s.store.SaveMembers(ctx, rosters, now), s.settle(ctx))
}

// Sweep does what time asks for: members whose grace is over leave, sessions that were empty for too long end, and
// what could not be done or stored is tried again. It is called about once a second.
func (s *Service) Sweep(ctx context.Context) (Effects, error) {
	swept, err := s.registry.Sweep(ctx, s.millis())
	var effects Effects
	for i := range swept.Departed {
		s.endStay(&swept.Departed[i])
		e := departed(&swept.Departed[i], protocol.EndedMoved)
		e.Ended[0].Devices = nil // they are gone
		effects.merge(e)
	}
	for i := range swept.Closed {
		s.endStay(&swept.Closed[i])
		effects.merge(departed(&swept.Closed[i], protocol.EndedClosed))
	}
	s.mu.Lock()
	s.closed = append(s.closed, swept.Ended...)
	deleted := s.deleted
	s.deleted = nil
	s.mu.Unlock()
	for _, id := range deleted {
		e, failed := s.end(ctx, id)
		effects.merge(e)
		err = errors.Join(err, failed)
	}
	return effects, errors.Join(err, s.settle(ctx))
}

// EndClosed ends those of the sessions that were closed although somebody is in them still, because the node that was to
// take them out did not live to do so. It is called now and then with those that have members, and returns the
// closed ones.
func (s *Service) EndClosed(ctx context.Context, ids []string) (closed []string, effects Effects, err error) {
	lasting, err := s.Lasting(ctx, ids)
	if err != nil {
		return closed, effects, err
	}
	for _, id := range ids {
		if lasting[id] {
			continue
		}
		closed = append(closed, id)
		e, err := s.end(ctx, id)
		effects.merge(e)
		if err != nil {
			return closed, effects, err
		}
	}
	return closed, effects, nil
}

// PurgeStays forgets what is older than it is kept.
func (s *Service) PurgeStays(ctx context.Context, keep time.Duration) error {
	return s.store.PurgeStays(ctx, s.now().Add(-keep).UnixMilli())
}

// endStay notes the end of a stay, to be stored by settle: leaving succeeds whether or not the store is there, and
// costs no transaction of its own.
func (s *Service) endStay(d *Departure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stays = append(s.stays, Stay{SessionID: d.SessionID, UserID: d.Member.User.ID, From: d.Member.JoinedAt, To: d.SeenAt})
}

// settle stores the ends of stays and sessions. What can't be stored now is kept for the next time.
func (s *Service) settle(ctx context.Context) error {
	s.mu.Lock()
	stays, closed := s.stays, s.closed
	s.stays, s.closed = nil, nil
	s.mu.Unlock()
	if len(stays) > 0 {
		if err := s.store.EndStays(ctx, stays); err != nil {
			s.putBack(stays, closed)
			return err
		}
	}
	for i, id := range closed {
		if err := s.store.Delete(ctx, id); err != nil {
			s.putBack(nil, closed[i:])
			return err
		}
	}
	return nil
}

func (s *Service) putBack(stays []Stay, closed []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stays = append(stays, s.stays...)
	s.closed = append(closed, s.closed...)
}
