package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDroppedMemberIsWaitedFor(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.drop()
		pass(second)
		ada.hears("roster v3 ~ben(member,false)")
		again := w.arrives("ben", resuming(ben, 0))
		require.Equal(t, ben.hello.DeviceID, again.hello.DeviceID)
		require.Equal(t, session, again.hello.SessionID)
		pass(second)
		ada.hears("roster v4 ~ben(member,true)")
		again.silent() // follows once it has joined again
		back := again.joins(session)
		require.True(t, back.Missed)
		require.False(t, again.joins(session).Missed)
		again.drop()
		pass(11 * second)
		ada.hears("roster v5 ~ben(member,false)", "roster v6 -ben(dropped)")
	})
}

func TestAMemberStaysConnectedWhileOneDeviceIs(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, desk := w.arrives("ada"), w.arrives("ben"), w.arrives("ben", kind("desktop"))
		lobby(ada, ben, desk)
		ben.drop()
		pass(second)
		ada.silent()
		pass(10 * second)
		require.Equal(t, []string{"roster v4 ~ben(member,true)"}, ada.summary(), "one device fewer")
		require.Len(t, ada.known().place.members["ben"].Devices, 1)
	})
}

func TestADeviceThatComesBackElsewhereReplacesTheSocketThatStillHangs(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ada.setsRole(session, "ben", "cohost")
		forget(ada, ben)
		again := w.arrives("ben", resuming(ben, 0))
		require.Equal(t, 4410, ben.closeCode())
		require.Equal(t, ben.hello.DeviceID, again.hello.DeviceID)
		require.Equal(t, session, again.hello.SessionID)
		pass(11 * second)
		ada.silent()
		again.joins(session)
		require.Equal(t, "cohost", string(again.role()))
	})
}

func TestWithoutAnIdADeviceTakesOverADroppedOneOfItsKind(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.drop()
		other := w.arrives("ben", kind("desktop"))
		require.NotEqual(t, ben.hello.DeviceID, other.hello.DeviceID)
		require.Empty(t, other.hello.SessionID)
		again := w.arrives("ben")
		require.Equal(t, ben.hello.DeviceID, again.hello.DeviceID)
		require.Equal(t, session, again.hello.SessionID)
		require.NotEqual(t, ben.hello.DeviceID, w.arrives("ben").hello.DeviceID, "it is taken")
	})
}

func TestADeviceOfSomebodyElseCannotBeTakenOver(t *testing.T) {
	story(t, nil, func(w *world) {
		ben := w.arrives("ben")
		eve := w.arrives("eve", resuming(ben, 0))
		require.NotEqual(t, ben.hello.DeviceID, eve.hello.DeviceID)
		require.Zero(t, ben.closeCode())
	})
}

func TestTheEleventhDevice(t *testing.T) {
	everywhere(t, []string{"--limits.devices-per-user=3"}, func(w *world) {
		one, _, _ := w.arrives("ada"), w.arrives("ada"), w.arrives("ada", companion)
		fourth := w.dial()
		f := fourth.call("hello", fourth.greeting("ada", kind("desktop")))
		require.Equal(t, "rate_limited", string(f.Error.Reason()))
		require.Equal(t, 4409, fourth.closeCode())
		one.drop()
		desk := w.arrives("ada", kind("desktop")) // the oldest in grace makes room
		require.NotEqual(t, one.hello.DeviceID, desk.hello.DeviceID)
		again := w.dial()
		f = again.call("hello", again.greeting("ada", resuming(one, 0)))
		require.NotNil(t, f.Error)
	})
}

func TestWhoeverWasKickedWhileAwayComesBackToNoSession(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.drop()
		ada.ok("session.kick", at(session, userID("ben")), nil)
		again := w.arrives("ben", resuming(ben, 0))
		require.Empty(t, again.hello.SessionID)
		pass(second)
		require.False(t, again.joins(session).Missed, "it is a new stay")
	})
}

func TestALockedSessionLetsThoseInGraceAndItsCreatorBack(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben, cem)
		ada.ok("session.update", at(session, obj{"locked": true, "capacity": 3}), nil)
		ben.drop()
		again := w.arrives("ben", resuming(ben, 0))
		again.joins(session)
		cem.ok("session.leave", at(session), nil)
		cem.refused("session_locked", "session.join", at(session))
		ada.ok("session.leave", at(session), nil)
		ada.joins(session)
	})
}
