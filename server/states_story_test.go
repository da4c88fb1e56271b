package server_test

import (
	"fmt"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

// writes sends a state.
func (d *device) writes(state string) {
	require.NoError(d.w.t, d.conn.WriteMessage(websocket.BinaryMessage, append([]byte{1}, state...)))
}

// seen takes the state frames that came, one line each: its kind and the states by the member's user.
func (d *device) seen() []string {
	out := []string{}
	for _, f := range d.states() {
		s := map[protocol.FrameKind]string{protocol.FrameTick: "tick", protocol.FrameKey: "key"}[f.Kind]
		for number, state := range f.All() {
			s += fmt.Sprintf(" %s=%s", d.owner(number), state)
		}
		out = append(out, s)
	}
	return out
}

// others is seen without the device's own states.
func (d *device) others() []string {
	out := []string{}
	for _, f := range d.states() {
		for number, state := range f.All() {
			if user := d.owner(number); user != d.user {
				out = append(out, user+"="+string(state))
			}
		}
	}
	return out
}

func (d *device) owner(number uint16) string {
	for user, m := range d.known().place.members {
		if m.Number == number {
			return user
		}
	}
	return fmt.Sprint("nobody with ", number)
}

func TestStatesGoOutOnceATickAndTheLastWins(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := ada.creates()
		require.Equal(t, []string{"key"}, ada.seen(), "a key frame follows the answer, even if empty")
		ada.writes("a1")
		pass(second)
		ben.joins(session)
		require.Equal(t, []string{"key ada=a1"}, ben.seen(), "who never wrote is not in it")
		forget(ada)
		ada.writes("a2")
		ada.writes("a3")
		ben.writes("b1")
		pass(second)
		require.Equal(t, []string{"tick ada=a3 ben=b1"}, ada.seen())
		require.Equal(t, []string{"tick ada=a3 ben=b1"}, ben.seen(), "the same for all")
		pass(second)
		require.Empty(t, ben.seen(), "no frame where nothing changed")
		ben.ok("session.leave", at(session), nil)
		ada.writes("a4")
		pass(second)
		require.Empty(t, ben.states())
		require.Equal(t, []string{"key ada=a4"}, func() []string { ben.joins(session); return ben.seen() }(), "a state ends with its member")
	})
}

func TestATickIsOneOfTheSessionsRate(t *testing.T) {
	everywhere(t, []string{"--limits.states-per-second=0"}, func(w *world) {
		ada := w.arrives("ada")
		ada.creates(obj{"tick_hz": 5})
		forget(ada)
		for i := range 100 {
			ada.writes(fmt.Sprint(i))
			pass(10_000_000)
		}
		require.InDelta(t, 5, len(ada.states()), 1)
	})
}

func TestStatesOfABlockedMemberAreNotSent(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben, cem)
		ada.does("user.block", userID("ben"))
		for _, d := range []*device{ada, ben, cem} {
			forget(d)
			d.writes(d.user)
		}
		pass(second)
		require.Equal(t, []string{"cem=cem"}, ada.others())
		require.Equal(t, []string{"cem=cem"}, ben.others(), "in either direction")
		require.Equal(t, []string{"ada=ada", "ben=ben"}, cem.others())
		ben.drop()
		again := w.arrives("ben", resuming(ben, 0))
		again.joins(session)
		pass(second) // its node may have to ask the other one
		require.Equal(t, []string{"cem=cem"}, again.others(), "after coming back just the same")
		forget(ada, cem, again)
		ada.does("user.unblock", userID("ben"))
		require.Contains(t, ada.others(), "ben=ben")
		require.Contains(t, again.others(), "ada=ada")
	})
}

func TestWhoJoinsWhileBlockedIsNotSeenEither(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(cem, ada)
		ada.does("user.block", userID("ben"))
		ben.joins(session)
		pass(second)
		forget(ada, ben, cem)
		ada.writes("ada")
		ben.writes("ben")
		pass(second)
		require.Empty(t, ada.others())
		require.Empty(t, ben.others())
		require.Equal(t, []string{"ada=ada", "ben=ben"}, cem.others())
	})
}

func TestWhatTheStateLaneDoesNotTake(t *testing.T) {
	story(t, nil, func(w *world) {
		for name, c := range map[string]struct {
			payload []byte
			code    int
		}{
			"not a state":    {[]byte{9, 1}, 4400},
			"nothing at all": {[]byte{}, 4400},
			"too long":       {append([]byte{1}, make([]byte, 513)...), 1009},
		} {
			d := w.arrives("ada")
			require.NoError(t, d.conn.WriteMessage(websocket.BinaryMessage, c.payload))
			pass(second)
			require.Equal(t, c.code, d.closeCode(), name)
		}
		early := w.dial()
		early.writes("before hello")
		require.Equal(t, 4400, early.closeCode())
		nowhere := w.arrives("ada")
		nowhere.writes("in no session")
		longest := w.arrives("ben")
		longest.writes(string(make([]byte, 512)))
		pass(second)
		require.Zero(t, nowhere.closeCode())
		require.Zero(t, longest.closeCode())
	})
}

func TestWhoIsShownASessionAnewIsShownNoStateOfWhoLeftUnseen(t *testing.T) {
	cast(t, 2, nil, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if len(m.Left) > 0 {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.writes("ben")
		pass(second)
		require.Equal(t, []string{"ben=ben"}, ada.others())
		ben.ok("session.leave", at(session), nil)
		ben.ok("session.join", at(session), nil) // a version that ada's node does not expect
		pass(second)
		require.Contains(t, ada.summary(), "resync v4 members=2 missed=true")
		require.Empty(t, ada.others(), "of the stay before")
	})
}
