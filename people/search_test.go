package people_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// search reads all pages of a query.
func search(t *testing.T, w *world, query string, limit int) []string {
	got, cursor := []string{}, ""
	for {
		r, err := w.service().Search(t.Context(), "me", protocol.PeopleSearchParams{Query: query, Page: protocol.Page{Cursor: cursor, Limit: &limit}})
		require.NoError(t, err)
		require.NotNil(t, r.People)
		require.LessOrEqual(t, len(r.People), limit)
		got = append(got, ids(r.People)...)
		if cursor = r.NextCursor; cursor == "" {
			return got
		}
		require.NotEmpty(t, r.People)
	}
}

func TestHitsCarryRelationAndPresence(t *testing.T) {
	w := newWorld("ada", "bob", "cem")
	sent := protocol.Relation{State: protocol.RelationSent, Invitation: &protocol.Invitation{ID: "i1"}}
	w.relations["ada"] = sent
	w.relations["bob"] = protocol.Relation{State: protocol.RelationBlocked}
	w.show("ada", protocol.StatusAway)
	r, err := w.service().Search(t.Context(), "me", protocol.PeopleSearchParams{Query: "ab"})
	require.NoError(t, err)
	require.Equal(t, []string{"ada", "bob", "cem"}, ids(r.People))
	require.Equal(t, sent, r.People[0].Relation, "so that it can be withdrawn from here")
	require.Equal(t, protocol.StatusAway, r.People[0].Presence.Status)
	require.Equal(t, protocol.RelationBlocked, r.People[1].Relation.State)
	require.Equal(t, protocol.RelationNone, r.People[2].Relation.State)
	require.Nil(t, r.People[2].Presence)
	require.Nil(t, r.People[2].Member)
	require.Equal(t, map[string]protocol.RelationState{"ada": protocol.RelationSent, "bob": protocol.RelationBlocked, "cem": protocol.RelationNone}, w.asked)
}

func TestOwnInvitationToAnAddressIsFoundWithoutItsOwner(t *testing.T) {
	w := newWorld("ada", "bob")
	open := protocol.Relation{State: protocol.RelationSent, Invitation: &protocol.Invitation{ID: "i1", Address: "Ada@x.org"}}
	w.open["ada@x.org"] = open
	r, err := w.service().Search(t.Context(), "me", protocol.PeopleSearchParams{Query: "ADA@x.org"})
	require.NoError(t, err)
	require.Equal(t, protocol.Person{Address: "Ada@x.org", Relation: open}, r.People[0])
	for limit := 1; limit <= 4; limit++ {
		require.Equal(t, []string{"Ada@x.org", "ada", "bob"}, search(t, w, "ada@x.org", limit))
	}
	w.found = nil
	for limit := 1; limit <= 2; limit++ {
		require.Equal(t, []string{"Ada@x.org"}, search(t, w, "ada@x.org", limit))
	}
	require.Empty(t, search(t, w, "ada@x.or", 5))
}

func TestShortQueryIsRefused(t *testing.T) {
	w := newWorld("ada")
	_, err := w.service().Search(t.Context(), "me", protocol.PeopleSearchParams{Query: "a"})
	requireField(t, err, "query")
}

func TestQueryHasAtMostTwoHundredHits(t *testing.T) {
	w := newWorld()
	for i := range 300 {
		id := fmt.Sprintf("u%03d", i)
		w.users[id], w.found = protocol.User{ID: id, Name: id}, append(w.found, id)
	}
	for _, limit := range []int{1, 7, 50, 199, 200} {
		require.Equal(t, w.found[:200], search(t, w, "u0", limit), limit)
	}
	w.open["u0"] = protocol.Relation{State: protocol.RelationSent}
	for _, limit := range []int{1, 7, 200} {
		require.Equal(t, append([]string{"u0"}, w.found[:199]...), search(t, w, "u0", limit), limit)
	}
}

func TestRecentPeopleAreRows(t *testing.T) {
	w := newWorld("ada", "bob", "cem")
	w.relations["bob"] = protocol.Relation{State: protocol.RelationConnected}
	got, cursor := []string{}, ""
	for {
		r, err := w.service().Recent(t.Context(), "me", protocol.Page{Cursor: cursor, Limit: ptr(2)})
		require.NoError(t, err)
		got = append(got, ids(r.People)...)
		if cursor = r.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"ada", "bob", "cem"}, got)
	w.found = nil
	r, err := w.service().Recent(t.Context(), "me", protocol.Page{})
	require.NoError(t, err)
	require.Equal(t, protocol.PeopleResult{People: []protocol.Person{}}, r)
}
