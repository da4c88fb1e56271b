package registrytest

import (
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

var leaving = map[string]func(*world){
	"who leaves is gone": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		left := w.leave(session.Leave{SessionID: "s", UserID: "ben", At: start + 2})
		require.Equal(w.t, "s", left.SessionID)
		require.Equal(w.t, "ben", left.Departure.Member.User.ID)
		require.Equal(w.t, protocol.LeftByChoice, left.Departure.Reason)
		require.Equal(w.t, int64(start+2), left.Departure.SeenAt)
		require.Equal(w.t, []protocol.Left{{UserID: "ben", Number: 2, Reason: protocol.LeftByChoice}}, w.last("s").Left)
		places, err := w.Places(w.ctx(), []string{"ben"})
		require.NoError(w.t, err)
		require.Empty(w.t, places)
	},
	"leaving where one isn't changes nothing": func(w *world) {
		w.join("s", "ada", 0)
		for _, l := range []session.Leave{
			{SessionID: "s", UserID: "ben"}, {SessionID: "none", UserID: "ada"}, {UserID: "ben"},
			{SessionID: "s", UserID: "ada", DeviceID: "another"},
		} {
			require.Equal(w.t, session.Left{}, w.leave(l))
		}
		require.Len(w.t, w.settled("s"), 1)
	},
	"leaving with one of two devices is an update": func(w *world) {
		w.join("s", "ada", 0)
		j := joinOf("s", "ada", 1)
		j.Device = session.Device{ID: "tablet", Kind: protocol.KindTablet, Connected: true}
		_, err := w.Join(w.ctx(), j)
		require.NoError(w.t, err)
		left := w.leave(session.Leave{SessionID: "s", UserID: "ada", DeviceID: "ada-d", At: start + 2})
		require.Nil(w.t, left.Departure)
		require.Equal(w.t, "ada-d", left.Device.ID)
		change := w.last("s")
		require.Len(w.t, change.Updated, 1)
		require.Equal(w.t, []protocol.Kind{protocol.KindTablet}, change.Updated[0].Devices)
		left = w.leave(session.Leave{UserID: "ada", DeviceID: "tablet", At: start + 3})
		require.NotNil(w.t, left.Departure, "the last one takes the member along")
	},
	"a removal that was decided on another member is decided anew": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		was := w.member("ben")
		_, err := w.Edit(w.ctx(), session.Edit{SessionID: "s", Members: []session.MemberEdit{{UserID: "ben", Rank: &session.Rank{Role: protocol.RoleCohost}}}})
		require.NoError(w.t, err)
		_, err = w.Leave(w.ctx(), session.Leave{
			SessionID: "s", UserID: "ben", Reason: protocol.LeftKicked, At: start + 2,
			Holds: []session.Stamp{{UserID: "ben", Stamp: was.Stamp}},
		})
		require.ErrorIs(w.t, err, session.ErrMemberChanged)
		w.member("ben")
	},
	"who left is known for ten minutes": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		w.leave(session.Leave{SessionID: "s", UserID: "ben", At: start + 2})
		st, err := w.Standings(w.ctx(), "s", "ben", "cem")
		require.NoError(w.t, err)
		require.Equal(w.t, session.Standing{LeftAt: start + 2, Left: protocol.LeftByChoice, Role: protocol.RoleMember}, st.By["ben"])
		require.Zero(w.t, st.By["cem"])
		require.Equal(w.t, "ada", st.Host)
		require.Equal(w.t, "ada", st.Creator)
		_, err = w.Sweep(w.ctx(), start+session.RecentFor+1)
		require.NoError(w.t, err)
		st, err = w.Standings(w.ctx(), "s", "ben")
		require.NoError(w.t, err)
		require.NotZero(w.t, st.By["ben"])
		_, err = w.Sweep(w.ctx(), start+session.RecentFor+2)
		require.NoError(w.t, err)
		st, err = w.Standings(w.ctx(), "s", "ben")
		require.NoError(w.t, err)
		require.Zero(w.t, st.By["ben"])
	},
	"who comes back is no longer one who left": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		w.leave(session.Leave{SessionID: "s", UserID: "ben", At: start + 2})
		w.settled("s")
		w.join("s", "ben", 3)
		st, err := w.Standings(w.ctx(), "s", "ben")
		require.NoError(w.t, err)
		require.Zero(w.t, st.By["ben"].LeftAt)
	},
}

var deviceTests = map[string]func(*world){
	"a dropped device is waited for": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		require.NoError(w.t, w.Detach(w.ctx(), "ben", device("ben-d"), start+5, start+5+grace))
		change := w.last("s")
		require.Len(w.t, change.Updated, 1)
		require.False(w.t, change.Updated[0].Connected)
		swept, err := w.Sweep(w.ctx(), start+4+grace)
		require.NoError(w.t, err)
		require.Empty(w.t, swept.Departed)

		back := device("ben-d")
		back.Link, back.Node = "ben-d-2", "n2"
		id, err := w.Attach(w.ctx(), "ben", back)
		require.NoError(w.t, err)
		require.Equal(w.t, "s", id)
		change = w.last("s")
		require.Len(w.t, change.Updated, 1)
		require.True(w.t, change.Updated[0].Connected)
		require.Equal(w.t, []session.Device{back}, w.member("ben").Devices)

		swept, err = w.Sweep(w.ctx(), start+99*grace)
		require.NoError(w.t, err)
		require.Empty(w.t, swept.Departed)
	},
	"the end of an old socket doesn't drop the new one": func(w *world) {
		w.join("s", "ada", 0)
		back := device("ada-d")
		back.Link = "ada-d-2"
		_, err := w.Attach(w.ctx(), "ada", back)
		require.NoError(w.t, err)
		require.NoError(w.t, w.Detach(w.ctx(), "ada", device("ada-d"), start+5, start+5+grace))
		member := w.member("ada")
		require.True(w.t, member.Connected())
	},
	"a device that isn't in a session has none": func(w *world) {
		w.join("s", "ada", 0)
		for user, id := range map[string]string{"ada": "another", "ben": "ben-d"} {
			where, err := w.Attach(w.ctx(), user, device(id))
			require.NoError(w.t, err)
			require.Empty(w.t, where)
			require.NoError(w.t, w.Detach(w.ctx(), user, device(id), start, start+grace))
		}
		require.Len(w.t, w.settled("s"), 1)
	},
	"who doesn't come back leaves as dropped": func(w *world) {
		w.join("s", "ada", 0)
		w.join("s", "ben", 1)
		require.NoError(w.t, w.Detach(w.ctx(), "ben", device("ben-d"), start+5, start+5+grace))
		swept, err := w.Sweep(w.ctx(), start+5+grace)
		require.NoError(w.t, err)
		require.Len(w.t, swept.Departed, 1)
		d := swept.Departed[0]
		require.Equal(w.t, "ben", d.Member.User.ID)
		require.Equal(w.t, protocol.LeftDropped, d.Reason)
		require.Equal(w.t, int64(start+5), d.SeenAt, "the stay ended when they were last seen")
		require.Equal(w.t, []protocol.Left{{UserID: "ben", Number: 2, Reason: protocol.LeftDropped}}, w.last("s").Left)
		where, err := w.Attach(w.ctx(), "ben", device("ben-d"))
		require.NoError(w.t, err)
		require.Empty(w.t, where)
	},
	"a member is connected while one device is": func(w *world) {
		w.join("s", "ada", 0)
		j := joinOf("s", "ada", 1)
		j.Device = session.Device{ID: "tablet", Kind: protocol.KindTablet, Connected: true}
		_, err := w.Join(w.ctx(), j)
		require.NoError(w.t, err)
		before := w.settled("s")
		require.NoError(w.t, w.Detach(w.ctx(), "ada", device("ada-d"), start+5, start+5+grace))
		require.Len(w.t, w.settled("s"), len(before), "nobody sees that one of two dropped")
		swept, err := w.Sweep(w.ctx(), start+5+grace)
		require.NoError(w.t, err)
		require.Empty(w.t, swept.Departed)
		change := w.last("s")
		require.Equal(w.t, []protocol.Kind{protocol.KindTablet}, change.Updated[0].Devices)
	},
}
