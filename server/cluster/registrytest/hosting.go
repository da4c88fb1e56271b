package registrytest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

// rank gives a member of s a role.
func (w *world) rank(user string, role protocol.Role) {
	w.t.Helper()
	_, err := w.Edit(w.ctx(), session.Edit{SessionID: "s", Members: []session.MemberEdit{{UserID: user, Rank: &session.Rank{Role: role}}}})
	require.NoError(w.t, err)
}

var hosting = map[string]func(*world){
	"the first in is host, inherited unless they made it": func(w *world) {
		w.join("s", "ben", 0)
		require.Equal(w.t, map[string]string{"ben": "host*"}, w.roster("s"))
		w.join("t", "ada", 0)
		require.Equal(w.t, map[string]string{"ada": "host"}, w.roster("t"))
	},
	"the oldest cohost follows a host who has gone": func(w *world) {
		for i, user := range []string{"ada", "ben", "cem", "dan"} {
			w.join("s", user, int64(i))
		}
		w.rank("dan", protocol.RoleCohost)
		w.rank("cem", protocol.RoleCohost)
		w.leave(session.Leave{SessionID: "s", UserID: "ada", At: start + 9})
		require.Equal(w.t, map[string]string{"ben": "member", "cem": "host*", "dan": "cohost"}, w.roster("s"))
		change := w.last("s")
		require.Contains(w.t, users(change.Updated), "cem", "all are told in the same version")
		w.leave(session.Leave{SessionID: "s", UserID: "cem", At: start + 10})
		w.leave(session.Leave{SessionID: "s", UserID: "dan", At: start + 11})
		require.Equal(w.t, map[string]string{"ben": "host*"}, w.roster("s"), "then the oldest member")
	},
	"a host in grace is host": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		require.NoError(w.t, w.Detach(w.ctx(), "ada", device("ada-d"), start+2, start+2+grace))
		require.Equal(w.t, map[string]string{"ada": "host", "ben": "member"}, w.roster("s"))
		_, err := w.Sweep(w.ctx(), start+2+grace)
		require.NoError(w.t, err)
		require.Equal(w.t, map[string]string{"ben": "host*"}, w.roster("s"))
	},
	"when the host's and the heir's grace end together, a third inherits": func(w *world) {
		for i, user := range []string{"ada", "ben", "cem"} {
			w.join("s", user, int64(i))
		}
		for _, user := range []string{"ada", "ben"} {
			require.NoError(w.t, w.Detach(w.ctx(), user, device(user+"-d"), start+3, start+3+grace))
		}
		swept, err := w.Sweep(w.ctx(), start+3+grace)
		require.NoError(w.t, err)
		require.Len(w.t, swept.Departed, 2)
		require.Equal(w.t, map[string]string{"cem": "host*"}, w.roster("s"))
	},
	"an heir who loses one of two devices with the host's grace is host": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		j := joinOf("s", "ben", 2)
		j.Device = session.Device{ID: "tablet", Kind: protocol.KindTablet, Connected: true}
		_, err := w.Join(w.ctx(), j)
		require.NoError(w.t, err)
		for _, user := range []string{"ada", "ben"} {
			require.NoError(w.t, w.Detach(w.ctx(), user, device(user+"-d"), start+3, start+3+grace))
		}
		_, err = w.Sweep(w.ctx(), start+3+grace)
		require.NoError(w.t, err)
		require.Equal(w.t, map[string]string{"ben": "host*"}, w.roster("s"))
		require.Len(w.t, w.member("ben").Devices, 1)
	},
	"the creator is host again on return, the heir what they were": func(w *world) {
		for i, user := range []string{"ada", "ben", "cem"} {
			w.join("s", user, int64(i))
		}
		w.rank("cem", protocol.RoleCohost)
		w.leave(session.Leave{SessionID: "s", UserID: "ada", At: start + 9})
		require.Equal(w.t, map[string]string{"ben": "member", "cem": "host*"}, w.roster("s"))
		w.join("s", "ada", 10)
		require.Equal(w.t, map[string]string{"ada": "host", "ben": "member", "cem": "cohost"}, w.roster("s"))
	},
	"a host who was given the session becomes a cohost when the creator returns": func(w *world) {
		w.join("s", "ben", 0)
		w.rank("ben", protocol.RoleHost)
		require.Equal(w.t, map[string]string{"ben": "host"}, w.roster("s"))
		w.join("s", "ada", 1)
		require.Equal(w.t, map[string]string{"ada": "host", "ben": "cohost"}, w.roster("s"))
	},
	"a creator who gave the session away doesn't merely inherit it": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		w.rank("ada", protocol.RoleCohost)
		w.rank("ben", protocol.RoleHost)
		w.leave(session.Leave{SessionID: "s", UserID: "ben", At: start + 2})
		require.Equal(w.t, map[string]string{"ada": "host"}, w.roster("s"))
	},
	"a session without an heir has no host of itself": func(w *world) {
		for i, user := range []string{"ben", "cem"} {
			j := joinOf("s", user, int64(i))
			j.Rules = session.Rules{Rev: 1, Capacity: 50}
			_, err := w.Join(w.ctx(), j)
			require.NoError(w.t, err)
		}
		require.Equal(w.t, map[string]string{"ben": "member", "cem": "member"}, w.roster("s"))
		w.rank("ben", protocol.RoleHost)
		w.leave(session.Leave{SessionID: "s", UserID: "ben", At: start + 2})
		require.Equal(w.t, map[string]string{"cem": "member"}, w.roster("s"))
	},
}

var editing = map[string]func(*world){
	"an edit changes what it gives": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		on := true
		got, err := w.Edit(w.ctx(), session.Edit{SessionID: "s", Members: []session.MemberEdit{
			{UserID: "ben", Attributes: protocol.Attributes{"hand": json.RawMessage(`true`)}, Muted: &on},
			{UserID: "ada", User: &protocol.User{ID: "ada", Name: "Ada L.", Email: "ada@example.com"}},
		}})
		require.NoError(w.t, err)
		require.Len(w.t, got, 2)
		require.Equal(w.t, w.member("ben"), got[0])
		require.True(w.t, got[0].Muted)
		require.Equal(w.t, protocol.User{ID: "ada", Name: "Ada L."}, got[1].User, "the address stays with its owner")
		require.Equal(w.t, protocol.RoleHost, got[1].Role)
		require.Len(w.t, w.last("s").Updated, 2)
	},
	"an edit that changes nothing visible is told to nobody": func(w *world) {
		w.join("s", "ada", 0)
		on := true
		_, err := w.Edit(w.ctx(), session.Edit{SessionID: "s", Members: []session.MemberEdit{{UserID: "ada", Attributes: protocol.Attributes{}, Muted: &on}}})
		require.NoError(w.t, err)
		w.join("s", "ben", 1)
		require.Len(w.t, w.settled("s"), 2)
	},
	"an edit on another state than read is decided anew, all of it": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		was := w.member("ben")
		w.rank("ben", protocol.RoleCohost)
		before := w.roster("s")
		for _, e := range []session.Edit{
			{SessionID: "s", Holds: []session.Stamp{{UserID: "ben", Stamp: was.Stamp}}, Members: []session.MemberEdit{{UserID: "ada", Rank: &session.Rank{Role: protocol.RoleMember}}}},
			{SessionID: "s", Holds: []session.Stamp{{UserID: "cem", Stamp: 1}}, Members: []session.MemberEdit{{UserID: "ada", Rank: &session.Rank{Role: protocol.RoleMember}}}},
			{SessionID: "s", Members: []session.MemberEdit{{UserID: "ada", Rank: &session.Rank{Role: protocol.RoleMember}}, {UserID: "cem"}}},
			{SessionID: "none", Members: []session.MemberEdit{{UserID: "ada"}}},
		} {
			_, err := w.Edit(w.ctx(), e)
			require.ErrorIs(w.t, err, session.ErrMemberChanged)
		}
		require.Equal(w.t, before, w.roster("s"))
	},
}
