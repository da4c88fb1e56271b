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
	pair := Standing{Relation: protocol.Relation{State: protocol.RelationSelf}}
	if target != viewer.UserID {
		if pair, err = s.s.Pairs.Standing(ctx, viewer.UserID, target); err != nil {
			return none, time.Time{}, err
		}
	}
	company, err := s.s.Sessions.Company(ctx, viewer.UserID, target)
	if err != nil {
		return none, time.Time{}, err
	}
	seen, err := s.s.Presences.Presences(ctx, viewer.UserID, map[string]protocol.RelationState{target: pair.Relation.State})
	if err != nil {
		return none, time.Time{}, err
	}
	p.focus.Person.Relation, p.focus.Person.Member = pair.Relation, company.Member
	if v, ok := seen[target]; ok {
		p.focus.Person.Presence = &v.Presence
		p.wake(v.Next)
	}
	if target != viewer.UserID {
		p.offer(pair.Next, pair.Actions...)
		if err := s.joinAction(ctx, viewer, &p); err != nil {
			return none, time.Time{}, err
		}
		p.offer(company.Next, company.Actions...)
	}
	return p.focus, p.next, nil
}

// joinAction offers to join the session that the person is seen in.
func (s *Service) joinAction(ctx context.Context, viewer Viewer, p *panel) error {
	seen := p.focus.Person.Presence
	if seen == nil || seen.Session == nil {
		return nil
	}
	a, err := s.s.Sessions.JoinAction(ctx, viewer, seen.Session.ID)
	if err != nil {
		return err
	}
	p.offer(time.Time{}, a)
	return nil
}

// panel is a focus panel being put together.
type panel struct {
	now   time.Time
	focus protocol.Focus
	next  time.Time // when it will look different by itself
}

// offer lists actions that change by themselves at next, and each when it can be tried again.
func (p *panel) offer(next time.Time, actions ...protocol.Action) {
	p.wake(next)
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
