package people

import (
	"context"
	"time"

	"foyer/protocol"
)

// Service puts people together for those who look at them. It is safe for concurrent use.
type Service struct {
	s Sources
}

// Sources are what a Service looks things up in; all are needed.
type Sources struct {
	Directory   Directory
	Pairs       Pairs
	Connections Connections
	Sessions    Sessions
	Presences   Presences
	Now         func() time.Time
}

// New returns a Service on s.
func New(s Sources) *Service { return &Service{s} }

// rows adds relation and presence to people who have a User, in two reads.
func (s *Service) rows(ctx context.Context, viewer string, people []protocol.Person) error {
	if len(people) == 0 {
		return nil
	}
	ids := make([]string, 0, len(people))
	for _, p := range people {
		if p.User.ID != viewer {
			ids = append(ids, p.User.ID)
		}
	}
	relations, err := s.s.Pairs.Relations(ctx, viewer, ids)
	if err != nil {
		return err
	}
	for i := range people {
		id := people[i].User.ID
		r, ok := relations[id]
		switch {
		case id == viewer:
			r = protocol.Relation{State: protocol.RelationSelf}
		case !ok:
			r = protocol.Relation{State: protocol.RelationNone}
		}
		people[i].Relation = r
	}
	return s.addPresence(ctx, viewer, people)
}

// addPresence adds what viewer sees of people who have a User and a Relation, in one read.
func (s *Service) addPresence(ctx context.Context, viewer string, people []protocol.Person) error {
	if len(people) == 0 {
		return nil
	}
	states := make(map[string]protocol.RelationState, len(people))
	for _, p := range people {
		states[p.User.ID] = p.Relation.State
	}
	seen, err := s.s.Presences.Presences(ctx, viewer, states)
	if err != nil {
		return err
	}
	for i := range people {
		if v, ok := seen[people[i].User.ID]; ok {
			people[i].Presence = &v.Presence
		}
	}
	return nil
}

// persons makes a row of each user.
func persons(users []protocol.User) []protocol.Person {
	people := make([]protocol.Person, len(users))
	for i := range users {
		people[i].User = &users[i]
	}
	return people
}
