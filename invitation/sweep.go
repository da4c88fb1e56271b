package invitation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"foyer/protocol"
)

// ExpireDue ends up to limit invitations whose time is over. next is when the next one is due, zero if none is open;
// if it isn't in the future, there is more to do now. Effects are valid beside an error.
func (s *Service) ExpireDue(ctx context.Context, limit int) (effects Effects, next time.Time, err error) {
	now := s.now()
	var ids []string
	var after int64
	err = s.store.View(ctx, func(tx Reader) error {
		ids, after, err = tx.Due(now.UnixMilli(), limit)
		return err
	})
	if err != nil {
		return Effects{}, time.Time{}, fmt.Errorf("find what is due: %w", err)
	}
	for _, id := range ids { // one after the other, so that each sender is told in the order of time
		a, err := s.alone(ctx, func(a *act) error { return a.expire(id) })
		if err != nil {
			return effects, now, fmt.Errorf("expire invitation: %w", err)
		}
		effects.add(a.effects)
	}
	switch {
	case len(ids) == limit:
		next = now
	case after != 0:
		next = time.UnixMilli(after)
	}
	return effects, next, nil
}

func (a *act) expire(id string) error {
	r, found, err := a.tx.Invitation(id)
	if err != nil || !found || r.Fate != Open {
		return err
	}
	t, r, err := a.openFor(r)
	if errors.Is(err, protocol.Refuse(protocol.UserNotFound)) { // erased: there is nobody to tell
		r.Fate, r.ResolvedAt = FateExpired, r.ExpiresAt
		r.settle()
		return a.tx.Save(r)
	}
	if err != nil {
		return err
	}
	return t.expireDue()
}

// Purge forgets up to limit invitations that have been over for longer than the retention, and returns how many. What
// the limits still count stays.
func (s *Service) Purge(ctx context.Context, limit int) (int, error) {
	if s.config.Retention == 0 {
		return 0, nil
	}
	n := 0
	err := s.store.Update(ctx, func(tx Tx) error {
		now := s.now()
		counted := max(s.config.PairWindow, s.config.PairGap, day)
		var err error
		n, err = tx.Purge(now.Add(-s.config.Retention).UnixMilli(), now.Add(-counted).UnixMilli(), limit)
		return err
	})
	return n, err
}

// Logged is one entry of a user's log, of kind LogKind.
type Logged struct {
	Rev  int64
	Body []byte
}

// LogKind marks the entries of the log that Render understands.
const LogKind = "relation"

// LoggedBlock returns whom an entry of a user's log, of whichever kind, says that the user blocked, or does not block any
// more. The one concerned has no entry for it.
func LoggedBlock(userID string, body []byte) (b BlockChange, is bool) {
	var n changeNote
	if err := json.Unmarshal(body, &n); err != nil || n.Cause != protocol.CauseBlocked && n.Cause != protocol.CauseUnblocked {
		return BlockChange{}, false
	}
	return BlockChange{By: userID, Of: n.Relation.Other, Blocked: n.Cause == protocol.CauseBlocked}, n.Relation.Other != ""
}

// Render turns viewer's log entries, oldest first, into notifications with today's names and messages. notify stays
// true only in what still holds at the end of entries: pass all that is replayed in one call.
func (s *Service) Render(ctx context.Context, viewer string, entries []Logged) ([]protocol.RelationChanged, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	notes := make([]changeNote, len(entries))
	relations := make([]relationNote, len(entries))
	last := map[string]int{}
	for i, e := range entries {
		if err := json.Unmarshal(e.Body, &notes[i]); err != nil {
			return nil, fmt.Errorf("logged change: %w", err)
		}
		relations[i] = notes[i].Relation
		last[notes[i].Relation.Other] = i
	}
	changes := make([]protocol.RelationChanged, len(entries))
	err := s.store.View(ctx, func(tx Reader) error {
		j := newJoiner(tx)
		if err := j.need(viewer, relations); err != nil {
			return err
		}
		for i, n := range notes {
			n.Notify = n.Notify && last[n.Relation.Other] == i && j.holds(n)
			changes[i] = j.changed(viewer, n, entries[i].Rev)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("render changes: %w", err)
	}
	return changes, nil
}

// holds reports whether a received invitation is still there to be answered.
func (j *joiner) holds(n changeNote) bool {
	return n.Cause != protocol.CauseReceived || j.records[n.InvitationID].Showing == Shown
}
