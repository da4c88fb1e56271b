package server_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

// TestWhoHidOnANodeThatIsCutOffIsNotShownByAnother has a device of Ben's move on Ada's node, which has not heard that he hid.
func TestWhoHidOnANodeThatIsCutOffIsNotShownByAnother(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada, ben, desk := w.arrives("ada"), w.arrives("ben"), w.arrives("ben", kind("desktop"))
		connect(ada, ben)
		pass(5 * second)
		one := w.nodes[0].app.Server()
		one.ProfileFrozen("ben")
		var cut atomic.Bool
		one.Receives(func(m *cluster.Message) int {
			if cut.Load() && m.Kind == cluster.KindPresence {
				return 0
			}
			return 1
		})
		cut.Store(true)
		ben.sets("invisible", obj{})
		pass(second)
		cut.Store(false)
		forget(ada)
		desk.creates()
		pass(2 * second)
		ada.hears("presence ben=offline")
		require.Equal(t, protocol.StatusOffline, ada.sees("ben").Status)
	})
}

// TestANoteThatIsStoredAndShownToNobodyIsNotCalledUntouched: whoever says so again has it shown.
func TestANoteThatIsStoredAndShownToNobodyIsNotCalledUntouched(t *testing.T) {
	story(t, free, func(w *world) {
		end := w.nodes[0].app.Server().ProfilesUnreachable()
		ada := w.arrives("ada")
		note := obj{"status": "online", "note": "back soon"}
		f := ada.call("presence.set", note)
		require.NotNil(t, f.Error)
		require.Equal(t, protocol.Unavailable, f.Error.Reason())
		require.True(t, f.Error.Data.Unknown)
		end()
		var r protocol.PresenceSetResult
		ada.ok("presence.set", note, &r)
		require.Equal(t, "back soon", r.Presence.Note)
	})
}
