package storetest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

func bans(t *testing.T, s session.Store) {
	createSession(t, s, sessionRecord("a", 1))
	banned := func(user string) bool {
		l, _, err := s.Lookup(t.Context(), "a", user)
		require.NoError(t, err)
		return l.Banned
	}
	require.False(t, banned("ben"))
	r, err := s.Ban(t.Context(), session.Ban{SessionID: "a", UserID: "ben", By: "ada", At: 5}, 10)
	require.NoError(t, err)
	require.Equal(t, int64(2), r.RulesRev, "a join that read the rules before is decided anew")
	require.True(t, banned("ben"))
	require.False(t, banned("cem"))
	r, err = s.Ban(t.Context(), session.Ban{SessionID: "a", UserID: "ben", By: "cem", At: 6}, 10)
	require.NoError(t, err)
	require.Equal(t, int64(2), r.RulesRev, "it stands already")
	r, err = s.Unban(t.Context(), "a", "ben")
	require.NoError(t, err)
	require.Equal(t, int64(3), r.RulesRev)
	require.False(t, banned("ben"))
	r, err = s.Unban(t.Context(), "a", "ben")
	require.NoError(t, err)
	require.Equal(t, int64(3), r.RulesRev)
	require.Equal(t, r, lookup(t, s, "a"))
}

func banPages(t *testing.T, s session.Store) {
	createSession(t, s, sessionRecord("a", 1))
	for i := range 5 {
		_, err := s.Ban(t.Context(), session.Ban{SessionID: "a", UserID: fmt.Sprint("u", i), By: "ada", At: int64(10 + i/2)}, 5)
		require.NoError(t, err)
	}
	_, err := s.Ban(t.Context(), session.Ban{SessionID: "a", UserID: "one more", By: "ada", At: 20}, 5)
	require.ErrorIs(t, err, protocol.Refuse(protocol.TooManyOutstanding))
	_, err = s.Ban(t.Context(), session.Ban{SessionID: "a", UserID: "u1", By: "ada", At: 20}, 5)
	require.NoError(t, err, "who is banned already needs no room")

	var got []string
	after := session.Position{}
	for {
		page, err := s.Banned(t.Context(), "a", after, 2)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, b := range page {
			got = append(got, b.User.ID)
			after = session.Position{At: b.At, ID: b.User.ID}
		}
	}
	require.Equal(t, []string{"u4", "u3", "u2", "u1", "u0"}, got)
}

func stays(t *testing.T, s session.Store) {
	stay := session.Stay{SessionID: "a", UserID: "ada", From: 100}
	require.NoError(t, s.OpenStay(t.Context(), stay))
	require.NoError(t, s.OpenStay(t.Context(), stay), "noting it twice is noting it once")
	stay.To = 200
	require.NoError(t, s.EndStays(t.Context(), []session.Stay{stay, {SessionID: "a", UserID: "nobody", From: 1, To: 2}}))
	stay.To = 300
	require.NoError(t, s.EndStays(t.Context(), []session.Stay{stay}), "ended is ended")
	require.Equal(t, []session.Stay{{SessionID: "a", UserID: "ada", From: 100, To: 200}}, attendance(t, s, "a"))
}

func recoverStays(t *testing.T, s session.Store) {
	for i, user := range []string{"ada", "ben", "cem"} {
		require.NoError(t, s.OpenStay(t.Context(), session.Stay{SessionID: "a", UserID: user, From: int64(100 + i)}))
	}
	ended := session.Stay{SessionID: "b", UserID: "dan", From: 50, To: 150}
	require.NoError(t, s.OpenStay(t.Context(), ended))
	require.NoError(t, s.EndStays(t.Context(), []session.Stay{ended}))
	require.NoError(t, s.RecoverStays(t.Context(), []session.Stay{{SessionID: "a", UserID: "cem", From: 102}}))
	require.Equal(t, []session.Stay{
		{SessionID: "a", UserID: "ada", From: 100, To: 150},
		{SessionID: "a", UserID: "ben", From: 101, To: 150},
		{SessionID: "a", UserID: "cem", From: 102},
	}, attendance(t, s, "a"))
	require.Equal(t, []session.Stay{ended}, attendance(t, s, "b"))
}

func openStays(t *testing.T, s session.Store) {
	var want []session.Stay
	for i, user := range []string{"ada", "ben", "cem", "dan", "eve"} {
		stay := session.Stay{SessionID: "a", UserID: user, From: 100 + int64(i)/2}
		require.NoError(t, s.OpenStay(t.Context(), stay))
		if user == "ben" {
			stay.To = 200
			require.NoError(t, s.EndStays(t.Context(), []session.Stay{stay}))
			continue
		}
		want = append(want, stay)
	}
	var got []session.Stay
	for after := (session.Stay{}); ; {
		page, err := s.OpenStays(t.Context(), 102, after, 2)
		require.NoError(t, err)
		got = append(got, page...)
		if len(page) < 2 {
			break
		}
		after = page[1]
	}
	require.Equal(t, want[:3], got, "eve's is too young")
}

func purgeStays(t *testing.T, s session.Store) {
	for i := range int64(3) {
		stay := session.Stay{SessionID: "a", UserID: "ada", From: 100 + i, To: 200 + i}
		require.NoError(t, s.OpenStay(t.Context(), stay))
		require.NoError(t, s.EndStays(t.Context(), []session.Stay{stay}))
	}
	require.NoError(t, s.OpenStay(t.Context(), session.Stay{SessionID: "a", UserID: "ben", From: 1}))
	require.NoError(t, s.PurgeStays(t.Context(), 202))
	require.Equal(t, []session.Stay{
		{SessionID: "a", UserID: "ben", From: 1},
		{SessionID: "a", UserID: "ada", From: 102, To: 202},
	}, attendance(t, s, "a"), "one that lasts is never old")
}

func attendance(t *testing.T, s session.Store, sessionID string) []session.Stay {
	t.Helper()
	stays, err := s.Attendance(t.Context(), sessionID)
	require.NoError(t, err)
	return stays
}

func savedMembers(t *testing.T, s session.Store) {
	rosters := []session.Snapshot{
		{SessionID: "a", Members: []session.Member{
			{
				User: protocol.User{ID: "ada"}, Number: 2, Role: protocol.RoleHost, Former: protocol.RoleCohost,
				Attributes: protocol.Attributes{"hand": json.RawMessage(`true`)}, Muted: true, JoinedAt: 10,
				Devices: []session.Device{{ID: "d1", Kind: protocol.KindHeadset, DroppedAt: 99}, {ID: "d2", Kind: protocol.KindWeb}},
			},
			{User: protocol.User{ID: "ben"}, Number: 1, Role: protocol.RoleMember, Attributes: protocol.Attributes{}, JoinedAt: 11, Devices: []session.Device{{ID: "d3", Kind: protocol.KindBot}}},
		}},
		{SessionID: "b", Members: []session.Member{
			{User: protocol.User{ID: "cem"}, Number: 1, Role: protocol.RoleHost, Attributes: protocol.Attributes{}, JoinedAt: 12, Devices: []session.Device{{ID: "d4", Kind: protocol.KindBot}}},
		}},
	}
	require.NoError(t, s.SaveMembers(t.Context(), []session.Snapshot{{SessionID: "old", Members: rosters[0].Members}}, 1))
	require.NoError(t, s.SaveMembers(t.Context(), rosters, 100))
	taken, err := s.TakeMembers(t.Context())
	require.NoError(t, err)
	require.Equal(t, rosters, taken)
	taken, err = s.TakeMembers(t.Context())
	require.NoError(t, err)
	require.Empty(t, taken)
}
