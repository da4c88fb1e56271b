package registrytest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

var ending = map[string]func(*world){
	"the end takes everybody out and lets nobody in": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		before := w.settled("s")
		gone, err := w.End(w.ctx(), "s", start+5)
		require.NoError(w.t, err)
		require.Len(w.t, gone, 2)
		require.Equal(w.t, "ada", gone[0].Member.User.ID)
		require.Equal(w.t, []session.Device{device("ben-d")}, gone[1].Member.Devices)
		w.refused(joinOf("s", "ada", 6), protocol.Refuse(protocol.SessionNotFound))
		places, err := w.Places(w.ctx(), []string{"ada", "ben"})
		require.NoError(w.t, err)
		require.Empty(w.t, places)
		gone, err = w.End(w.ctx(), "s", start+7)
		require.NoError(w.t, err)
		require.Empty(w.t, gone)
		w.join("t", "ben", 8)
		w.settled("t")
		w.mu.Lock()
		defer w.mu.Unlock()
		require.Len(w.t, w.seen["s"].flushes, len(before), "session.ended tells it, not the roster")
	},
	"a session that ended before anybody came lets nobody in": func(w *world) {
		_, err := w.End(w.ctx(), "s", start)
		require.NoError(w.t, err)
		w.refused(joinOf("s", "ada", 6), protocol.Refuse(protocol.SessionNotFound))
	},
	"empty for too long, it ends": func(w *world) {
		w.join("s", "ada", 0)
		w.leave(session.Leave{SessionID: "s", UserID: "ada", At: start + 1_000})
		swept, err := w.Sweep(w.ctx(), start+60_999)
		require.NoError(w.t, err)
		require.Empty(w.t, swept.Ended)
		swept, err = w.Sweep(w.ctx(), start+61_000)
		require.NoError(w.t, err)
		require.Equal(w.t, []string{"s"}, swept.Ended)
		w.refused(joinOf("s", "ada", 61_001), protocol.Refuse(protocol.SessionNotFound))
		swept, err = w.Sweep(w.ctx(), start+70_000)
		require.NoError(w.t, err)
		require.Empty(w.t, swept.Ended, "once")
	},
	"who comes in time keeps it, those in grace count": func(w *world) {
		w.join("s", "ada", 0)
		w.leave(session.Leave{SessionID: "s", UserID: "ada", At: start + 1_000})
		w.join("s", "ben", 50_000)
		require.NoError(w.t, w.Detach(w.ctx(), "ben", device("ben-d"), start+55_000, start+65_000))
		for _, at := range []int64{61_000, 65_000, 124_999} {
			swept, err := w.Sweep(w.ctx(), start+at)
			require.NoError(w.t, err)
			require.Empty(w.t, swept.Ended)
		}
		swept, err := w.Sweep(w.ctx(), start+125_000)
		require.NoError(w.t, err)
		require.Equal(w.t, []string{"s"}, swept.Ended)
	},
	"a persistent one doesn't end": func(w *world) {
		j := joinOf("s", "ada", 0)
		j.Rules.Persistent = true
		_, err := w.Join(w.ctx(), j)
		require.NoError(w.t, err)
		w.leave(session.Leave{SessionID: "s", UserID: "ada", At: start + 1_000})
		swept, err := w.Sweep(w.ctx(), start+1e9)
		require.NoError(w.t, err)
		require.Empty(w.t, swept.Ended)
		w.join("s", "ben", 1e9)
	},
	"a session that nobody ever entered ends too": func(w *world) {
		require.NoError(w.t, w.SetRules(w.ctx(), "s", rules(50)))
		swept, err := w.Sweep(w.ctx(), farFuture)
		require.NoError(w.t, err)
		require.Equal(w.t, []string{"s"}, swept.Ended)
	},
	"members of before a restart are waited for": func(w *world) {
		w.join("other", "dan", 0)
		d := func(user string) []session.Device {
			return []session.Device{{ID: user + "-d", Kind: protocol.KindHeadset, DroppedAt: start - 500, GraceUntil: start + 60_000}}
		}
		saved := []session.Member{
			{User: protocol.User{ID: "ben"}, Number: 4, Role: protocol.RoleHost, Former: protocol.RoleMember, Attributes: protocol.Attributes{"hand": json.RawMessage(`1`)}, Devices: d("ben"), JoinedAt: start - 2000},
			{User: protocol.User{ID: "cem"}, Number: 2, Role: protocol.RoleCohost, Attributes: protocol.Attributes{}, Devices: d("cem"), JoinedAt: start - 1000, Muted: true},
			{User: protocol.User{ID: "dan"}, Number: 3, Role: protocol.RoleMember, Attributes: protocol.Attributes{}, Devices: d("dan"), JoinedAt: start - 1000},
		}
		require.NoError(w.t, w.Restore(w.ctx(), "s", session.Rules{Rev: 4, Capacity: 2, Locked: true, Creator: "ada", Heir: true}, saved))
		require.Equal(w.t, map[string]string{"ben": "host*", "cem": "cohost"}, w.roster("s"), "who is elsewhere by now stays there")
		require.Equal(w.t, map[string]string{"dan": "host*"}, w.roster("other"))
		m := w.member("ben")
		require.False(w.t, m.Connected())
		where, err := w.Attach(w.ctx(), "ben", device("ben-d"))
		require.NoError(w.t, err)
		require.Equal(w.t, "s", where)
		m = w.member("ben")
		require.Equal(w.t, uint16(4), m.Number)
		require.Equal(w.t, int64(start-2000), m.JoinedAt)
		require.JSONEq(w.t, `1`, string(m.Attributes["hand"]))
		j := joinOf("s", "eve", 1)
		j.Rules = session.Rules{Rev: 4, Capacity: 2, Locked: true, Creator: "ada", Heir: true}
		w.refused(j, protocol.Refuse(protocol.SessionLocked))
		swept, err := w.Sweep(w.ctx(), start+60_000)
		require.NoError(w.t, err)
		require.Len(w.t, swept.Departed, 1)
		require.Equal(w.t, "cem", swept.Departed[0].Member.User.ID)
		require.Equal(w.t, int64(start-500), swept.Departed[0].SeenAt)
		w.settled("s")
	},
	"all rosters, counts and snapshots": func(w *world) {
		w.join("b", "ada", 0)
		w.join("a", "ben", 1)
		w.join("a", "cem", 2)
		require.NoError(w.t, w.SetRules(w.ctx(), "empty", rules(1)))
		all, err := w.All(w.ctx())
		require.NoError(w.t, err)
		require.Len(w.t, all, 2)
		require.Equal(w.t, "a", all[0].SessionID)
		require.Len(w.t, all[0].Members, 2)
		counts, err := w.Summaries(w.ctx(), []string{"a", "b", "empty", "none"})
		require.NoError(w.t, err)
		require.Equal(w.t, map[string]session.Summary{"a": {Count: 2, Host: "ben", Inherited: true}, "b": {Count: 1, Host: "ada"}, "empty": {}}, counts)
		none, err := w.Roster(w.ctx(), "none")
		require.NoError(w.t, err)
		require.Empty(w.t, none.Members)
		st, err := w.Standings(w.ctx(), "none", "ada")
		require.NoError(w.t, err)
		require.Zero(w.t, st.Count)
	},
	"resyncing tells a member what a join would": func(w *world) {
		j := w.join("s", "ada", 0)
		got, err := w.Resync(w.ctx(), "s", "ada")
		require.NoError(w.t, err)
		j.Arrived = false
		require.Equal(w.t, j, got)
		for _, id := range []string{"s", "none"} {
			_, err = w.Resync(w.ctx(), id, "ben")
			require.ErrorIs(w.t, err, protocol.Refuse(protocol.NotInSession))
		}
	},
}

// farFuture is long after any clock's now, in Unix milliseconds.
const farFuture = 1 << 50
