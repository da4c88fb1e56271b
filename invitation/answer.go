package invitation

import (
	"context"

	"foyer/protocol"
)

// relationCall carries work out for a call that is answered with a relation.
func (s *Service) relationCall(ctx context.Context, by Call, m protocol.Method, work func(*act) error) (protocol.RelationResult, Effects, error) {
	j, effects, err := s.do(ctx, by, m, work)
	if err != nil {
		return protocol.RelationResult{}, effects, err
	}
	return protocol.RelationResult{Relation: j.relation, Unchanged: j.Unchanged}, effects, nil
}

// settle answers the call with what an event led to: a refusal with the relation, or the relation.
func (t *turn) settle(out Outcome, err error) error {
	switch {
	case err != nil:
		return err
	case out.Refusal == protocol.TooManyOutstanding:
		return protocol.Refuse(out.Refusal).WithLimit(t.config.Blocks)
	case out.Refusal != "":
		return t.refuse(out.Refusal)
	}
	t.result = result{Relation: t.standing(t.by.UserID), Unchanged: out.Unchanged}
	return nil
}

// Accept connects the recipient with the sender. Refusals: invitation_not_pending with the relation as it stands,
// connection_limit (the caller's own), forbidden for the sender, invitation_not_found.
func (s *Service) Accept(ctx context.Context, by Call, invitationID string) (protocol.RelationResult, Effects, error) {
	return s.relationCall(ctx, by, protocol.MethodInvitationAccept, func(a *act) error {
		t, err := a.received(invitationID)
		if err != nil {
			return err
		}
		full, err := a.decider().connectionsFull(by.UserID)
		if err != nil {
			return err
		}
		return t.settle(t.apply(Event{Kind: Accept, By: t.side(by.UserID), ID: invitationID, ConnectionsFull: full}))
	})
}

// Decline hides the invitation from its recipient, and further ones for the suppression; its sender sees no difference.
// Within a minute of a withdrawal or expiry it still succeeds. Refusals: as for Accept, and with Block
// too_many_outstanding for the limit of blocks.
func (s *Service) Decline(ctx context.Context, by Call, p protocol.InvitationDeclineParams) (protocol.RelationResult, Effects, error) {
	return s.relationCall(ctx, by, protocol.MethodInvitationDecline, func(a *act) error {
		t, err := a.received(p.InvitationID)
		if err != nil {
			return err
		}
		full := false
		if p.Block {
			if full, err = a.decider().blocksFull(by.UserID); err != nil {
				return err
			}
		}
		return t.settle(t.apply(Event{Kind: Decline, By: t.side(by.UserID), ID: p.InvitationID, Block: p.Block, BlocksFull: full}))
	})
}

// UndoDecline shows a declined invitation to its recipient again. Refusals: unblock_first, invitation_not_pending with
// the relation, forbidden for the sender, invitation_not_found.
func (s *Service) UndoDecline(ctx context.Context, by Call, invitationID string) (protocol.RelationOnly, Effects, error) {
	r, effects, err := s.relationCall(ctx, by, protocol.MethodInvitationUndoDecline, func(a *act) error {
		t, err := a.received(invitationID)
		if err != nil {
			return err
		}
		return t.settle(t.apply(Event{Kind: UndoDecline, By: t.side(by.UserID), ID: invitationID}))
	})
	return protocol.RelationOnly{Relation: r.Relation}, effects, err
}

// received locks the pair of an invitation that the caller has received. It refuses with forbidden for its sender and
// with invitation_not_found for anybody else.
func (a *act) received(id string) (*turn, error) {
	r, found, both, err := a.tx.PairOf(id)
	switch {
	case err != nil:
		return nil, err
	case found && r.Sender == a.by.UserID:
		return nil, protocol.Refuse(protocol.Forbidden)
	case !found || r.Recipient != a.by.UserID:
		return nil, protocol.Refuse(protocol.InvitationNotFound)
	}
	t, _, err := a.openWith(r, both)
	return t, err
}

// Withdraw takes back the sender's open invitation, by id or by person. Doing it again, or after the expiry, succeeds
// and changes nothing. Refusals: invitation_accepted and stale_invitation with the relation, forbidden for the
// recipient, invitation_not_found, user_not_found.
func (s *Service) Withdraw(ctx context.Context, by Call, p protocol.InvitationWithdrawParams) (protocol.RelationResult, Effects, error) {
	return s.relationCall(ctx, by, protocol.MethodInvitationWithdraw, func(a *act) error {
		if p.UserID != "" {
			return a.toUser(p.UserID, Withdraw)
		}
		return a.withdraw(p.InvitationID, false)
	})
}

// Remove ends a connection, silently for the other one. Refusals: user_not_found.
func (s *Service) Remove(ctx context.Context, by Call, userID string) (protocol.RelationResult, Effects, error) {
	return s.relationCall(ctx, by, protocol.MethodConnectionRemove, func(a *act) error { return a.toUser(userID, Remove) })
}

// Block blocks userID, who is never told. Refusals: -32602 for oneself, user_not_found, too_many_outstanding with the limit.
func (s *Service) Block(ctx context.Context, by Call, userID string) (protocol.RelationResult, Effects, error) {
	if userID == by.UserID {
		return protocol.RelationResult{}, Effects{}, protocol.InvalidParams("user_id", "must not be one's own")
	}
	return s.relationCall(ctx, by, protocol.MethodUserBlock, func(a *act) error { return a.toUser(userID, Block) })
}

// Unblock ends a block. Nothing that the block ended comes back. Refusals: user_not_found.
func (s *Service) Unblock(ctx context.Context, by Call, userID string) (protocol.RelationResult, Effects, error) {
	return s.relationCall(ctx, by, protocol.MethodUserUnblock, func(a *act) error { return a.toUser(userID, Unblock) })
}

// toUser lets the caller do something to a person. To oneself there is nothing to do.
func (a *act) toUser(userID string, k Kind) error {
	if userID == a.by.UserID {
		a.result = result{Relation: relationNote{State: protocol.RelationSelf}, Unchanged: true}
		return nil
	}
	t, err := a.open(a.by.UserID, userID)
	if err != nil {
		return err
	}
	e := Event{Kind: k, By: t.side(a.by.UserID)}
	if k == Block {
		if e.BlocksFull, err = a.decider().blocksFull(a.by.UserID); err != nil {
			return err
		}
	}
	return t.settle(t.apply(e))
}

// withdraw takes back the caller's invitation with this id. With open, it was open when it was first asked: there is nothing
// left to do if it has been taken back since, whatever has come to be between the two by now.
func (a *act) withdraw(id string, open bool) error {
	r, found, both, err := a.tx.PairOf(id)
	switch {
	case err != nil:
		return err
	case found && r.Sender != a.by.UserID && r.Recipient == a.by.UserID:
		return protocol.Refuse(protocol.Forbidden)
	case !found || r.Sender != a.by.UserID:
		return protocol.Refuse(protocol.InvitationNotFound)
	}
	t, r, err := a.openWith(r, both)
	if err != nil {
		return err
	}
	switch {
	case r.Fate == FateWithdrawn && open:
		return nil
	case r.ByAddress && r.Fate != FateAccepted:
		return t.withdrawFromAddress(r)
	}
	return t.settle(t.apply(Event{Kind: Withdraw, By: t.side(a.by.UserID), ID: id}))
}

// withdrawFromAddress takes back an invitation to an address. Nothing in the answer tells whether anybody owns it.
func (t *turn) withdrawFromAddress(r Record) error {
	if r.Fate == Open {
		out, err := t.apply(Event{Kind: Withdraw, By: t.side(r.Sender), ID: r.ID})
		t.result = result{Relation: relationNote{State: protocol.RelationNone}, Unchanged: out.Unchanged}
		return err
	}
	newer, found, err := t.openToAddress(r.Target)
	if err != nil {
		return err
	}
	if found {
		n := relationNote{State: protocol.RelationSent, Invitation: newer.note(newer.Sender)}
		return protocol.Refuse(protocol.StaleInvitation).WithRelation(t.relation(r.Sender, n))
	}
	t.result = result{Relation: relationNote{State: protocol.RelationNone}, Unchanged: true}
	return nil
}
