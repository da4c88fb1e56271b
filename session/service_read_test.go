package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestWhoseSessionsAreOpenToWhom(t *testing.T) {
	h := newHouse(t)
	public, friends, private := h.create(), h.create(visibility(protocol.VisibilityConnections)), h.create(visibility(protocol.VisibilityPrivate))
	h.connect("ada", "ben")
	require.Equal(t, []string{friends, public}, h.names("ben", protocol.SessionListParams{}))
	require.Equal(t, []string{public}, h.names("cem", protocol.SessionListParams{}))
	require.Equal(t, []string{friends, public}, h.names("ada", protocol.SessionListParams{}), "a private one is listed for nobody")
	require.NoError(t, h.tryJoin(friends, "ben"))
	refused(t, h.tryJoin(friends, "cem"), protocol.SessionNotFound)
	require.NoError(t, h.tryJoin(private, "cem"), "whoever has the id may join")

	h.blocked["ada dan"] = true
	require.Empty(t, h.names("dan", protocol.SessionListParams{}))
	for _, id := range []string{public, friends, private} {
		refused(t, h.tryJoin(id, "dan"), protocol.SessionNotFound)
	}
}

func TestTheHostOfNowDecidesWhoseConnections(t *testing.T) {
	h := newHouse(t)
	id := h.create(visibility(protocol.VisibilityConnections))
	h.connect("ada", "ben")
	h.connect("ben", "cem")
	h.join(id, "ben")
	refused(t, h.tryJoin(id, "cem"), protocol.SessionNotFound)
	h.leave(id, "ada")
	require.NoError(t, h.tryJoin(id, "cem"), "ben is host")
	require.NoError(t, h.tryJoin(id, "ada"), "whose it is may always come")
}

func TestTheListLeavesOutWhatOneMayNotJoin(t *testing.T) {
	h := newHouse(t)
	locked, banned, full, secret := h.create(), h.create(), h.createAs("ben", capacity(1)), h.createAs("ben", password("x"))
	h.lock(locked, true)
	h.join(banned, "cem")
	_, err := h.kick("ada", banned, "cem", true)
	require.NoError(t, err)
	require.Equal(t, []string{secret, full}, h.names("cem", protocol.SessionListParams{}))
	require.Contains(t, h.names("ada", protocol.SessionListParams{}), locked, "its creator may")
	require.NoError(t, h.Unban(t.Context(), "ada", protocol.SessionUserParams{SessionID: banned, UserID: "cem"}))
	require.Contains(t, h.names("cem", protocol.SessionListParams{}), banned)
}

func TestTheListPagesAndFinds(t *testing.T) {
	h := newHouse(t)
	h.config.SessionsPerUser = 0
	h.restart()
	var want []string
	for i := range 250 {
		h.pass(time.Millisecond)
		v := protocol.VisibilityPublic
		if i%2 == 1 {
			v = protocol.VisibilityConnections // of somebody whom the viewer doesn't know
		}
		id := h.createAs("ada", visibility(v), func(p *protocol.SessionCreateParams) { p.Name = fmt.Sprint("Café ", i) })
		if i%2 == 0 {
			want = append([]string{id}, want...)
		}
	}
	var got []string
	limit, cursor := 40, ""
	for {
		r, err := h.List(t.Context(), "zoe", protocol.SessionListParams{Query: "cafe", Page: protocol.Page{Limit: &limit, Cursor: cursor}})
		require.NoError(t, err)
		require.LessOrEqual(t, len(r.Sessions), limit)
		for _, s := range r.Sessions {
			got = append(got, s.ID)
		}
		if cursor = r.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)
	require.Len(t, h.names("zoe", protocol.SessionListParams{Query: "124"}), 1)
	_, err := h.List(t.Context(), "zoe", protocol.SessionListParams{Page: protocol.Page{Cursor: "x"}})
	field(t, err, "cursor")
	limit = 125
	r, err := h.List(t.Context(), "zoe", protocol.SessionListParams{Page: protocol.Page{Limit: &limit}})
	require.NoError(t, err)
	require.Empty(t, r.NextCursor, "none when there is no more")
}

func TestSending(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	p := protocol.SessionSendParams{SessionID: id, Kind: "chat", Data: []byte(`"hi"`)}
	require.NoError(t, h.CheckSend(t.Context(), "ada", &p))
	refused(t, h.CheckSend(t.Context(), "zoe", &p), protocol.NotInSession)
	p.SessionID = "none"
	refused(t, h.CheckSend(t.Context(), "zoe", &p), protocol.SessionNotFound)
	p.SessionID, p.Data = id, make([]byte, 4097)
	field(t, h.CheckSend(t.Context(), "ada", &p), "data")
}

func TestMembersAreShownToMembers(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	members, err := h.Members(t.Context(), "cem", id)
	require.NoError(t, err)
	require.Len(t, members, 3)
	_, err = h.Members(t.Context(), "zoe", id)
	refused(t, err, protocol.NotInSession)
	_, err = h.Members(t.Context(), "zoe", "none")
	refused(t, err, protocol.SessionNotFound)

	where, m, ok, err := h.SharedMember(t.Context(), "ada", "ben")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, id, where)
	require.Equal(t, "ben", m.User.ID)
	h.createAs("ben")
	_, _, ok, err = h.SharedMember(t.Context(), "ada", "ben")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestMayJoinIsWhatTheJoinAnswers(t *testing.T) {
	h := newHouse(t)
	open, full, locked, secret := h.create(persistent), h.create(capacity(1), persistent), h.create(persistent), h.create(password("x"), persistent)
	h.join(full, "ben")
	h.lock(locked, true)
	for id, want := range map[string]protocol.Reason{open: "", full: protocol.SessionFull, locked: protocol.SessionLocked, secret: "", "none": protocol.SessionNotFound} {
		refusal, err := h.MayJoin(t.Context(), "zoe", id)
		require.NoError(t, err)
		if want == "" {
			require.Nil(t, refusal)
		} else {
			require.Equal(t, want, refusal.Reason())
		}
	}
	refusal, err := h.MayJoin(t.Context(), "ben", full)
	require.NoError(t, err)
	require.Nil(t, refusal, "a member may")
}
