package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/store"
	"foyer/session"
)

// Sessions checks that a database keeps sessions, bans, stays and saved members as the session room needs it.
func Sessions(t *testing.T, open func(t *testing.T) *store.Store) {
	for name, test := range map[string]func(*testing.T, session.Store){
		"what was created is what is read":             createdIsRead,
		"an unknown session is not there":              unknownSession,
		"sessions of one user are limited":             sessionLimit,
		"sessions at once never exceed the limit":      sessionLimitAtOnce,
		"an op_id creates one session":                 createOperation,
		"a change is kept, and raises rules if needed": changeSession,
		"a change that is refused or none is not kept": changeNothing,
		"a deleted session is gone with its bans":      deleteSession,
		"the list is newest first and pages":           listPages,
		"the list hides private ones and bans":         listHides,
		"the list finds names and their words":         listFinds,
		"sessions are found by id or as passing":       findSessions,
		"a ban stands until it is lifted":              bans,
		"bans are limited and page":                    banPages,
		"a stay is opened and ended":                   stays,
		"stays left open by a crash end at its time":   recoverStays,
		"old stays are forgotten":                      purgeStays,
		"stays that last are paged by their beginning": openStays,
		"members are saved and taken once":             savedMembers,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			test(t, s.Sessions())
		})
	}
}

func sessionRecord(id string, at int64) session.Record {
	return session.Record{
		ID: id, Name: "Café " + id, Visibility: protocol.VisibilityPublic, Capacity: 50, Metadata: json.RawMessage(`{"map":"attic"}`),
		TickHz: 20, CreatedAt: at, Creator: "ada", Heir: true, RulesRev: 1,
	}
}

func createSession(t *testing.T, s session.Store, r session.Record) session.Record {
	t.Helper()
	id, err := s.Create(t.Context(), r, session.Operation{}, 0)
	require.NoError(t, err)
	require.Equal(t, r.ID, id)
	return r
}

func lookup(t *testing.T, s session.Store, id string) session.Record {
	t.Helper()
	l, found, err := s.Lookup(t.Context(), id, "nobody")
	require.NoError(t, err)
	require.True(t, found)
	require.Zero(t, l.User)
	return l.Record
}

func createdIsRead(t *testing.T, s session.Store) {
	r := sessionRecord("a", 10)
	r.Locked, r.Persistent, r.PasswordHash, r.Visibility = true, true, "hash", protocol.VisibilityPrivate
	createSession(t, s, r)
	require.Equal(t, r, lookup(t, s, "a"))
	api := sessionRecord("b", 11)
	api.Creator, api.Heir = "", false
	createSession(t, s, api)
	require.Equal(t, api, lookup(t, s, "b"))
}

func unknownSession(t *testing.T, s session.Store) {
	l, found, err := s.Lookup(t.Context(), "none", "ada")
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, l)
	gone := protocol.Refuse(protocol.SessionNotFound)
	_, err = s.Change(t.Context(), "none", func(*session.Record) (bool, error) { return true, nil })
	require.ErrorIs(t, err, gone)
	_, err = s.Ban(t.Context(), session.Ban{SessionID: "none", UserID: "ben"}, 10)
	require.ErrorIs(t, err, gone)
	_, err = s.Unban(t.Context(), "none", "ben")
	require.ErrorIs(t, err, gone)
	require.NoError(t, s.Delete(t.Context(), "none"))
}

func sessionLimit(t *testing.T, s session.Store) {
	for i := range 2 {
		_, err := s.Create(t.Context(), sessionRecord(fmt.Sprint(i), 1), session.Operation{}, 2)
		require.NoError(t, err)
	}
	_, err := s.Create(t.Context(), sessionRecord("2", 1), session.Operation{}, 2)
	require.ErrorIs(t, err, protocol.Refuse(protocol.SessionLimit))
	other := sessionRecord("3", 1)
	other.Creator = "ben"
	_, err = s.Create(t.Context(), other, session.Operation{}, 2)
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), "0"))
	_, err = s.Create(t.Context(), sessionRecord("4", 1), session.Operation{}, 2)
	require.NoError(t, err, "an ended session counts no more")
}

func sessionLimitAtOnce(t *testing.T, s session.Store) {
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.Create(t.Context(), sessionRecord(fmt.Sprint(i), 1), session.Operation{}, 5)
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		require.ErrorIs(t, err, protocol.Refuse(protocol.SessionLimit))
	}
	require.Equal(t, 5, made)
}

func createOperation(t *testing.T, s session.Store) {
	op := session.Operation{UserID: "ada", OpID: "o1", Method: protocol.MethodSessionCreate, Digest: "d"}
	id, err := s.Create(t.Context(), sessionRecord("a", 1000), op, 1)
	require.NoError(t, err)
	require.Equal(t, "a", id)
	id, err = s.Create(t.Context(), sessionRecord("b", 2000), op, 1)
	require.NoError(t, err)
	require.Equal(t, "a", id, "the same op_id is the same session, whatever the limit")
	_, found, err := s.Lookup(t.Context(), "b", "ada")
	require.NoError(t, err)
	require.False(t, found)

	other := op
	other.Digest = "other params"
	_, err = s.Create(t.Context(), sessionRecord("c", 3000), other, 9)
	require.ErrorIs(t, err, protocol.Refuse(protocol.OpIDConflict))
	refused := op
	refused.OpID = "o2"
	_, err = s.Create(t.Context(), sessionRecord("d", 4000), refused, 1)
	require.ErrorIs(t, err, protocol.Refuse(protocol.SessionLimit))
	_, err = s.Create(t.Context(), sessionRecord("d", 5000), refused, 2)
	require.NoError(t, err, "a refusal is decided anew")
}

func changeSession(t *testing.T, s session.Store) {
	createSession(t, s, sessionRecord("a", 1))
	for _, c := range []struct {
		what   string
		change func(*session.Record)
		raises bool
	}{
		{"name", func(r *session.Record) { r.Name = "New name" }, false},
		{"metadata", func(r *session.Record) { r.Metadata = json.RawMessage(`{"x":1}`) }, false},
		{"capacity", func(r *session.Record) { r.Capacity = 7 }, true},
		{"lock", func(r *session.Record) { r.Locked = true }, true},
		{"password", func(r *session.Record) { r.PasswordHash = "h" }, true},
		{"visibility", func(r *session.Record) { r.Visibility = protocol.VisibilityConnections }, true},
	} {
		before := lookup(t, s, "a")
		got, err := s.Change(t.Context(), "a", func(r *session.Record) (bool, error) { c.change(r); return true, nil })
		require.NoError(t, err, c.what)
		c.change(&before)
		if c.raises {
			before.RulesRev++
		}
		require.Equal(t, before, got, c.what)
		require.Equal(t, got, lookup(t, s, "a"), c.what)
	}
}

func changeNothing(t *testing.T, s session.Store) {
	r := createSession(t, s, sessionRecord("a", 1))
	got, err := s.Change(t.Context(), "a", func(*session.Record) (bool, error) { return false, nil })
	require.NoError(t, err)
	require.Equal(t, r, got)
	refusal := protocol.Refuse(protocol.Forbidden)
	_, err = s.Change(t.Context(), "a", func(r *session.Record) (bool, error) { r.Name = "x"; return true, refusal })
	require.ErrorIs(t, err, refusal)
	require.Equal(t, r, lookup(t, s, "a"))
}

func deleteSession(t *testing.T, s session.Store) {
	createSession(t, s, sessionRecord("a", 1))
	_, err := s.Ban(t.Context(), session.Ban{SessionID: "a", UserID: "ben", By: "ada", At: 2}, 10)
	require.NoError(t, err)
	require.NoError(t, s.Delete(t.Context(), "a"))
	require.NoError(t, s.Delete(t.Context(), "a"))
	_, found, err := s.Lookup(t.Context(), "a", "ben")
	require.NoError(t, err)
	require.False(t, found)
	users, err := s.Banned(t.Context(), "a", session.Position{}, 10)
	require.NoError(t, err)
	require.Empty(t, users)
}

func ids(records []session.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

func list(t *testing.T, s session.Store, q session.ListQuery) []string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	records, err := s.List(t.Context(), q)
	require.NoError(t, err)
	return ids(records)
}

func listPages(t *testing.T, s session.Store) {
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		createSession(t, s, sessionRecord(id, int64(1000+i/2)))
	}
	require.Equal(t, []string{"e", "d", "c", "b", "a"}, list(t, s, session.ListQuery{}))
	require.Equal(t, []string{"e", "d"}, list(t, s, session.ListQuery{Limit: 2}))
	after := session.Position{At: 1001, ID: "d"}
	createSession(t, s, sessionRecord("f", 2000))
	require.NoError(t, s.Delete(t.Context(), "d"))
	require.Equal(t, []string{"c", "b"}, list(t, s, session.ListQuery{After: after, Limit: 2}), "a page begins where the one before ended, whatever changed")
}

func listHides(t *testing.T, s session.Store) {
	createSession(t, s, sessionRecord("open", 1))
	private, friends := sessionRecord("private", 2), sessionRecord("friends", 3)
	private.Visibility, friends.Visibility = protocol.VisibilityPrivate, protocol.VisibilityConnections
	createSession(t, s, private)
	createSession(t, s, friends)
	require.Equal(t, []string{"friends", "open"}, list(t, s, session.ListQuery{Viewer: "ben"}))
	_, err := s.Ban(t.Context(), session.Ban{SessionID: "open", UserID: "ben", By: "ada", At: 2}, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"friends"}, list(t, s, session.ListQuery{Viewer: "ben"}))
	require.Equal(t, []string{"friends", "open"}, list(t, s, session.ListQuery{Viewer: "cem"}))
}

func listFinds(t *testing.T, s session.Store) {
	for i, name := range []string{"Café Élan", "Attic-Party 50%", "under_score", `back\slash`} {
		r := sessionRecord(fmt.Sprint(i), int64(i))
		r.Name = name
		createSession(t, s, r)
	}
	for query, want := range map[string][]string{
		"cafe": {"0"}, "cafe e": {"0"}, "elan": {"0"}, "lan": {}, "party": {"1"}, "50%": {"1"}, "%": {}, "_": {},
		"under_": {"2"}, "underx": {}, `back\`: {"3"}, "": {"3", "2", "1", "0"},
	} {
		require.Equal(t, want, list(t, s, session.ListQuery{Name: query}), query)
	}
	_, err := s.Change(t.Context(), "0", func(r *session.Record) (bool, error) { r.Name = "Garden"; return true, nil })
	require.NoError(t, err)
	require.Equal(t, []string{"0"}, list(t, s, session.ListQuery{Name: "gard"}))
	require.Empty(t, list(t, s, session.ListQuery{Name: "cafe"}))
}

func findSessions(t *testing.T, s session.Store) {
	createSession(t, s, sessionRecord("a", 1))
	stays := sessionRecord("b", 2)
	stays.Persistent = true
	createSession(t, s, stays)
	found, err := s.Find(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, ids(found))
	found, err = s.Find(t.Context(), []string{"b", "none", "a"})
	require.NoError(t, err)
	require.Equal(t, []string{"b", "a"}, ids(found))
}
