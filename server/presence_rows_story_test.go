package server_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

func TestTheOtherDevicesOfAUserLearnOfTheNote(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ben, desk := w.arrives("ben"), w.arrives("ben", kind("desktop"))
		ben.sets("online", obj{"note": "at lunch"})
		require.Equal(t, "at lunch", desk.known().presences["ben"].Note)
		ben.sets("busy")
		require.Equal(t, "at lunch", desk.known().presences["ben"].Note, "what isn't given stays")
		desk.sets("online", obj{"note": ""})
		require.Empty(t, ben.known().presences["ben"].Note)
	})
}

func TestWhatANoteAndItsEndMayBe(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		note := func(p obj) string {
			var r protocol.PresenceSetResult
			p["status"] = "online"
			ben.ok("presence.set", p, &r)
			require.Equal(t, r.Presence.Note, ada.sees("ben").Note)
			return r.Presence.Note
		}
		ends := func(d time.Duration) string { return until(time.Now(), d) }
		long := strings.Repeat("é", 128)
		require.Equal(t, long, note(obj{"note": long}))
		ben.wrong("note", "presence.set", obj{"status": "online", "note": long + "é"})
		ben.wrong("note", "presence.set", obj{"status": "online", "note": "two\nlines"})
		require.Empty(t, note(obj{"note": "over", "note_until": ends(-second)}))
		require.Equal(t, "for ever", note(obj{"note": "for ever", "note_until": "9999-01-01T00:00:00Z"}))
		require.Equal(t, "for ever", note(obj{"note_until": ends(5 * second)}), "the note stays, and has an end now")
		pass(6 * second)
		require.Empty(t, ada.sees("ben").Note)
		require.Empty(t, note(obj{"note_until": ends(time.Hour)}))
	})
}

func TestAStatusPassesOverToWhateverTakesADeviceOver(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ben.sets("busy")
		since := ada.sees("ben").Since
		pass(2 * second)
		forget(ada)
		ben.drop()
		pass(5 * second)
		ben = w.arrives("ben", resuming(ben, 0)) // by name, on whichever node
		pass(2 * second)
		ben.drop()
		pass(5 * second)
		w.arrives("ben") // by kind
		pass(12 * second)
		ada.silent()
		require.Equal(t, protocol.StatusBusy, ada.sees("ben").Status)
		require.Equal(t, since, ada.sees("ben").Since)
	})
}

func TestWhoIsInvisibleIsListedAmongThoseWhoAreOffline(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, ben)
		connect(ada, cem)
		cem.hangUp()
		ben.sets("invisible", obj{"note": "hush"})
		for status, want := range map[string][]string{"offline": {"ben", "cem"}, "online": {}, "away": {}, "busy": {}} {
			var r protocol.ConnectionListResult
			ada.ok("connection.list", obj{"status": status}, &r)
			require.ElementsMatch(t, want, names(r.People), status)
			require.Equal(t, len(want), r.Total, status)
		}
		var f protocol.Focus
		ada.ok("people.focus", userID("ben"), &f)
		require.Equal(t, &protocol.Presence{Status: protocol.StatusOffline, Devices: []protocol.Kind{}}, f.Person.Presence)
		forget(ada)
		ben.sets("invisible", obj{"note": "still"})
		pass(2 * second)
		ada.silent() // the panel, too
	})
}

// What is told of a presence may be lost: it is read again after a while, and at once where that is known.
func TestAPresenceThatWasLostIsReadAgain(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		pass(2 * second)
		forget(ada)
		var deaf atomic.Bool
		one := w.nodes[0].app.Server()
		one.Receives(func(m *cluster.Message) int {
			if deaf.Load() && m.Kind == cluster.KindPresence {
				return 0
			}
			return 1
		})
		lost := func(status string) {
			deaf.Store(true)
			ben.sets(status)
			pass(2 * second)
			deaf.Store(false)
			ada.silent()
		}
		lost("busy")
		pass(30 * second)
		ada.hears("presence ben=busy")
		lost("away")
		one.Resubscribed()
		pass(second)
		ada.hears("presence ben=away")
	})
}
