package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// finds searches and returns the users' ids, or the addresses where nothing is said of a user.
func (d *device) finds(query string) []string {
	d.w.t.Helper()
	var r protocol.PeopleResult
	d.ok("people.search", obj{"query": query}, &r)
	return names(r.People)
}

func names(people []protocol.Person) []string {
	out := []string{}
	for _, p := range people {
		if p.User != nil {
			out = append(out, p.User.ID)
		} else {
			out = append(out, p.Address)
		}
	}
	return out
}

func TestSearchFindsThoseWhoLetThemselvesBeFound(t *testing.T) {
	everywhere(t, free, func(w *world) {
		c := claims("zoe")
		c.Name = "Zoë Müller-Łoś"
		ada, zoe := w.arrives("ada"), w.arrives("zoe", with(token(t, c)))
		for _, q := range []string{"zo", "ZOË", "zoe mu", "mull", "los", "zoe"} {
			require.Equal(t, []string{"zoe"}, ada.finds(q), q)
		}
		for _, q := range []string{"oe", "%%", "__", "name of ada", "zoe@example.org"} {
			require.Empty(t, ada.finds(q), q)
		}
		ada.wrong("query", "people.search", obj{"query": "z"})
		zoe.ok("settings.update", obj{"findable_by_name": false, "findable_by_email": true}, nil)
		require.Empty(t, ada.finds("zoe"))
		require.Equal(t, []string{"zoe"}, ada.finds("ZOE@example.org"))
		zoe.ok("settings.update", obj{"findable_by_email": false}, nil)
		require.Empty(t, ada.finds("zoe@example.org"))
		ada.ok("invitation.send", toEmail("zoe"), nil)
		require.Equal(t, []string{"zoe@example.org"}, ada.finds("zoe@example.org"), "my own open invitation, without saying whose it is")
	})
}

func TestASearchHitCarriesTheRelationAndABlockChangesNothingInIt(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		inv := ada.invites("ben")
		hit := func() protocol.Person {
			var r protocol.PeopleResult
			ada.ok("people.search", obj{"query": "name of b"}, &r)
			require.Len(t, r.People, 1)
			return r.People[0]
		}
		require.Equal(t, inv, hit().Relation.Invitation.ID)
		before := hit()
		ben.does("user.block", userID("ada"))
		same(w, before, hit())
		require.Equal(t, []string{"ada"}, ben.finds("name of a"))
		ada.does("invitation.withdraw", id(inv))
		require.Equal(t, protocol.RelationNone, hit().Relation.State)
	})
}

func TestInThisSessionIsOneRowForEachMember(t *testing.T) {
	everywhere(t, free, func(w *world) {
		host, zoe, ben := w.arrives("host"), w.arrives("zoe"), w.arrives("ben", kind("desktop"))
		session := lobby(host, zoe, ben, w.arrives("zoe", kind("desktop")))
		connect(host, ben)
		host.setsRole(session, "ben", "cohost")
		list := func(more obj) []string {
			var r protocol.PeopleInSessionResult
			host.ok("people.in_session", at(session, more), &r)
			return names(r.People)
		}
		require.Equal(t, []string{"host", "zoe", "ben"}, list(nil), "in the order of joining")
		require.Equal(t, []string{"ben", "host", "zoe"}, list(obj{"sort": "name"}))
		require.Equal(t, []string{"host", "ben", "zoe"}, list(obj{"sort": "role"}))
		require.Equal(t, []string{"zoe"}, list(obj{"query": "OF Z"}))
		require.Len(t, list(obj{"sort": "device", "limit": 2}), 2)
		host.wrong("sort", "people.in_session", at(session, obj{"sort": "age"}))
	})
}

func TestPeopleMetLatelyCanBeListed(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem, dan := w.arrives("ada"), w.arrives("ben"), w.arrives("cem"), w.arrives("dan")
		session := lobby(ada, ben, cem)
		ben.ok("session.leave", at(session), nil)
		pass(2 * second)
		dan.joins(session)
		pass(second)
		ada.ok("session.leave", at(session), nil)
		pass(2 * second)
		recent := func(d *device) []string {
			var r protocol.PeopleResult
			d.ok("people.recent", obj{}, &r)
			return names(r.People)
		}
		require.ElementsMatch(t, []string{"ben", "cem", "dan"}, recent(ada))
		require.ElementsMatch(t, []string{"ada", "cem"}, recent(dan), "Ben had gone")
		cem.ok("settings.update", obj{"recent_people": false}, nil)
		ada.does("user.block", userID("ben"))
		require.Equal(t, []string{"dan"}, recent(ada))
		require.Contains(t, recent(ben), "ada", "a block can't be read there")
	})
}

func TestCursorsStayRightWhileListsChange(t *testing.T) {
	everywhere(t, append(free, "--invitations.outstanding=0"), func(w *world) {
		crowd(w, 12)
		ada := w.arrives("ada")
		for i := range 12 {
			ada.invites("u" + itoa(i))
			pass(10 * time.Millisecond)
		}
		seen := []string{}
		page := obj{"box": "sent", "limit": 5}
		for first := true; ; first = false {
			var list protocol.InvitationListResult
			ada.ok("invitation.list", page, &list)
			for _, inv := range list.Invitations {
				seen = append(seen, inv.User.ID)
			}
			if list.NextCursor == "" {
				break
			}
			page["cursor"] = list.NextCursor
			if first { // what goes and comes meanwhile neither hides nor repeats anything else
				ada.does("invitation.withdraw", userID("u11"))
				ada.does("invitation.withdraw", userID("u3"))
				ada.invites("u11")
			}
		}
		require.Equal(t, []string{"u11", "u10", "u9", "u8", "u7", "u6", "u5", "u4", "u2", "u1", "u0"}, seen, "newest first")
		ada.wrong("cursor", "invitation.list", obj{"box": "sent", "cursor": "nonsense"})
		ada.wrong("limit", "invitation.list", obj{"box": "sent", "limit": 201})
		ada.wrong("limit", "relation.list", obj{"limit": 201})
		var list protocol.InvitationListResult
		ada.ok("invitation.list", obj{"box": "sent", "query": "name of u1"}, &list)
		require.Equal(t, 3, list.Total, "total counts what the filter finds")
	})
}

func TestConnectionsAreFilteredByNameAndStatus(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, ben)
		connect(ada, cem)
		cem.hangUp()
		list := func(p obj) []string {
			var r protocol.ConnectionListResult
			ada.ok("connection.list", p, &r)
			require.Equal(t, len(r.People), r.Total)
			return names(r.People)
		}
		require.ElementsMatch(t, []string{"ben", "cem"}, list(obj{}))
		require.Equal(t, []string{"cem"}, list(obj{"status": "offline"}))
		require.Equal(t, []string{"ben"}, list(obj{"query": "name of b"}))
	})
}
