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
