package people

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"foyer/protocol"
	"foyer/protocol/fold"
)

// place is where a row stands in the order of its list; no two rows are alike.
type place struct {
	rank     int64
	name, id string
}

func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
}

// placed is a person in an order.
type placed struct {
	place
	person protocol.Person
}

// page sorts rows and returns those of one page, with the cursor of the next if there is one.
func page(rows []placed, of uint32, start *cursor, limit int) (people []protocol.Person, next string) {
	slices.SortFunc(rows, func(a, b placed) int { return compare(a.place, b.place) })
	if start != nil {
		from := place{start.Rank, start.Name, start.ID}
		i, exact := slices.BinarySearchFunc(rows, from, func(r placed, p place) int { return compare(r.place, p) })
		if exact {
			i++
		}
		rows = rows[i:]
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1].place
		next = cursor{Of: of, Rank: last.rank, Name: last.name, ID: last.id}.String()
	}
	people = make([]protocol.Person, len(rows))
	for i, r := range rows {
		people[i] = r.person
	}
	return people, next
}

// InSession returns a page of a session's members. Errors: not_in_session unless the caller is one of them, -32602
// for a limit, a cursor or an order.
func (s *Service) InSession(ctx context.Context, viewer string, p protocol.PeopleInSessionParams) (protocol.PeopleInSessionResult, error) {
	var none protocol.PeopleInSessionResult
	rank, ok := orders[p.Sort]
	if !ok {
		return none, protocol.InvalidParams("sort", "must be joined, name, role or device")
	}
	query := fold.Name(p.Query)
	of := list("in_session", p.SessionID, query, string(p.Sort))
	start, limit, err := open(p.Page, of)
	if err != nil {
		return none, err
	}
	members, err := s.s.Sessions.Members(ctx, viewer, p.SessionID)
	if errors.Is(err, protocol.Refuse(protocol.SessionNotFound)) {
		err = protocol.Refuse(protocol.NotInSession) // whether there is such a session is not for this list to tell
	}
	if err != nil {
		return none, err
	}
	rows := make([]placed, 0, len(members))
	for i := range members {
		m := &members[i]
		name := fold.Name(m.User.Name)
		if !strings.Contains(name, query) {
			continue
		}
		at := place{rank: rank(m), id: m.User.ID}
		if p.Sort != "" && p.Sort != protocol.SortJoined {
			at.name = name
		}
		rows = append(rows, placed{at, protocol.Person{User: &m.User, Member: m}})
	}
	result := protocol.PeopleInSessionResult{Total: len(rows)}
	result.People, result.NextCursor = page(rows, of, start, limit)
	return result, s.rows(ctx, viewer, result.People)
}

// orders has the rank of a member in each order; members of the same rank are ordered by name, and by id.
var orders = map[protocol.MemberSort]func(*protocol.Member) int64{
	"":                  joined,
	protocol.SortJoined: joined,
	protocol.SortName:   func(*protocol.Member) int64 { return 0 },
	protocol.SortRole:   func(m *protocol.Member) int64 { return position(roles, m.Role) },
	protocol.SortDevice: func(m *protocol.Member) int64 {
		first := int64(len(kinds)) + 1 // a member without a device comes last
		for _, k := range m.Devices {
			first = min(first, position(kinds, k))
		}
		return first
	},
}

func joined(m *protocol.Member) int64 { return m.JoinedAt.UnixMilli() }

var (
	roles = []protocol.Role{protocol.RoleHost, protocol.RoleCohost, protocol.RoleMember}
	kinds = []protocol.Kind{protocol.KindHeadset, protocol.KindDesktop, protocol.KindTablet, protocol.KindMobile, protocol.KindWeb, protocol.KindBot}
)

// position is v's place in list, after all of it for a stranger.
func position[T comparable](list []T, v T) int64 {
	if i := slices.Index(list, v); i >= 0 {
		return int64(i)
	}
	return int64(len(list))
}

// Connections returns a page of the caller's connections by name, with what is seen of them, or of those who are
// seen with a status. Errors: -32602 for a limit, a cursor or a status that nobody is seen with.
func (s *Service) Connections(ctx context.Context, viewer string, p protocol.ConnectionListParams) (protocol.ConnectionListResult, error) {
	var none protocol.ConnectionListResult
	switch p.Status {
	case "", protocol.StatusOnline, protocol.StatusAway, protocol.StatusBusy, protocol.StatusOffline:
	default:
		return none, protocol.InvalidParams("status", "must be online, away, busy or offline")
	}
	q := ConnectionQuery{Query: p.Query, Cursor: p.Cursor, Limit: limitDefault}
	if p.Limit != nil {
		q.Limit = *p.Limit
	}
	if q.Limit < 1 || q.Limit > limitMax {
		return none, errLimit
	}
	if p.Status != "" {
		only, err := s.withStatus(ctx, viewer, p.Status)
		if err != nil {
			return none, err
		}
		q.Only = func(userID string) bool { return only[userID] }
	}
	found, err := s.s.Connections.Connections(ctx, viewer, q)
	if err != nil {
		return none, err
	}
	result := protocol.ConnectionListResult{People: found.People, Total: found.Total, Rev: found.Rev, NextCursor: found.NextCursor}
	if result.People == nil {
		result.People = []protocol.Person{}
	}
	return result, s.addPresence(ctx, viewer, result.People)
}

// withStatus returns which of viewer's connections are seen with a status.
func (s *Service) withStatus(ctx context.Context, viewer string, status protocol.Status) (map[string]bool, error) {
	ids, err := s.s.Connections.ConnectionIDs(ctx, viewer)
	if err != nil {
		return nil, err
	}
	states := make(map[string]protocol.RelationState, len(ids))
	for _, id := range ids {
		states[id] = protocol.RelationConnected
	}
	seen, err := s.s.Presences.Presences(ctx, viewer, states)
	if err != nil {
		return nil, err
	}
	only := map[string]bool{}
	for id, v := range seen {
		only[id] = v.Presence.Status == status
	}
	return only, nil
}
