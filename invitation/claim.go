package invitation

import (
	"context"
	"errors"
	"fmt"

	"foyer/protocol"
)

// ClaimAddresses shows userID what was sent to that user's verified addresses before. Call it at each hello, before
// the revision of its answer is read.
func (s *Service) ClaimAddresses(ctx context.Context, userID string) (Effects, error) {
	var ids []string
	err := s.store.View(ctx, func(tx Reader) error {
		targets, err := tx.Targets(userID, true)
		if err != nil {
			return err
		}
		ids, err = tx.Unclaimed(targets)
		return err
	})
	if err != nil {
		return Effects{}, fmt.Errorf("find invitations to one's addresses: %w", err)
	}
	return s.claimEach(ctx, ids)
}

// ClaimAddress shows what was sent to an address to its owner, if that is anybody known. See Effects.Addressed.
func (s *Service) ClaimAddress(ctx context.Context, target string) (Effects, error) {
	var ids []string
	err := s.store.View(ctx, func(tx Reader) error {
		owner, err := tx.Owner(target)
		if err != nil || owner == "" {
			ids = nil
			return err
		}
		ids, err = tx.Unclaimed([]string{target})
		return err
	})
	if err != nil {
		return Effects{}, fmt.Errorf("find owner of an address: %w", err)
	}
	return s.claimEach(ctx, ids)
}

// claimEach gives each invitation to the owner of its address, in a transaction of its own.
func (s *Service) claimEach(ctx context.Context, ids []string) (Effects, error) {
	var all Effects
	for _, id := range ids {
		a, err := s.alone(ctx, func(a *act) error { return a.claim(id) })
		if err != nil {
			return all, fmt.Errorf("claim invitation: %w", err)
		}
		all.add(a.effects)
	}
	return all, nil
}

// alone carries out what nobody asked for, in one transaction.
func (s *Service) alone(ctx context.Context, work func(*act) error) (*act, error) {
	var a *act
	err := s.store.Update(ctx, func(tx Tx) error {
		a = &act{Service: s, joiner: newJoiner(tx), tx: tx, now: s.now().UnixMilli()}
		return work(a)
	})
	return a, err
}

// claim gives an invitation to the owner of its address. The owner's settings, and what is between the two, decide
// whether it is shown; the sender sees nothing of all this.
func (a *act) claim(id string) error {
	r, found, err := a.tx.Invitation(id)
	if err != nil || !found || r.Fate != Open || r.Recipient != "" || r.ExpiresAt <= a.now {
		return err
	}
	owner, err := a.tx.Owner(r.Target)
	if err != nil || owner == "" || owner == r.Sender {
		return err
	}
	t, err := a.open(r.Sender, owner)
	if errors.Is(err, protocol.Refuse(protocol.UserNotFound)) { // its sender is erased
		return nil
	}
	if err != nil {
		return err
	}
	// Before the locks were had, its sender may have withdrawn it, or another node given it to the owner.
	if r, found, err = a.tx.Invitation(id); err != nil || !found || r.Fate != Open || r.Recipient != "" {
		return err
	}
	by := t.side(owner)
	hide, err := a.decider().turnsAway(t.people[by.Other()], t.people[by])
	if err != nil {
		return err
	}
	if !hide {
		if hide, err = a.decider().full(owner); err != nil {
			return err
		}
	}
	a.records[id] = r
	_, err = t.apply(Event{Kind: Claim, By: by, ID: id, ExpiresAt: r.ExpiresAt, Hide: hide})
	return err
}
