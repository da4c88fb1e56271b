package people_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/people"
	"foyer/protocol"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is everything that people looks at, and counts how often it is looked at.
type world struct {
	users       map[string]protocol.User
	found       []string // what any search finds, in order
	open        map[string]protocol.Relation
	relations   map[string]protocol.Relation
	standing    people.Standing
	members     map[string][]protocol.Member // by session
	permissions []people.Permission
	recentUntil int64
	joining     *protocol.Error
	seen        map[string]people.Seen
	asked       map[string]protocol.RelationState // by the last look at presences
	reads       int
}

func newWorld(names ...string) *world {
	w := &world{
		users: map[string]protocol.User{}, open: map[string]protocol.Relation{}, relations: map[string]protocol.Relation{},
		members: map[string][]protocol.Member{}, seen: map[string]people.Seen{},
	}
	for _, name := range names {
		w.users[name] = protocol.User{ID: name, Name: strings.ToUpper(name)}
		w.found = append(w.found, name)
	}
	return w
}

func (w *world) service() *people.Service {
	return people.New(people.Sources{Directory: w, Pairs: w, Connections: w, Sessions: w, Presences: w, Now: func() time.Time { return noon }})
}

func (w *world) Profiles(_ context.Context, ids ...string) (map[string]protocol.User, error) {
	w.reads++
	found := map[string]protocol.User{}
	for _, id := range ids {
		if u, ok := w.users[id]; ok {
			found[id] = u
		}
	}
	return found, nil
}

// Search finds all of found, whatever the query; a place is the id of the last one.
func (w *world) Search(_ context.Context, _, query, place string, n int) ([]protocol.User, string, error) {
	w.reads++
	if len(query) < 2 {
		return nil, "", protocol.InvalidParams("query", "is too short")
	}
	return w.from(place, n)
}

func (w *world) Recent(_ context.Context, _, place string, n int) ([]protocol.User, string, error) {
	w.reads++
	return w.from(place, n)
}

func (w *world) from(place string, n int) (users []protocol.User, next string, err error) {
	list := w.found
	if place != "" {
		list = list[slices.Index(list, place)+1:]
	}
	if len(list) > n {
		list, next = list[:n], list[n-1]
	}
	for _, id := range list {
		users = append(users, w.users[id])
	}
	return users, next, nil
}

func (w *world) Relations(_ context.Context, _ string, others []string) (map[string]protocol.Relation, error) {
	w.reads++
	found := map[string]protocol.Relation{}
	for _, id := range others {
		if r, ok := w.relations[id]; ok {
			found[id] = r
		}
	}
	return found, nil
}

func (w *world) RelationToAddress(_ context.Context, _, address string) (*protocol.Relation, error) {
	w.reads++
	if r, ok := w.open[strings.ToLower(address)]; ok {
		return &r, nil
	}
	return nil, nil
}

func (w *world) Standing(context.Context, string, string) (people.Standing, error) {
	w.reads++
	return w.standing, nil
}

func (w *world) ConnectionIDs(context.Context, string) ([]string, error) {
	w.reads++
	return w.found, nil
}

// Connections returns all that q keeps on one page.
func (w *world) Connections(_ context.Context, _ string, q people.ConnectionQuery) (people.ConnectionPage, error) {
	w.reads++
	page := people.ConnectionPage{Rev: 7, NextCursor: q.Cursor}
	for _, id := range w.found {
		if q.Only == nil || q.Only(id) {
			u := w.users[id]
			page.People = append(page.People, protocol.Person{User: &u, Relation: protocol.Relation{State: protocol.RelationConnected}})
		}
	}
	page.Total = len(page.People)
	return page, nil
}

func (w *world) Members(_ context.Context, viewer, sessionID string) ([]protocol.Member, error) {
	w.reads++
	members, ok := w.members[sessionID]
	switch {
	case !ok:
		return nil, protocol.Refuse(protocol.SessionNotFound)
	case !slices.ContainsFunc(members, func(m protocol.Member) bool { return m.User.ID == viewer }):
		return nil, protocol.Refuse(protocol.NotInSession)
	}
	return slices.Clone(members), nil
}

func (w *world) SharedMember(_ context.Context, viewer, target string) (string, protocol.Member, bool, error) {
	w.reads++
	for id, members := range w.members {
		in := slices.ContainsFunc(members, func(m protocol.Member) bool { return m.User.ID == viewer })
		i := slices.IndexFunc(members, func(m protocol.Member) bool { return m.User.ID == target })
		if in && i >= 0 {
			return id, members[i], true, nil
		}
	}
	return "", protocol.Member{}, false, nil
}

func (w *world) Permissions(context.Context, string, string) ([]people.Permission, int64, error) {
	w.reads++
	return w.permissions, w.recentUntil, nil
}

func (w *world) MayJoin(context.Context, people.Viewer, string) (*protocol.Error, error) {
	w.reads++
	return w.joining, nil
}

func (w *world) Presences(_ context.Context, _ string, others map[string]protocol.RelationState) (map[string]people.Seen, error) {
	w.reads++
	w.asked = others
	found := map[string]people.Seen{}
	for id := range others {
		if v, ok := w.seen[id]; ok {
			found[id] = v
		}
	}
	return found, nil
}

// join puts a member into session s.
func (w *world) join(id string, role protocol.Role, seconds int, devices ...protocol.Kind) {
	w.members["s"] = append(w.members["s"], protocol.Member{
		User: w.users[id], Role: role, Devices: append([]protocol.Kind{}, devices...), Attributes: protocol.Attributes{},
		JoinedAt: protocol.At(noon.Add(time.Duration(seconds) * time.Second)), Number: uint16(len(w.members["s"]) + 1),
	})
}

func (w *world) show(id string, status protocol.Status) {
	w.seen[id] = people.Seen{Presence: protocol.Presence{Status: status, Devices: []protocol.Kind{}}}
}

// ids lists rows by user, or by address where there is none.
func ids(rows []protocol.Person) []string {
	list := []string{}
	for _, p := range rows {
		if p.User == nil {
			list = append(list, p.Address)
			continue
		}
		list = append(list, p.User.ID)
	}
	return list
}

func ptr[T any](v T) *T { return &v }

func requireField(t *testing.T, err error, field string) {
	t.Helper()
	var refusal *protocol.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, protocol.CodeInvalidParams, refusal.Code)
	require.Equal(t, field, refusal.Data.Field)
}
