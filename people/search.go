package people

import (
	"context"

	"foyer/protocol"
)

// hitsMax is how many hits a query has at most, however many pages they are read in.
const hitsMax = 200

// Search returns a page of whom a query finds: the caller's own open invitation to the exact address that it is, as
// a row without a user, then users. Errors: -32602 for a query of fewer than 2 characters, a limit or a cursor.
func (s *Service) Search(ctx context.Context, viewer string, p protocol.PeopleSearchParams) (protocol.PeopleResult, error) {
	of := list("search", p.Query)
	start, limit, err := open(p.Page, of)
	if err != nil {
		return protocol.PeopleResult{}, err
	}
	next := cursor{Of: of}
	if start != nil {
		next = *start
	}
	limit = min(limit, hitsMax-next.Served)
	if limit <= 0 {
		return protocol.PeopleResult{}, errCursor
	}
	people := []protocol.Person{}
	if start == nil {
		if people, err = s.openInvitation(ctx, viewer, p.Query); err != nil {
			return protocol.PeopleResult{}, err
		}
	}
	// One more is looked for than fits when nothing does: a query that is too short is refused all the same.
	users, place, err := s.s.Directory.Search(ctx, viewer, p.Query, next.Place, max(limit-len(people), 1))
	if err != nil {
		return protocol.PeopleResult{}, err
	}
	more := place != ""
	if len(people) == limit {
		users, place, more = nil, "", len(users) > 0
	}
	found := persons(users)
	if err := s.rows(ctx, viewer, found); err != nil {
		return protocol.PeopleResult{}, err
	}
	result := protocol.PeopleResult{People: append(people, found...)}
	next.Place, next.Served = place, next.Served+len(result.People)
	if more && next.Served < hitsMax {
		result.NextCursor = next.String()
	}
	return result, nil
}

// openInvitation returns the row of viewer's own open invitation to an address, if query is one.
func (s *Service) openInvitation(ctx context.Context, viewer, query string) ([]protocol.Person, error) {
	r, err := s.s.Pairs.RelationToAddress(ctx, viewer, query)
	if err != nil || r == nil {
		return []protocol.Person{}, err
	}
	row := protocol.Person{Address: query, Relation: *r}
	if r.Invitation != nil && r.Invitation.Address != "" {
		row.Address = r.Invitation.Address
	}
	return []protocol.Person{row}, nil
}

// Recent returns a page of those whom the caller met in sessions lately, the last met first. Errors: -32602 for a
// limit or a cursor.
func (s *Service) Recent(ctx context.Context, viewer string, p protocol.Page) (protocol.PeopleResult, error) {
	of := list("recent")
	start, limit, err := open(p, of)
	if err != nil {
		return protocol.PeopleResult{}, err
	}
	next := cursor{Of: of}
	if start != nil {
		next = *start
	}
	users, place, err := s.s.Directory.Recent(ctx, viewer, next.Place, limit)
	if err != nil {
		return protocol.PeopleResult{}, err
	}
	result := protocol.PeopleResult{People: persons(users)}
	if err := s.rows(ctx, viewer, result.People); err != nil {
		return protocol.PeopleResult{}, err
	}
	if next.Place = place; place != "" {
		result.NextCursor = next.String()
	}
	return result, nil
}
