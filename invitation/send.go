package invitation

import (
	"context"
	"errors"
	"slices"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// Send invites p.To. It answers the open invitation, unchanged, if there is one, and connects if the other one
// invited first. The refusals, in order: cannot_invite_self, user_not_found, session_not_found, already_connected,
// unblock_first, not_accepting_invitations, shared_session_required, email_required, reinvite_cooldown,
// invitation_limit, too_many_outstanding. An invitation to an address is refused for the sender's own limits only,
// and with feature_unavailable.
func (s *Service) Send(ctx context.Context, by Call, p protocol.InvitationSendParams) (protocol.InvitationSendResult, Effects, error) {
	if e := protocol.CheckMessage(p.Message, s.config.MessageLength); e != nil {
		return protocol.InvitationSendResult{}, Effects{}, e
	}
	work := func(a *act) error { return a.sendToUser(p) }
	if p.To.Email != "" || p.To.Phone != "" {
		to, err := s.addressed(by, p)
		if err != nil {
			return protocol.InvitationSendResult{}, Effects{}, err
		}
		work = func(a *act) error { return a.sendToAddress(to) }
	}
	j, effects, err := s.do(ctx, by, protocol.MethodInvitationSend, work)
	if err != nil {
		return protocol.InvitationSendResult{}, effects, err
	}
	return protocol.InvitationSendResult{Relation: j.relation, Invitation: j.invitation, Unchanged: j.Unchanged}, effects, nil
}

// draft returns a new invitation of the caller's, open and not yet shown to anybody.
func (a *act) draft(p protocol.InvitationSendParams) Record {
	return Record{
		Offer:  Offer{ID: a.newID(), ExpiresAt: a.now + a.config.Expiry.Milliseconds()},
		Sender: a.by.UserID, Channel: protocol.ChannelInApp, Message: p.Message, SessionID: p.SessionID, SentAt: a.now,
		fresh: true,
	}
}

func (a *act) sendToUser(p protocol.InvitationSendParams) error {
	id := p.To.UserID
	if id == "" {
		var err error
		if id, err = a.tx.UserByUsername(p.To.Username); err != nil {
			return err
		}
	}
	switch id {
	case a.by.UserID:
		return protocol.Refuse(protocol.CannotInviteSelf)
	case "":
		return protocol.Refuse(protocol.UserNotFound)
	}
	t, err := a.openToInvite(id)
	if err != nil {
		return err
	}
	if err := a.checkSession(p.SessionID); err != nil {
		return err
	}
	r := a.draft(p)
	r.Recipient, r.Target = id, TargetUser(id)
	return t.invite(r)
}

// invite lets the caller invite the other one of the pair, if that may be.
func (t *turn) invite(r Record) error {
	if err := t.expireDue(); err != nil {
		return err
	}
	from, d := t.side(r.Sender), t.decider()
	d.tally = t.tally
	hide, err := d.maySend(t.pair, from, t.people[from], t.people[from.Other()])
	if err != nil {
		return t.withRelation(err)
	}
	t.records[r.ID] = r
	out, err := t.apply(Event{Kind: Invite, By: from, ID: r.ID, ExpiresAt: r.ExpiresAt, Hide: hide})
	switch {
	case err != nil:
		return err
	case out.Refusal != "":
		return t.refuse(out.Refusal)
	}
	t.result = result{Relation: t.standing(r.Sender), Unchanged: out.Unchanged}
	t.result.Invitation = t.result.Relation.Invitation
	return nil
}

// addressed returns the draft of an invitation to an address. Its id and times are not yet set.
func (s *Service) addressed(by Call, p protocol.InvitationSendParams) (Record, error) {
	feature, field := FeatureEmail, "to.email"
	r := Record{Address: p.To.Email, Channel: protocol.ChannelEmail, Message: p.Message, SessionID: p.SessionID}
	key := fold.Address(p.To.Email)
	r.Target = TargetEmail(key)
	if p.To.Email == "" {
		feature, field = FeatureSMS, "to.phone"
		r.Address, r.Channel = p.To.Phone, protocol.ChannelSMS
		key = fold.Phone(p.To.Phone)
		r.Target = TargetPhone(key)
	}
	switch {
	case key == "":
		return Record{}, protocol.InvalidParams(field, "must be an address that messages can be sent to")
	case !s.allowed(by, feature):
		return Record{}, protocol.Refuse(protocol.FeatureUnavailable)
	}
	return r, nil
}

// sendToAddress does the same whether or not anybody known owns the address.
func (a *act) sendToAddress(to Record) error {
	t, err := a.openUnclaimed(Record{Sender: a.by.UserID})
	if err != nil {
		return err
	}
	own, err := a.tx.Targets(a.by.UserID, false)
	if err != nil {
		return err
	}
	if slices.Contains(own, to.Target) {
		return protocol.Refuse(protocol.CannotInviteSelf)
	}
	if err := a.checkSession(to.SessionID); err != nil {
		return err
	}
	open, found, err := a.openToAddress(to.Target)
	if err != nil {
		return err
	}
	if found {
		a.result = addressResult(open, true)
		return nil
	}
	if _, err := a.decider().withinLimits(TallyQuery{Sender: a.by.UserID, Target: to.Target}); err != nil {
		return t.withRelation(err)
	}
	r := a.draft(protocol.InvitationSendParams{Message: to.Message, SessionID: to.SessionID})
	r.Target, r.Address, r.Channel = to.Target, to.Address, to.Channel
	a.records[r.ID] = r
	if _, err := t.apply(Event{Kind: Address, By: Lo, ID: r.ID, ExpiresAt: r.ExpiresAt}); err != nil {
		return err
	}
	if err := a.tx.PutLetter(Letter{InvitationID: r.ID, DueAt: a.now + a.config.MailHold.Milliseconds()}); err != nil {
		return err
	}
	a.effects.Addressed = append(a.effects.Addressed, to.Target)
	a.result = addressResult(a.records[r.ID], false)
	return nil
}

// openToAddress returns the caller's open invitation to a target. One whose time is over expires.
func (a *act) openToAddress(target string) (Record, bool, error) {
	r, found, err := a.tx.OpenTo(a.by.UserID, target)
	if err != nil || !found {
		return r, false, err
	}
	if r.ExpiresAt > a.now {
		a.records[r.ID] = r
		return r, true, nil
	}
	t, _, err := a.openFor(r)
	if err != nil {
		return r, false, err
	}
	return r, false, t.expireDue()
}

// addressResult is an open invitation to an address, as its sender is answered: a relation to the address, and to
// nobody known.
func addressResult(r Record, unchanged bool) result {
	n := r.note(r.Sender)
	return result{Relation: relationNote{State: protocol.RelationSent, Invitation: n}, Invitation: n, Unchanged: unchanged}
}

func (a *act) decider() decider { return decider{config: a.config, tx: a.tx, now: a.now} }

// checkSession refuses a session that doesn't exist.
func (a *act) checkSession(id string) error {
	if id == "" {
		return nil
	}
	exists, err := a.tx.SessionExists(id)
	if err == nil && !exists {
		return protocol.Refuse(protocol.SessionNotFound)
	}
	return err
}

// expireDue ends what is due before the caller's act is judged.
func (t *turn) expireDue() error {
	if !t.pair.due(t.now) {
		return nil
	}
	t.tally = nil
	_, err := t.apply(Event{Kind: Expire})
	return err
}

// withRelation adds the relation as the caller now sees it to a conflict.
func (t *turn) withRelation(err error) error {
	var e *protocol.Error
	if !errors.As(err, &e) || e.Code != protocol.CodeConflict {
		return err
	}
	n := relationNote{State: protocol.RelationNone}
	if t.ids[Hi] != "" {
		n = t.standing(t.by.UserID)
	}
	if err := t.need(t.by.UserID, []relationNote{n}); err != nil {
		return err
	}
	return e.WithRelation(t.relation(t.by.UserID, n))
}
