package people

import (
	"context"
	"time"

	"foyer/protocol"
)

// afterLeaving is how long someone who left can still be kicked or banned.
const afterLeaving = 10 * time.Minute

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
		p.pairActions(pair)
		if err := s.joinAction(ctx, viewer, &p); err != nil {
			return none, time.Time{}, err
		}
		p.sessionActions(company)
	}
	return p.focus, p.next, nil
}

// joinAction offers to join the session that the person is seen in.
func (s *Service) joinAction(ctx context.Context, viewer Viewer, p *panel) error {
	seen := p.focus.Person.Presence
	if seen == nil || seen.Session == nil {
		return nil
	}
	refusal, err := s.s.Sessions.JoinRefusal(ctx, viewer, seen.Session.ID)
	if err != nil {
		return err
	}
	p.offer(protocol.ActionJoinSession, refusal)
	return nil
}

// panel is a focus panel being put together.
type panel struct {
	now   time.Time
	focus protocol.Focus
	next  time.Time // when it will look different by itself
}

// pairActions lists what makes sense between the two, in a fixed order.
func (p *panel) pairActions(pair Standing) {
	for _, a := range pairActions(pair) {
		refusal := pair.Refused[a]
		if a == protocol.ActionUndoDecline {
			refusal = nil
		}
		p.offer(a, refusal)
	}
}

func pairActions(pair Standing) []protocol.ActionName {
	switch pair.Relation.State {
	case protocol.RelationSent:
		return []protocol.ActionName{protocol.ActionWithdraw, protocol.ActionBlock}
	case protocol.RelationReceived:
		return []protocol.ActionName{protocol.ActionAccept, protocol.ActionDecline, protocol.ActionBlock}
	case protocol.RelationConnected:
		return []protocol.ActionName{protocol.ActionRemoveConnection, protocol.ActionBlock}
	case protocol.RelationBlocked:
		return []protocol.ActionName{protocol.ActionUnblock}
	case protocol.RelationNone:
		if pair.Declined {
			return []protocol.ActionName{protocol.ActionInvite, protocol.ActionUndoDecline, protocol.ActionBlock}
		}
		return []protocol.ActionName{protocol.ActionInvite, protocol.ActionBlock}
	}
	return nil
}

// sessionActions lists what a host or cohost could do to the other one: all to a member, and to one who left a
// while ago only what keeps them out.
func (p *panel) sessionActions(c Company) {
	if c.Role != protocol.RoleHost && c.Role != protocol.RoleCohost {
		return
	}
	var actions []protocol.ActionName
	switch end := c.LeftAt.Add(afterLeaving); {
	case c.Member != nil:
		actions = []protocol.ActionName{protocol.ActionKick, protocol.ActionBan, protocol.ActionSetRole, protocol.ActionMute}
	case !c.LeftAt.IsZero() && p.now.Before(end):
		actions = []protocol.ActionName{protocol.ActionKick, protocol.ActionBan}
		p.wake(end)
	}
	for _, a := range actions {
		p.offer(a, c.Refused[a])
	}
}

// offer lists an action, enabled unless there is a refusal.
func (p *panel) offer(name protocol.ActionName, refusal *protocol.Error) {
	a := protocol.Action{Action: name, Enabled: refusal == nil}
	if refusal != nil {
		a.Reason = refusal.Reason()
		if refusal.Data != nil && refusal.Data.RetryAt != nil {
			a.RetryAt = refusal.Data.RetryAt
			p.wake(a.RetryAt.Time)
		}
	}
	p.focus.Actions = append(p.focus.Actions, a)
}

// wake makes sure that the panel is made anew at t, unless t is over.
func (p *panel) wake(t time.Time) {
	if t.After(p.now) && (p.next.IsZero() || t.Before(p.next)) {
		p.next = t
	}
}
