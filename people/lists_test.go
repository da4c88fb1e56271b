package people_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/people"
	"foyer/protocol"
)

func lobby() *world {
	w := newWorld("ada", "bob", "cem", "dora", "eve")
	w.users["cem"] = protocol.User{ID: "cem", Name: "Çem Işık"}
	w.users["eve"] = protocol.User{ID: "eve", Name: "Abe 100%_"}
	w.join("dora", protocol.RoleMember, 1, protocol.KindWeb)
	w.join("ada", protocol.RoleHost, 2, protocol.KindWeb, protocol.KindHeadset)
	w.join("eve", protocol.RoleCohost, 3)
	w.join("bob", protocol.RoleMember, 3, protocol.KindHeadset)
	w.join("cem", protocol.RoleMember, 5, protocol.KindMobile)
	return w
}

func TestSessionIsListedFilteredAndSorted(t *testing.T) {
	w := lobby()
	for _, c := range []struct {
		what  string
		query string
		sort  protocol.MemberSort
		want  []string
	}{
		{"in order of joining", "", "", []string{"dora", "ada", "bob", "eve", "cem"}},
		{"the same, asked for", "", protocol.SortJoined, []string{"dora", "ada", "bob", "eve", "cem"}},
		{"by name", "", protocol.SortName, []string{"eve", "ada", "bob", "cem", "dora"}},
		{"by role, then name", "", protocol.SortRole, []string{"ada", "eve", "bob", "cem", "dora"}},
		{"by device, then name", "", protocol.SortDevice, []string{"ada", "bob", "cem", "dora", "eve"}},
		{"the beginning of a name", "do", "", []string{"dora"}},
		{"any part of a name", "b", protocol.SortName, []string{"eve", "bob"}},
		{"without accents", "cem is", "", []string{"cem"}},
		{"with accents", "ÇEM IŞI", "", []string{"cem"}},
		{"percent is a letter", "%", "", []string{"eve"}},
		{"underscore is a letter", "_", "", []string{"eve"}},
		{"white space is nothing", "  ", "", []string{"dora", "ada", "bob", "eve", "cem"}},
		{"nobody", "zzz", "", []string{}},
	} {
		for limit := 1; limit <= 6; limit++ {
			got, cursor := []string{}, ""
			for {
				p := protocol.PeopleInSessionParams{SessionID: "s", Query: c.query, Sort: c.sort, Page: protocol.Page{Cursor: cursor, Limit: &limit}}
				r, err := w.service().InSession(t.Context(), "bob", p)
				require.NoError(t, err)
				require.Equal(t, len(c.want), r.Total, c.what)
				require.NotNil(t, r.People)
				got = append(got, ids(r.People)...)
				if cursor = r.NextCursor; cursor == "" {
					break
				}
			}
			require.Equal(t, c.want, got, "%s, %d on a page", c.what, limit)
		}
	}
}

func TestSessionRowsHaveWhatTheViewerSees(t *testing.T) {
	w := lobby()
	w.relations["ada"] = protocol.Relation{State: protocol.RelationSent}
	w.relations["eve"] = protocol.Relation{State: protocol.RelationBlocked}
	w.show("ada", protocol.StatusBusy)
	r, err := w.service().InSession(t.Context(), "bob", protocol.PeopleInSessionParams{SessionID: "s"})
	require.NoError(t, err)
	rows := map[string]protocol.Person{}
	for _, p := range r.People {
		rows[p.User.ID] = p
		require.NotNil(t, p.Member)
		require.Equal(t, p.User.ID, p.Member.User.ID)
	}
	require.Equal(t, protocol.RelationSent, rows["ada"].Relation.State)
	require.Equal(t, protocol.StatusBusy, rows["ada"].Presence.Status)
	require.Equal(t, protocol.RelationBlocked, rows["eve"].Relation.State, "whom I blocked is still a row")
	require.Nil(t, rows["eve"].Presence)
	require.Equal(t, protocol.RelationSelf, rows["bob"].Relation.State)
	require.Equal(t, protocol.RelationNone, rows["dora"].Relation.State)
	require.Equal(t, protocol.RoleCohost, rows["eve"].Member.Role)
}

func TestSessionIsForItsMembers(t *testing.T) {
	w := lobby()
	w.users["zoe"] = protocol.User{ID: "zoe"}
	for _, id := range []string{"s", "nowhere", ""} {
		_, err := w.service().InSession(t.Context(), "zoe", protocol.PeopleInSessionParams{SessionID: id})
		require.ErrorIs(t, err, protocol.Refuse(protocol.NotInSession), "the same, there or not")
	}
}

func TestPagesRefuseWhatTheyDontKnow(t *testing.T) {
	w := lobby()
	s := w.service()
	page, err := s.InSession(t.Context(), "bob", protocol.PeopleInSessionParams{SessionID: "s", Page: protocol.Page{Limit: ptr(2)}})
	require.NoError(t, err)
	for _, p := range []protocol.PeopleInSessionParams{
		{Page: protocol.Page{Cursor: "nonsense"}},
		{Page: protocol.Page{Cursor: "!"}},
		{Page: protocol.Page{Cursor: "e30"}},
		{Page: protocol.Page{Cursor: page.NextCursor + "AA"}},
		{Query: "a", Page: protocol.Page{Cursor: page.NextCursor}},
		{Sort: protocol.SortName, Page: protocol.Page{Cursor: page.NextCursor}},
	} {
		p.SessionID = "s"
		_, err := s.InSession(t.Context(), "bob", p)
		requireField(t, err, "cursor")
	}
	_, err = s.Recent(t.Context(), "bob", protocol.Page{Cursor: page.NextCursor})
	requireField(t, err, "cursor")
	_, err = s.Search(t.Context(), "bob", protocol.PeopleSearchParams{Query: "ab", Page: protocol.Page{Cursor: page.NextCursor}})
	requireField(t, err, "cursor")
	for _, limit := range []int{-1, 0, 201} {
		p := protocol.Page{Limit: &limit}
		_, err := s.InSession(t.Context(), "bob", protocol.PeopleInSessionParams{SessionID: "s", Page: p})
		requireField(t, err, "limit")
		_, err = s.Recent(t.Context(), "bob", p)
		requireField(t, err, "limit")
		_, err = s.Search(t.Context(), "bob", protocol.PeopleSearchParams{Query: "ab", Page: p})
		requireField(t, err, "limit")
		_, err = s.Connections(t.Context(), "bob", protocol.ConnectionListParams{Page: p})
		requireField(t, err, "limit")
	}
	_, err = s.InSession(t.Context(), "bob", protocol.PeopleInSessionParams{SessionID: "s", Sort: "luck"})
	requireField(t, err, "sort")
	_, err = s.Connections(t.Context(), "bob", protocol.ConnectionListParams{Status: protocol.StatusInvisible})
	requireField(t, err, "status")
}

// TestWhoStaysIsListedOnce changes the session between pages at random.
func TestWhoStaysIsListedOnce(t *testing.T) {
	sorts := []protocol.MemberSort{"", protocol.SortName, protocol.SortRole, protocol.SortDevice}
	roles := []protocol.Role{protocol.RoleCohost, protocol.RoleMember}
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for i := range 20 {
			id := fmt.Sprint(i)
			w.users[id] = protocol.User{ID: id, Name: rapid.SampledFrom([]string{"Ada", "Bob", "bob", "Éva"}).Draw(t, "name")}
		}
		w.join("0", protocol.RoleHost, 0)
		stay := map[string]bool{"0": true}
		for i := 1; i < 12; i++ {
			id := fmt.Sprint(i)
			w.join(id, rapid.SampledFrom(roles).Draw(t, "role"), rapid.IntRange(0, 3).Draw(t, "joined"), protocol.KindWeb)
			stay[id] = true
		}
		sort := rapid.SampledFrom(sorts).Draw(t, "sort")
		seen, cursor := map[string]int{}, ""
		for newcomer := 12; ; {
			p := protocol.PeopleInSessionParams{SessionID: "s", Sort: sort, Page: protocol.Page{Cursor: cursor, Limit: ptr(rapid.IntRange(1, 4).Draw(t, "limit"))}}
			r, err := w.service().InSession(t.Context(), "0", p)
			require.NoError(t, err)
			for _, row := range r.People {
				seen[row.User.ID]++
			}
			if cursor = r.NextCursor; cursor == "" {
				break
			}
			if rapid.Bool().Draw(t, "leave") {
				i := rapid.IntRange(0, len(w.members["s"])-1).Draw(t, "who")
				if id := w.members["s"][i].User.ID; id != "0" {
					delete(stay, id)
					w.members["s"] = slices.Delete(w.members["s"], i, i+1)
				}
			}
			if newcomer < 20 && rapid.Bool().Draw(t, "join") {
				w.join(fmt.Sprint(newcomer), protocol.RoleMember, 10)
				newcomer++
			}
		}
		for id := range stay {
			require.Equal(t, 1, seen[id], id)
		}
		for id, n := range seen {
			require.Equal(t, 1, n, id)
		}
	})
}

func TestConnectionsHaveTheirPresence(t *testing.T) {
	w := newWorld("ada", "bob", "cem")
	w.show("ada", protocol.StatusBusy)
	w.show("bob", protocol.StatusOffline)
	w.show("cem", protocol.StatusBusy)
	r, err := w.service().Connections(t.Context(), "me", protocol.ConnectionListParams{})
	require.NoError(t, err)
	require.Equal(t, []string{"ada", "bob", "cem"}, ids(r.People))
	require.Equal(t, protocol.StatusBusy, r.People[0].Presence.Status)
	require.Equal(t, 3, r.Total)
	require.Equal(t, int64(7), r.Rev)
	for status, want := range map[protocol.Status][]string{
		protocol.StatusBusy: {"ada", "cem"}, protocol.StatusOffline: {"bob"}, protocol.StatusAway: {}, protocol.StatusOnline: {},
	} {
		r, err := w.service().Connections(t.Context(), "me", protocol.ConnectionListParams{Status: status})
		require.NoError(t, err)
		require.Equal(t, want, ids(r.People))
		require.NotNil(t, r.People)
		require.Equal(t, len(want), r.Total)
	}
}

// TestAPageCostsTheSameHoweverManyRows counts the reads of each list.
func TestAPageCostsTheSameHoweverManyRows(t *testing.T) {
	for name, list := range map[string]func(*people.Service) error{
		"search": func(s *people.Service) error {
			_, err := s.Search(t.Context(), "0", protocol.PeopleSearchParams{Query: "ab", Page: protocol.Page{Limit: ptr(200)}})
			return err
		},
		"recent": func(s *people.Service) error {
			_, err := s.Recent(t.Context(), "0", protocol.Page{Limit: ptr(200)})
			return err
		},
		"in session": func(s *people.Service) error {
			_, err := s.InSession(t.Context(), "0", protocol.PeopleInSessionParams{SessionID: "s", Page: protocol.Page{Limit: ptr(200)}})
			return err
		},
		"connections": func(s *people.Service) error {
			_, err := s.Connections(t.Context(), "0", protocol.ConnectionListParams{Status: protocol.StatusBusy, Page: protocol.Page{Limit: ptr(200)}})
			return err
		},
	} {
		var reads []int
		for _, n := range []int{1, 200} {
			w := newWorld()
			for i := range n {
				id := fmt.Sprint(i)
				w.users[id], w.found = protocol.User{ID: id, Name: id}, append(w.found, id)
				w.join(id, protocol.RoleMember, i)
				w.show(id, protocol.StatusBusy)
			}
			require.NoError(t, list(w.service()))
			reads = append(reads, w.reads)
		}
		require.Equal(t, reads[0], reads[1], name)
		require.LessOrEqual(t, reads[1], 4, name)
	}
}
