package invitation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"foyer/protocol"
)

// together is how many single transactions are under way at once, so that they share commits.
const together = 16

// WithdrawMany withdraws each invitation in a transaction of its own and answers for each id in exactly one list, in
// the order in which they were named; all of them oldest first. Refusals: feature_unavailable.
func (s *Service) WithdrawMany(ctx context.Context, by Call, p protocol.InvitationWithdrawManyParams) (protocol.InvitationWithdrawManyResult, Effects, error) {
	if !s.allowed(by, FeatureWithdrawMany) {
		return protocol.InvitationWithdrawManyResult{}, Effects{}, protocol.Refuse(protocol.FeatureUnavailable)
	}
	j, effects, err := s.do(ctx, by, protocol.MethodInvitationWithdrawMany, func(a *act) error { return a.listMany(p) })
	if err != nil {
		return protocol.InvitationWithdrawManyResult{}, effects, err
	}
	if !j.Done {
		var more Effects
		if j, more, err = s.withdrawMany(ctx, by, j.result); err != nil {
			return protocol.InvitationWithdrawManyResult{}, more, protocol.InPart(err)
		}
		effects.add(more)
	}
	return protocol.InvitationWithdrawManyResult{Withdrawn: nonNil(j.Withdrawn), Failed: nonNil(j.failed)}, effects, nil
}

// listMany sets out what is to be withdrawn. It is remembered before anything is, so that a repetition goes on with it.
func (a *act) listMany(p protocol.InvitationWithdrawManyParams) error {
	if p.All {
		until := a.now
		if p.OlderThanMS != nil {
			until -= *p.OlderThanMS
		}
		var err error
		a.result.Asked, err = a.tx.OpenBy(a.by.UserID, until)
		return err
	}
	asked := newSet()
	for _, id := range p.InvitationIDs {
		asked.add(id)
	}
	a.result.Asked = asked.ids
	records, err := a.tx.Records(asked.ids)
	for _, id := range asked.ids {
		if r, found := records[id]; found && r.Fate == FateWithdrawn {
			a.result.Over = append(a.result.Over, id)
		}
	}
	return err
}

// withdrawMany withdraws what was asked and remembers what became of each.
func (s *Service) withdrawMany(ctx context.Context, by Call, asked result) (joined, Effects, error) {
	r := result{Asked: asked.Asked, Over: asked.Over, Done: true}
	outcomes, effects, err := s.withdrawEach(ctx, by.UserID, asked)
	if err != nil {
		return joined{}, effects, err
	}
	for i, id := range r.Asked {
		if outcomes[i] == nil {
			r.Withdrawn = append(r.Withdrawn, id)
			continue
		}
		f := failure{ID: id, Reason: outcomes[i].Reason()}
		if rel := outcomes[i].Data.Relation; rel != nil {
			f.Relation = noteOf(*rel)
		}
		r.Failed = append(r.Failed, f)
	}
	var j joined
	err = s.store.Update(ctx, func(tx Tx) error {
		a := &act{Service: s, joiner: newJoiner(tx), tx: tx, now: s.now().UnixMilli(), by: by, result: r}
		if err := a.remember(protocol.MethodInvitationWithdrawMany); err != nil {
			return err
		}
		var err error
		j, err = a.join(by.UserID, r)
		return err
	})
	return j, effects, err
}

// withdrawEach withdraws each of what was asked for its sender. What was withdrawn since it was asked counts too: by an
// attempt that did not come to its end, or by another device. A nil outcome is a success. Effects are valid beside an error.
func (s *Service) withdrawEach(ctx context.Context, sender string, asked result) ([]*protocol.Error, Effects, error) {
	outcomes := make([]*protocol.Error, len(asked.Asked))
	effects, err := s.each(len(asked.Asked), func(i int) (Effects, error) {
		id := asked.Asked[i]
		withdraw := func(a *act) error { return a.withdraw(id, !slices.Contains(asked.Over, id)) }
		_, e, err := s.do(ctx, Call{UserID: sender}, protocol.MethodInvitationWithdraw, withdraw)
		if errors.As(err, &outcomes[i]) && outcomes[i].Reason() != protocol.Unavailable {
			return e, nil
		}
		return e, err
	})
	return outcomes, effects, err
}

// each runs work for 0 to n-1, a few at a time, and returns their effects with each user's revisions in order.
func (s *Service) each(n int, work func(i int) (Effects, error)) (Effects, error) {
	var mu sync.Mutex
	var all Effects
	var failed error
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, together) {
		wg.Go(func() {
			for i := range next {
				e, err := attempt(work, i)
				mu.Lock()
				all.add(e)
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	for i := range n {
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	slices.SortStableFunc(all.Changes, func(a, b Change) int {
		if c := strings.Compare(a.UserID, b.UserID); c != 0 {
			return c
		}
		return int(a.Notification.Rev - b.Notification.Rev)
	})
	return all, failed
}

// attempt does one piece of work, in which a mistake becomes an error: on a goroutine of its own nobody else would catch it.
func attempt(work func(i int) (Effects, error), i int) (e Effects, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work(i)
}

// noteOf takes names and messages from a relation.
func noteOf(r protocol.Relation) *relationNote {
	n := &relationNote{State: r.State}
	if r.Since != nil {
		n.Since = r.Since.UnixMilli()
	}
	if i := r.Invitation; i != nil {
		n.Invitation = &invitationNote{
			ID: i.ID, Direction: i.Direction, Channel: i.Channel, SessionID: i.SessionID,
			SentAt: i.SentAt.UnixMilli(), ExpiresAt: i.ExpiresAt.UnixMilli(), State: i.State,
		}
		if i.User != nil {
			n.Other = i.User.ID
		}
	}
	return n
}

func nonNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Support says who of the staff acts on a user's behalf, and why.
type Support struct {
	By  string
	Why string
}

// WithdrawAllOnBehalf withdraws all that userID has open, with the same silent effects, and records in the audit log
// who did it and why. It returns how many there were.
func (s *Service) WithdrawAllOnBehalf(ctx context.Context, staff Support, userID string) (int, Effects, error) {
	var all result
	err := s.store.Update(ctx, func(tx Tx) error {
		now := s.now().UnixMilli()
		people, err := tx.People(userID)
		if err != nil {
			return err
		}
		if _, ok := people[userID]; !ok {
			return protocol.Refuse(protocol.UserNotFound)
		}
		if all.Asked, err = tx.OpenBy(userID, now); err != nil {
			return err
		}
		return tx.Audit(AuditEntry{
			ID: s.newID(), At: now, By: staff.By, Action: "withdraw_all", Subject: userID, Why: staff.Why, Count: len(all.Asked),
		})
	})
	if err != nil {
		return 0, Effects{}, fmt.Errorf("withdraw on behalf: %w", err)
	}
	_, effects, err := s.withdrawEach(ctx, userID, all)
	return len(all.Asked), effects, err
}
