package invitation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
)

// crowd adds n users u000, u001, … who each invite ada, a second apart.
func (r *room) crowd(n int) (ids []string) {
	r.t.Helper()
	for i := range n {
		id := fmt.Sprintf("u%03d", i)
		r.user(id, func(u *directory.User) { u.Name = fmt.Sprintf("Guest %03d", i) })
		ids = append(ids, r.invite(id, "ada"))
		r.wait(time.Second)
	}
	return ids
}

func pageOf(cursor string, limit int) protocol.Page {
	return protocol.Page{Cursor: cursor, Limit: &limit}
}

func TestListsArePagedNewestFirst(t *testing.T) {
	r := newRoom(t)
	ids := r.crowd(25)
	slices.Reverse(ids)
	var got []string
	cursor := ""
	for pages := 0; ; pages++ {
		out := r.list("ada", protocol.InvitationListParams{Box: protocol.Received, Page: pageOf(cursor, 10)})
		require.Equal(t, int64(r.count("ada")), out.Rev)
		for _, i := range out.Invitations {
			got = append(got, i.ID)
		}
		if pages == 0 { // the list changes while it is read
			require.Equal(t, 25, out.Total)
			r.do(r.withdrawFrom("u020", "ada")) // was on this page
			r.do(r.withdrawFrom("u010", "ada")) // was to come
			r.user("late", nil)
			r.invite("late", "ada")
		}
		if cursor = out.NextCursor; cursor == "" {
			require.Equal(t, 2, pages)
			break
		}
	}
	require.Equal(t, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == ids[14] }), got)

	out := r.list("ada", protocol.InvitationListParams{Box: protocol.Received, Query: "guest 00", Page: pageOf("", 4)})
	require.Equal(t, 10, out.Total)
	require.Len(t, out.Invitations, 4)
	out = r.list("ada", protocol.InvitationListParams{Box: protocol.Received, Query: "guest 00", Page: pageOf(out.NextCursor, 6)})
	require.Len(t, out.Invitations, 6)
	require.Equal(t, "Guest 000", out.Invitations[5].User.Name)
	require.Empty(t, out.NextCursor)
	for q, total := range map[string]int{"004": 1, "U00": 10, "%": 0, "_": 0, "uest": 0, " ": 24, "LATE": 1} {
		require.Equal(t, total, r.list("ada", protocol.InvitationListParams{Box: protocol.Received, Query: q}).Total, q)
	}
}

func TestCursorsAndLimitsAreVerified(t *testing.T) {
	r := newRoom(t)
	r.crowd(3)
	out := r.list("ada", protocol.InvitationListParams{Box: protocol.Received, Page: pageOf("", 1)})
	good := out.NextCursor
	require.NotEmpty(t, good)
	for what, p := range map[string]protocol.InvitationListParams{
		"nonsense":      {Box: protocol.Received, Page: protocol.Page{Cursor: "nonsense"}},
		"not base64":    {Box: protocol.Received, Page: protocol.Page{Cursor: "!"}},
		"changed":       {Box: protocol.Received, Page: protocol.Page{Cursor: good[:len(good)-2] + "AA"}},
		"another box":   {Box: protocol.Sent, Page: protocol.Page{Cursor: good}},
		"another query": {Box: protocol.Received, Query: "guest", Page: protocol.Page{Cursor: good}},
	} {
		_, err := r.List(t.Context(), "ada", p)
		require.ErrorIs(t, err, protocol.InvalidParams("cursor", ""), what)
	}
	_, err := r.List(t.Context(), "ben", protocol.InvitationListParams{Box: protocol.Received, Page: protocol.Page{Cursor: good}})
	require.ErrorIs(t, err, protocol.InvalidParams("cursor", ""), "another viewer's")
	for _, limit := range []int{0, -1, 201} {
		_, err := r.List(t.Context(), "ada", protocol.InvitationListParams{Box: protocol.Received, Page: pageOf("", limit)})
		require.ErrorIs(t, err, protocol.InvalidParams("limit", ""))
		_, err = r.RelationList(t.Context(), "ada", pageOf("", limit))
		require.ErrorIs(t, err, protocol.InvalidParams("limit", ""))
	}
	_, err = r.RelationList(t.Context(), "ada", protocol.Page{Cursor: good})
	require.ErrorIs(t, err, protocol.InvalidParams("cursor", ""))
	_, err = r.Connections(t.Context(), "ada", invitation.ConnectionQuery{Cursor: good})
	require.ErrorIs(t, err, protocol.InvalidParams("cursor", ""))
}

func TestHistories(t *testing.T) {
	r := newRoom(t)
	for _, id := range []string{"accepted", "declined", "withdrawn", "expired", "pending"} {
		r.user(id, nil)
	}
	expired := r.invite("ada", "expired")
	r.wait(719 * time.Hour)
	accepted, declined, withdrawn := r.invite("ada", "accepted"), r.invite("ada", "declined"), r.invite("ada", "withdrawn")
	r.invite("ada", "pending")
	r.do(r.accept("accepted", accepted))
	r.do(r.decline("declined", declined, false))
	r.do(r.withdraw("ada", withdrawn))
	r.wait(time.Hour)
	r.expire()
	states := func(viewer string, box protocol.Direction, state protocol.ListState) map[string]protocol.InvitationState {
		got := map[string]protocol.InvitationState{}
		for _, i := range r.box(viewer, box, state).Invitations {
			got[i.ID] = i.State
			require.Equal(t, i.State != protocol.InvitationPending, i.ResolvedAt != nil)
		}
		return got
	}
	require.Equal(t, map[string]protocol.InvitationState{accepted: "accepted", withdrawn: "withdrawn", expired: "expired"},
		states("ada", protocol.Sent, protocol.ListHistory))
	require.Equal(t, 2, r.box("ada", protocol.Sent, "").Total)
	require.Empty(t, states("ada", protocol.Sent, protocol.ListDeclined), "the sender of a declined one sees it pending")
	require.Equal(t, map[string]protocol.InvitationState{accepted: "accepted"}, states("accepted", protocol.Received, protocol.ListHistory))
	require.Equal(t, map[string]protocol.InvitationState{declined: "declined"}, states("declined", protocol.Received, protocol.ListHistory))
	require.Equal(t, map[string]protocol.InvitationState{declined: "declined"}, states("declined", protocol.Received, protocol.ListDeclined))
	for _, id := range []string{"withdrawn", "expired"} {
		for _, state := range []protocol.ListState{protocol.ListPending, protocol.ListDeclined, protocol.ListHistory} {
			require.Empty(t, states(id, protocol.Received, state))
		}
	}
}

func TestConnectionsAreListedByName(t *testing.T) {
	r := newRoom(t)
	names := map[string]string{"u1": "Émile", "u2": "dora Émond", "u3": "Zoë", "u4": "anna"}
	for id, name := range names {
		r.user(id, func(u *directory.User) { u.Name, u.Settings.FindableByName = name, false })
		r.connect("ada", id)
		r.wait(time.Minute)
	}
	r.invite("ada", "ben")
	ids := func(q invitation.ConnectionQuery) (ids []string, total int, next string) {
		out, err := r.Connections(t.Context(), "ada", q)
		require.NoError(t, err)
		require.Equal(t, int64(r.count("ada")), out.Rev)
		for _, p := range out.People {
			require.Equal(t, connected, p.Relation.State)
			require.NotNil(t, p.Relation.Since)
			ids = append(ids, p.User.ID)
		}
		return ids, out.Total, out.NextCursor
	}
	got, total, next := ids(invitation.ConnectionQuery{})
	require.Equal(t, []string{"u4", "u2", "u1", "u3"}, got)
	require.Equal(t, 4, total)
	require.Empty(t, next)
	got, total, next = ids(invitation.ConnectionQuery{Limit: 3})
	require.Equal(t, []string{"u4", "u2", "u1"}, got)
	require.Equal(t, 4, total)
	got, _, next = ids(invitation.ConnectionQuery{Limit: 3, Cursor: next})
	require.Equal(t, []string{"u3"}, got)
	require.Empty(t, next)
	got, total, next = ids(invitation.ConnectionQuery{Query: "EM", Limit: 1})
	require.Equal(t, []string{"u2"}, got, "by a word, without accents")
	require.Equal(t, 2, total)
	got, total, _ = ids(invitation.ConnectionQuery{Query: "EM", Limit: 1, Cursor: next})
	require.Equal(t, []string{"u1"}, got)
	require.Equal(t, 2, total)
	got, total, _ = ids(invitation.ConnectionQuery{Only: func(id string) bool { return id == "u3" || id == "u4" }})
	require.Equal(t, []string{"u4", "u3"}, got)
	require.Equal(t, 2, total)
	all, err := r.ConnectionIDs(t.Context(), "ada")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"u1", "u2", "u3", "u4"}, all)
}

func TestRelationsAtOnce(t *testing.T) {
	r := newRoom(t)
	var others []string
	want := map[string]protocol.RelationState{}
	for i := range 300 {
		id := fmt.Sprintf("u%03d", i)
		r.user(id, nil)
		others = append(others, id)
		if i >= 30 {
			continue
		}
		switch i % 5 {
		case 0:
			r.invite(id, "ada")
			want[id] = received
		case 1:
			r.connect(id, "ada")
			want[id] = connected
		case 2:
			r.do(r.block("ada", id))
			want[id] = blocked
		case 3:
			r.do(r.block(id, "ada"))
		case 4:
			inv := r.invite(id, "ada")
			r.do(r.decline("ada", inv, false))
		}
		r.wait(10 * time.Second)
	}
	r.invite("ada", "ben")
	want["ben"] = sent
	got, err := r.Relations(t.Context(), "ada", append(others, "ben", "nobody", "u000"))
	require.NoError(t, err)
	states := map[string]protocol.RelationState{}
	for id, rel := range got {
		states[id] = rel.State
		hasInvitation := rel.State == sent || rel.State == received
		require.Equal(t, hasInvitation, rel.Invitation != nil)
		if hasInvitation {
			require.Equal(t, id, rel.Invitation.User.ID)
		} else {
			require.NotNil(t, rel.Since)
		}
	}
	require.Equal(t, want, states)

	paged := map[string]protocol.Relation{}
	cursor := ""
	for {
		out, err := r.RelationList(t.Context(), "ada", pageOf(cursor, 7))
		require.NoError(t, err)
		require.LessOrEqual(t, len(out.Relations), 7)
		for id, rel := range out.Relations {
			require.NotContains(t, paged, id)
			paged[id] = rel
		}
		if cursor = out.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, got, paged)
	self, err := r.Relations(t.Context(), "ada", []string{"ada"})
	require.NoError(t, err)
	require.Equal(t, protocol.RelationSelf, self["ada"].State)
}

func TestBadgeCountsWhatIsNotSeen(t *testing.T) {
	r := newRoom(t)
	r.crowd(3)
	rev := int64(2)
	out, e, err := r.MarkSeen(t.Context(), call("ada"), &rev)
	require.NoError(t, err)
	require.Equal(t, 1, out.Unseen)
	require.Equal(t, []invitation.SeenChange{{UserID: "ada", Unseen: 1}}, e.Seen)
	require.Empty(t, e.Changes, "the badge has no revision")
	out, e, err = r.MarkSeen(t.Context(), call("ada"), &rev)
	require.NoError(t, err)
	require.Equal(t, 1, out.Unseen)
	require.Empty(t, e.Seen, "nothing changed")
	r.do(r.withdrawFrom("u000", "ada"))
	require.Equal(t, 1, r.last("ada").Unseen, "it was seen")
	r.do(r.withdrawFrom("u002", "ada"))
	require.Zero(t, r.last("ada").Unseen)
	r.invite("ben", "ada")
	n, err := r.Unseen(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	out, _, err = r.MarkSeen(t.Context(), call("ada"), nil)
	require.NoError(t, err)
	require.Zero(t, out.Unseen)
	require.Equal(t, 2, r.box("ada", protocol.Received, "").Total)
}
