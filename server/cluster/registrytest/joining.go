package registrytest

import (
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

var joining = map[string]func(*world){
	"a join is answered with the roster that has it": func(w *world) {
		a := w.join("s", "ada", 0)
		require.True(w.t, a.Arrived)
		require.Equal(w.t, []string{"ada"}, users(a.Members))
		require.Equal(w.t, 1, a.Count)
		require.Positive(w.t, a.Version)
		require.Equal(w.t, a.Version, a.Through)
		require.Empty(w.t, a.Rest)
		require.Equal(w.t, protocol.Member{
			User: protocol.User{ID: "ada", Name: "Name of ada"}, Number: 1, Role: protocol.RoleHost, Attributes: protocol.Attributes{},
			Devices: []protocol.Kind{protocol.KindHeadset}, Connected: true, JoinedAt: protocol.AtMillis(start),
		}, sent(w.t, a.Members)[0], "the address stays with its owner")
		b := w.join("s", "ben", 1)
		require.Equal(w.t, []string{"ada", "ben"}, users(b.Members))
		require.Equal(w.t, uint16(2), b.Member.Number)
		require.Equal(w.t, protocol.RoleMember, b.Member.Role)
		require.Equal(w.t, a.Version+1, b.Version)

		flushes := w.settled("s")
		require.Len(w.t, flushes, 2)
		require.Equal(w.t, b.Version, flushes[1].Version)
		require.Equal(w.t, []string{"ben"}, users(flushes[1].Change.Joined))
	},
	"joining again is told the same, and nobody else is told": func(w *world) {
		first := w.join("s", "ada", 0)
		again := w.join("s", "ada", 500)
		require.False(w.t, again.Arrived)
		first.Arrived = false
		require.Equal(w.t, first, again)
		require.Len(w.t, w.settled("s"), 1)
	},
	"joining again needs neither room nor rules": func(w *world) {
		w.join("s", "ben", 0)
		require.NoError(w.t, w.SetRules(w.ctx(), "s", session.Rules{Rev: 5, Capacity: 1, Locked: true, Creator: "ada", Heir: true}))
		again := w.join("s", "ben", 1)
		require.Equal(w.t, uint16(1), again.Member.Number)
	},
	"a second device is the same member": func(w *world) {
		w.join("s", "ada", 0)
		j := joinOf("s", "ada", 1)
		j.Device = session.Device{ID: "tablet", Kind: protocol.KindTablet, Connected: true}
		got, err := w.Join(w.ctx(), j)
		require.NoError(w.t, err)
		require.False(w.t, got.Arrived)
		require.Equal(w.t, []protocol.Kind{protocol.KindHeadset, protocol.KindTablet}, got.Members[0].Devices)
		require.Equal(w.t, []string{"ada"}, users(w.last("s").Updated))
	},
	"who is full refuses, those in grace counted": func(w *world) {
		require.NoError(w.t, w.SetRules(w.ctx(), "s", session.Rules{Rev: 2, Capacity: 2, Creator: "ada", Heir: true}))
		r := session.Rules{Rev: 2, Capacity: 2, Creator: "ada", Heir: true}
		for _, user := range []string{"ben", "cem"} {
			j := joinOf("s", user, 0)
			j.Rules = r
			_, err := w.Join(w.ctx(), j)
			require.NoError(w.t, err)
		}
		require.NoError(w.t, w.Detach(w.ctx(), "ben", device("ben-d"), start, start+grace))
		for _, user := range []string{"dan", "ada"} {
			j := joinOf("s", user, 1)
			j.Rules = r
			w.refused(j, protocol.Refuse(protocol.SessionFull))
		}
		_, err := w.Sweep(w.ctx(), start+grace)
		require.NoError(w.t, err)
		j := joinOf("s", "dan", 2)
		j.Rules = r
		_, err = w.Join(w.ctx(), j)
		require.NoError(w.t, err)
	},
	"a lock keeps out all but the creator": func(w *world) {
		locked := session.Rules{Rev: 2, Capacity: 9, Locked: true, Creator: "ada", Heir: true}
		w.join("s", "ben", 0)
		require.NoError(w.t, w.SetRules(w.ctx(), "s", locked))
		j := joinOf("s", "cem", 1)
		j.Rules = locked
		w.refused(j, protocol.Refuse(protocol.SessionLocked))
		j = joinOf("s", "ada", 1)
		j.Rules = locked
		_, err := w.Join(w.ctx(), j)
		require.NoError(w.t, err)
	},
	"a join on older settings is decided anew": func(w *world) {
		w.join("s", "ada", 0)
		newer := rules(50)
		newer.Rev = 2
		require.NoError(w.t, w.SetRules(w.ctx(), "s", newer))
		w.refused(joinOf("s", "ben", 1), session.ErrRulesChanged)
		require.NoError(w.t, w.SetRules(w.ctx(), "s", rules(50)), "older ones come late")
		w.refused(joinOf("s", "ben", 1), session.ErrRulesChanged)
	},
	"a join on settings that nobody told of makes them hold": func(w *world) {
		w.join("s", "ada", 0)
		j := joinOf("s", "ben", 1)
		j.Rules.Rev, j.Rules.Capacity = 7, 1
		w.refused(j, protocol.Refuse(protocol.SessionFull))
		w.refused(joinOf("s", "ben", 1), session.ErrRulesChanged)
	},
	"settings of an empty session are remembered": func(w *world) {
		require.NoError(w.t, w.SetRules(w.ctx(), "s", session.Rules{Rev: 3, Capacity: 1}))
		w.refused(joinOf("s", "ben", 1), session.ErrRulesChanged)
	},
	"who only counts on being a member must be one": func(w *world) {
		w.join("s", "ada", 0)
		j := joinOf("s", "ben", 1)
		j.Returning = true
		w.refused(j, session.ErrRulesChanged)
	},
	"a join moves the user, the new place first": func(w *world) {
		w.join("a", "ben", 0)
		w.join("a", "cem", 1)
		j := w.join("b", "ben", 2)
		require.NotNil(w.t, j.Moved)
		require.Equal(w.t, "a", j.Moved.SessionID)
		require.Equal(w.t, protocol.LeftMoved, j.Moved.Reason)
		require.Equal(w.t, []session.Device{device("ben-d")}, j.Moved.Member.Devices)
		require.Equal(w.t, []protocol.Left{{UserID: "ben", Number: 1, Reason: protocol.LeftMoved}}, w.last("a").Left)
		require.Equal(w.t, map[string]string{"cem": "host*"}, w.roster("a"))
		places, err := w.Places(w.ctx(), []string{"ben", "cem", "dan"})
		require.NoError(w.t, err)
		require.Equal(w.t, map[string]string{"ben": "b", "cem": "a"}, places)
		require.Nil(w.t, w.join("b", "ben", 3).Moved)
	},
	"a refused join leaves the user where they were": func(w *world) {
		w.join("a", "ben", 0)
		j := joinOf("b", "ben", 1)
		j.Rules.Capacity = 0
		w.refused(j, protocol.Refuse(protocol.SessionFull))
		require.Equal(w.t, map[string]string{"ben": "host*"}, w.roster("a"))
	},
	"numbers are the smallest that have rested": func(w *world) {
		for i, user := range []string{"ada", "ben", "cem"} {
			require.Equal(w.t, uint16(i+1), w.join("s", user, int64(i)).Member.Number)
		}
		w.leave(session.Leave{SessionID: "s", UserID: "ada", At: start + 100})
		w.leave(session.Leave{SessionID: "s", UserID: "ben", At: start + 101})
		left := 0
		for _, f := range w.settled("s") {
			left += len(f.Change.Left)
		}
		require.Equal(w.t, 2, left)
		require.Equal(w.t, uint16(4), w.join("s", "dan", 5_000).Member.Number)
		require.Equal(w.t, uint16(1), w.join("s", "eve", 30_000).Member.Number)
		require.Equal(w.t, uint16(2), w.join("s", "ada", 30_001).Member.Number)
	},
	"members are told in the order of joining": func(w *world) {
		w.join("s", "zoe", 0)
		w.join("s", "ada", 1)
		w.leave(session.Leave{SessionID: "s", UserID: "zoe", At: start + 2})
		w.settled("s")
		require.Equal(w.t, []string{"ada", "zoe"}, users(w.join("s", "zoe", 20_000).Members))
	},
}
