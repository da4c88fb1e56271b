package server_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
)

// Who hears of a connection that has ended and is there again only that it is there has a device that knows nothing of it.
func TestWhoIsConnectedAgainIsShownThoughNobodyHeardThatItHadEnded(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindChange && m.User == "ada" && (m.Rev == 3 || m.Rev == 4) {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.ok("invitation.send", to("ben"), nil)
		ben.ok("invitation.send", to("ada"), nil)
		ben.ok("connection.remove", obj{"user_id": "ada"}, nil)
		other := w.arrives("ada")
		ben.ok("invitation.send", to("ada"), nil)
		ada.ok("invitation.send", to("ben"), nil)
		require.Contains(t, strings.Join(other.summary(), "\n"), "presence ben=online")
	})
}

// A user's first device goes before the log's tail tells that hints were lost. The second has it all by its hello.
func TestWhatADeviceKnewWhenItCameIsKnownOfItsUserToo(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindChange && m.User == "ada" && m.Rev == 2 {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.ok("invitation.send", to("ben"), nil)
		ben.ok("invitation.send", to("ada"), nil)
		other := w.arrives("ada")
		ada.hangUp()
		pass(2 * second)
		other.summary()
		ben.ok("presence.set", obj{"status": "busy"}, nil)
		pass(2 * second)
		require.Contains(t, strings.Join(other.summary(), "\n"), "presence ben=busy")
	})
}

// A block is in the log of whoever blocks alone; the other one's node may have missed the word of it.
func TestABlockWhoseWordIsLostCountsWithinTwoSeconds(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindBlock {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		exchange := func() (heard []string) {
			pass(2 * second)
			forget(ada, ben)
			for _, d := range []*device{ada, ben} {
				d.writes(d.user)
				d.says(session, "k")
			}
			pass(second)
			for _, d := range []*device{ada, ben} {
				heard = append(append(heard, d.others()...), d.summary()...)
				d.writes("")
			}
			return heard
		}
		require.Len(t, exchange(), 4)
		ada.does("user.block", userID("ben"))
		require.Empty(t, exchange())
		ada.does("user.unblock", userID("ben"))
		require.Len(t, exchange(), 4)
		ben.does("user.block", userID("ada"))
		require.Empty(t, exchange())
	})
}
