package people

import (
	"context"
	"time"

	"foyer/protocol"
)

// Focus returns all that viewer's panel of a person shows, and when it will look different though nothing happens
// (zero: never): the runtime makes it anew then, and after each change of the pair, either profile, presence or
// members, and tells the device if it differs. It returns user_not_found.
func (s *Service) Focus(ctx context.Context, viewer Viewer, target string) (protocol.Focus, time.Time, error) {
	var none protocol.Focus
	users, err := s.s.Directory.Profiles(ctx, target)
	if err != nil {
		return none, time.Time{}, err
	}
	user, ok := users[target]
	if !ok {
		return none, time.Time{}, protocol.Refuse(protocol.UserNotFound)
	}
	p := panel{now: s.s.Now(), focus: protocol.Focus{Person: protocol.Person{User: &user}, Actions: []protocol.Action{}}}
	for _, add := range []func(context.Context, Viewer, *panel) error{s.addPair, s.addPresenceOf, s.addJoin, s.addMember} {
		if err := add(ctx, viewer, &p); err != nil {
			return none, time.Time{}, err
		}
	}
	return p.focus, p.next, nil
}

// addPair adds the relation and what can be done about it.
func (s *Service) addPair(ctx context.Context, viewer Viewer, p *panel) error {
	if p.target() == viewer.UserID {
		p.focus.Person.Relation = protocol.Relation{State: protocol.RelationSelf}
		return nil
	}
	pair, err := s.s.Pairs.Standing(ctx, viewer.UserID, p.target())
	if err != nil {
		return err
	}
	p.focus.Person.Relation = pair.Relation
	p.wake(pair.Next)
	p.offer(pair.Actions...)
	return nil
}

// addPresenceOf adds what viewer sees of the person's presence.
func (s *Service) addPresenceOf(ctx context.Context, viewer Viewer, p *panel) error {
	states := map[string]protocol.RelationState{p.target(): p.focus.Person.Relation.State}
	seen, err := s.s.Presences.Presences(ctx, viewer.UserID, states)
	if err != nil {
		return err
	}
	if v, ok := seen[p.target()]; ok {
		p.focus.Person.Presence = &v.Presence
		p.wake(v.Next)
	}
	return nil
}

// addJoin offers to join the session that the person is seen in.
func (s *Service) addJoin(ctx context.Context, viewer Viewer, p *panel) error {
	seen := p.focus.Person.Presence
	if seen == nil || seen.Session == nil || p.target() == viewer.UserID {
		return nil
	}
	refusal, err := s.s.Sessions.MayJoin(ctx, viewer, seen.Session.ID)
	if err != nil {
		return err
	}
	p.offer(action(protocol.ActionJoinSession, refusal))
	return nil
}

// addMember adds the person as a member of the session that viewer is in, and what a host or cohost could do there.
func (s *Service) addMember(ctx context.Context, viewer Viewer, p *panel) error {
	_, m, shared, err := s.s.Sessions.SharedMember(ctx, viewer.UserID, p.target())
	if err != nil {
		return err
	}
	if shared {
		p.focus.Person.Member = &m
	}
	if p.target() == viewer.UserID {
		return nil
	}
	permissions, until, err := s.s.Sessions.Permissions(ctx, viewer.UserID, p.target())
	if err != nil {
		return err
	}
	if until != 0 {
		p.wake(time.UnixMilli(until).UTC())
	}
	for _, may := range permissions {
		p.offer(action(may.Action, may.Refusal))
	}
	return nil
}

// action is enabled unless there is a refusal, whose reason and time it then has.
func action(name protocol.ActionName, refusal *protocol.Error) protocol.Action {
	if refusal == nil {
		return protocol.Action{Action: name, Enabled: true}
	}
	a := protocol.Action{Action: name, Reason: refusal.Reason()}
	if refusal.Data != nil {
		a.RetryAt = refusal.Data.RetryAt
	}
	return a
}

// panel is a focus panel being put together.
type panel struct {
	now   time.Time
	focus protocol.Focus
	next  time.Time // when it will look different by itself
}

// target is whose panel it is.
func (p *panel) target() string { return p.focus.Person.User.ID }

// offer lists actions. The panel changes when one of them can be tried again.
func (p *panel) offer(actions ...protocol.Action) {
	for _, a := range actions {
		if a.RetryAt != nil {
			p.wake(a.RetryAt.Time)
		}
	}
	p.focus.Actions = append(p.focus.Actions, actions...)
}

// wake makes sure that the panel is made anew at t, unless t is over.
func (p *panel) wake(t time.Time) {
	if t.After(p.now) && (p.next.IsZero() || t.Before(p.next)) {
		p.next = t
	}
}
