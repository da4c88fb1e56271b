package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

// Notes end at 45 s: in the middle between the looks that nodes take at everybody, in case a message was lost.

// until is note_until, so long after the story's beginning.
func until(began time.Time, d time.Duration) string {
	return began.Add(d).UTC().Format("2006-01-02T15:04:05.000Z")
}

// notes has ada and ben come and be connected, and ben set a note that ends 45 s after the beginning. There is nobody else.
func notes(w *world) (began time.Time, ada, ben *device) {
	began = time.Now()
	ada, ben = w.arrives("ada"), w.arrives("ben")
	connect(ada, ben)
	ben.sets("online", obj{"note": "at lunch", "note_until": until(began, 45*second)})
	pass(2 * second)
	require.Equal(w.t, "at lunch", ada.sees("ben").Note)
	forget(ada)
	return began, ada, ben
}

// ends has ada be told once, as the note ends, and by no more than that.
func ends(w *world, began time.Time, ada *device) {
	pass(time.Until(began.Add(45*second)) - time.Millisecond)
	require.Equal(w.t, "at lunch", ada.sees("ben").Note)
	forget(ada)
	pass(second)
	ada.hears("presence ben=online")
	require.Empty(w.t, ada.sees("ben").Note)
	pass(time.Minute)
	ada.silent()
}

func TestANoteEndsThoughTheDeviceThatSetItHasGone(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began, ada, ben := notes(w)
		w.arrives("ben", kind("desktop")) // on ada's node, where there are two
		ben.hangUp()
		pass(2 * second)
		ends(w, began, ada)
	})
}

func TestANoteEndsWithinAGrace(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began, ada, ben := notes(w)
		pass(time.Until(began.Add(40 * second)))
		ben.drop()
		pass(time.Until(began.Add(45*second)) - time.Millisecond)
		ada.silent()
		pass(2 * time.Millisecond)
		ada.hears("presence ben=online") // in grace
		pass(6 * second)
		ada.hears("presence ben=offline")
		w.arrives("ben")
		pass(2 * second)
		ada.hears("presence ben=online")
		require.Empty(t, ada.sees("ben").Note)
	})
}

func TestANoteEndsWhileNobodyOfItsUserIsThere(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began, ada, ben := notes(w)
		ben.hangUp()
		pass(2 * second)
		ada.hears("presence ben=offline")
		pass(time.Until(began.Add(40 * second)))
		ada.silent()
		w.arrives("ben")
		pass(2 * second)
		require.Equal(t, "at lunch", ada.sees("ben").Note, "it is the user's, and lasts")
		w.devices[len(w.devices)-1].hangUp()
		pass(2 * second)
		forget(ada)
		pass(time.Minute)
		ada.silent()
		w.arrives("ben")
		pass(2 * second)
		require.Empty(t, ada.sees("ben").Note)
	})
}

func TestANoteOfBeforeARestartEnds(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began, _, _ := notes(w)
		w.restart()
		ada, _ := w.arrives("ada"), w.arrives("ben")
		pass(2 * second)
		ends(w, began, ada)
	})
}

// Whoever begins to watch knows when the note ends, whoever set it and wherever.
func TestANoteEndsForWhoCameAfterItWasSet(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began, ada, _ := notes(w)
		ada.hangUp()
		pass(2 * second)
		ada = w.arrives("ada")
		ends(w, began, ada)
	})
}

func TestTheEndOfANoteCanBePutOffAndBroughtForward(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began := time.Now()
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ben.sets("online", obj{"note": "at lunch", "note_until": until(began, 20*second)})
		pass(2 * second)
		ben.sets("online", obj{"note": "at lunch", "note_until": until(began, 45*second)})
		pass(2 * second)
		forget(ada)
		pass(20 * second)
		ada.silent()
		ends(w, began, ada)
		ben.sets("online", obj{"note": "at lunch"})
		pass(2 * second)
		forget(ada)
		ben.sets("online", obj{"note": "at lunch", "note_until": until(time.Now(), 5*second)})
		pass(4 * second)
		ada.silent()
		pass(2 * second)
		ada.hears("presence ben=online")
	})
}

// A panel of somebody who isn't connected hears of no presence: it is looked at anew when the note ends.
func TestAPanelShowsTheEndOfANote(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began := time.Now()
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := ben.creates()
		ada.joins(session)
		ben.sets("online", obj{"note": "at lunch", "note_until": until(began, 45*second)})
		pass(2 * second)
		ada.focuses("ben")
		forget(ada)
		shown := func() string {
			of := into[protocol.Focus](ada.known().focus).Person.Presence
			require.NotNil(t, of)
			return of.Note
		}
		pass(time.Until(began.Add(45*second)) - time.Millisecond)
		require.Equal(t, "at lunch", shown())
		pass(second)
		require.Empty(t, shown())
	})
}

// The pace holds for the end of a note, too: within the second after another change it is told at the second's end.
func TestTheEndOfANoteKeepsThePace(t *testing.T) {
	everywhere(t, free, func(w *world) {
		began, ada, ben := notes(w)
		pass(time.Until(began.Add(45*second)) - 100*time.Millisecond)
		ben.sets("busy")
		told := ada.summary()
		require.Len(t, told, 1)
		require.Contains(t, told[0], "busy")
		pass(800 * time.Millisecond)
		ada.silent()
		pass(200 * time.Millisecond)
		ada.hears("presence ben=busy")
		require.Equal(t, protocol.StatusBusy, ada.sees("ben").Status)
		pass(time.Minute)
		ada.silent()
	})
}

// What a node told before the end, and is heard of afterwards, is not shown.
func TestANoteIsNotShownAfterItsEnd(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		began := time.Now()
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		pass(3 * second) // what ben's node tells now is clearly newer
		release := w.nodes[0].app.Server().ReceivesLate(func(m *cluster.Message) bool { return m.Kind == cluster.KindPresence })
		ben.sets("online", obj{"note": "at lunch", "note_until": until(began, 10*second)})
		pass(11 * second)
		forget(ada)
		release()
		pass(5 * second)
		ada.silent()
	})
}
