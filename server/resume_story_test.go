package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/protocol"
)

func suspend(t *testing.T, w *world, user string) {
	_, err := directory.New(w.store.Directory(), time.Now).SetSuspended(w.t.Context(), user, true)
	require.NoError(t, err)
}

func TestOnlyTheLastThousandRevisionsCanBeResumedFrom(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		for range 501 {
			ada.invites("ben")
			ada.does("invitation.withdraw", userID("ben"))
		}
		ben.drop()
		for rev, ok := range map[int64]bool{2: true, 1: false, 0: false, 1002: true, 1003: false} {
			again := w.arrives("ben", resuming(ben, rev))
			require.Equal(t, ok, again.hello.Resumed, "from %d", rev)
			require.EqualValues(t, 1002, again.hello.Rev)
			if ok {
				require.Len(t, again.summary(), 1002-int(rev))
			} else {
				again.silent()
			}
			again.hangUp()
		}
		other := w.arrives("ben", func(p map[string]any) { p["resume"] = obj{"epoch": "another", "rev": 1000} })
		require.False(t, other.hello.Resumed)
	})
}

func TestAReplayHasTodaysNamesAndNoErasedMessage(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.drop()
		ada.ok("invitation.send", obj{"to": obj{"user_id": "ben"}, "message": "secret"}, nil)
		ada.does("invitation.withdraw", userID("ben"))
		pass(time.Minute)
		ada.ok("invitation.send", obj{"to": obj{"user_id": "ben"}, "message": "open"}, nil)
		c := claims("ada")
		c.Name = "Ada Lovelace"
		ada.ok("token.refresh", obj{"token": token(t, c)}, nil)
		again := w.arrives("ben", resuming(ben, 0))
		frames := again.raw()
		require.Len(t, frames, 3)
		require.NotContains(t, string(frames[0]), "secret")
		require.Contains(t, string(frames[0]), "Ada Lovelace")
		require.Contains(t, string(frames[0]), `"notify":false`)
		require.Contains(t, string(frames[2]), "open")
		require.Contains(t, string(frames[2]), `"notify":true`, "it still holds")
	})
}

func TestRevisionsOfSettingsAndRelationsAreOneRow(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.drop()
		again := ben
		for i := range 3 {
			ada.invites("ben")
			again = w.arrives("ben", resuming(again, again.known().rev))
			again.ok("settings.update", obj{"findable_by_name": i%2 == 1}, nil)
			ada.does("invitation.withdraw", userID("ben"))
			pass(second)
			require.EqualValues(t, 3*(i+1), again.known().rev)
			again.drop()
		}
	})
}

func TestAnEpochOutlivesARestartAndSoDoesEverythingDurable(t *testing.T) {
	everywhere(t, append(free, "--drain-time=3s"), func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ada.sets("busy", obj{"note": "here"})
		session := lobby(ada, ben)
		ada.setsRole(session, "ben", "cohost")
		ada.drop() // in its grace when the server stops
		pass(second)
		number := ben.known().place.members["ada"].Number
		w.restart()
		require.Contains(t, last(ben.summary()), "server.draining")
		require.Equal(t, 1001, ben.closeCode())
		pass(30 * second)
		again := w.arrives("ada", resuming(ada, ada.known().rev))
		require.True(t, again.hello.Resumed)
		require.Equal(t, ada.hello.Epoch, again.hello.Epoch)
		require.Equal(t, session, again.hello.SessionID)
		r := again.joins(session)
		require.Len(t, r.Members, 2)
		require.Equal(t, number, r.Number)
		require.Equal(t, "host", string(again.role()))
		require.True(t, r.Missed)
		b := w.arrives("ben", resuming(ben, ben.known().rev))
		b.joins(session)
		require.Equal(t, "cohost", string(b.role()))
		require.Equal(t, "here", b.sees("ada").Note)
	})
}

func TestANodeThatStopsSignsNobodyIn(t *testing.T) {
	story(t, append(free, "--drain-time=3s"), func(w *world) {
		w.arrives("ada") // sent away at a moment of its own
		late := w.dial()
		late.user = "ben"
		done := make(chan struct{})
		go func() { w.restart(); close(done) }()
		pass(time.Millisecond)
		late.refused(protocol.Unavailable, "hello", late.greeting("ben"))
		require.Equal(t, 1001, late.closeCode())
		<-done
	})
}

func TestWhoDoesNotComeBackAfterARestartIsGoneAfterAMinute(t *testing.T) {
	everywhere(t, []string{"--drain-time=3s"}, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		w.restart()
		again := w.arrives("ada", resuming(ada, 0))
		require.Len(t, again.joins(session).Members, 2)
		pass(55 * second)
		require.Len(t, again.known().place.members, 2)
		pass(7 * second)
		require.Contains(t, again.summary(), "roster v"+itoa(int(again.known().place.version-firstVersion))+" -ben(dropped)")
	})
}
