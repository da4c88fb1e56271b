package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func at(session string, more ...obj) obj {
	p := obj{"session_id": session}
	for _, m := range more {
		for k, v := range m {
			p[k] = v
		}
	}
	return p
}

func TestMembersAreToldWhoComesAndGoes(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := ada.creates()
		made := ada.joins(session)
		require.Equal(t, protocol.RoleHost, made.Members[0].Role)
		require.Equal(t, protocol.VisibilityPublic, made.Session.Visibility)
		require.Equal(t, 50, made.Session.Capacity)
		require.Equal(t, 20, made.Session.TickHz)
		pass(second)
		joined := ben.joins(session)
		require.Len(t, joined.Members, 2)
		require.Equal(t, made.Version+1, joined.Version, "the joiner's own arrival is in the answer")
		ben.silent()
		ada.hears("roster v2 +ben")
		pass(second)
		cem.joins(session)
		ada.hears("roster v3 +cem")
		ben.hears("roster v3 +cem")
		again := ben.joins(session)
		require.Equal(t, joined.Number, again.Number, "joining again changes nothing")
		pass(second)
		ben.ok("session.leave", at(session), nil)
		ada.hears("roster v4 -ben(left)")
		ben.ok("session.leave", at(session), nil)
		ben.silent()
		cem.hangUp()
		pass(second)
		ada.hears("roster v5 -cem(left)")
	})
}

func TestAJoinMovesTheUserAndTellsTheDevicesLeftBehind(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, desk, ben := w.arrives("ada"), w.arrives("ada", kind("desktop")), w.arrives("ben")
		first := lobby(ben, ada, desk)
		second := ada.creates(obj{"name": "Garden"})
		pass(time.Second)
		ben.hears("roster v4 -ada(moved)")
		require.Contains(t, desk.summary(), "ended moved")
		desk.joins(second)
		pass(time.Second)
		require.Contains(t, ada.summary(), "roster v2 ~ada(host,true)")
		ada.ok("session.leave", at(second), nil)
		pass(time.Second)
		desk.hears("roster v3 ~ada(host,true)")
		require.Equal(t, protocol.SessionNotFound, ben.refused(protocol.SessionNotFound, "session.join", at("none")).Reason())
		_ = first
	})
}

func TestTheWayInHasItsOrderOfRefusals(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := ada.creates(obj{"capacity": 2, "password": "sesame"})
		cem.ok("session.join", at(session, obj{"password": "sesame"}), nil)
		ada.refused(protocol.UserNotFound, "session.kick", at(session, userID("ben")))
		ben.refused(protocol.WrongPassword, "session.join", at(session))
		ben.refused(protocol.WrongPassword, "session.join", at(session, obj{"password": "simsim"}))
		ben.refused(protocol.SessionFull, "session.join", at(session, obj{"password": "sesame"}))
		ada.ok("session.update", at(session, obj{"locked": true}), nil)
		ben.refused(protocol.SessionLocked, "session.join", at(session, obj{"password": "sesame"}))
		ada.does("user.block", userID("ben"))
		ben.refused(protocol.SessionNotFound, "session.join", at(session))
		ada.does("user.unblock", userID("ben"))
		cem.joins(session) // a member needs nothing
		ada.ok("session.update", at(session, obj{"locked": false, "password": "", "capacity": 3}), nil)
		ben.joins(session)
		ada.ok("session.kick", at(session, userID("ben"), obj{"ban": true}), nil)
		ben.refused(protocol.Banned, "session.join", at(session))
		var bans protocol.UsersResult
		ada.ok("session.bans", at(session), &bans)
		require.Equal(t, "ben", bans.Users[0].ID)
		ada.ok("session.unban", at(session, userID("ben")), nil)
		ben.joins(session)
	})
}

func TestVisibilitySaysWhoFindsASession(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, ben)
		session := ada.creates(obj{"visibility": "connections"})
		finds := func(d *device) bool {
			var list protocol.SessionListResult
			d.ok("session.list", obj{}, &list)
			return len(list.Sessions) == 1
		}
		require.True(t, finds(ben))
		require.False(t, finds(cem))
		cem.refused(protocol.SessionNotFound, "session.join", at(session))
		cem.refused(protocol.NotInSession, "people.in_session", at(session))
		cem.refused(protocol.NotInSession, "people.in_session", at("none")) // so nothing can be learnt from it
		ada.ok("session.update", at(session, obj{"visibility": "private"}), nil)
		require.False(t, finds(ben))
		cem.joins(session) // whoever has the id
		ada.ok("session.update", at(session, obj{"visibility": "public"}), nil)
		cem.ok("session.leave", at(session), nil)
		require.True(t, finds(cem))
		cem.refused(protocol.NotInSession, "people.in_session", at(session))
		ada.ok("session.update", at(session, obj{"locked": true}), nil)
		require.False(t, finds(cem))
	})
}

func TestSettingsOfASessionAreToldToItsMembers(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben)
		var r protocol.SessionResult
		ada.ok("session.update", at(session, obj{"name": "Garden", "metadata": obj{"map": "park"}}), &r)
		require.Equal(t, "Garden", r.Session.Name)
		for _, d := range []*device{ada, ben} {
			f := d.told()
			require.Len(t, f, 1)
			require.Equal(t, "session.updated", f[0].Method)
			require.JSONEq(t, `{"map":"park"}`, string(into[protocol.SessionResult](f[0].Params).Session.Metadata))
		}
		ada.ok("session.update", at(session, obj{"name": "Garden"}), nil)
		ben.silent()
		ben.refused(protocol.Forbidden, "session.update", at(session, obj{"name": "Mine"}))
		cem.refused(protocol.NotInSession, "session.update", at(session, obj{"name": "Mine"}))
		ada.wrong("capacity", "session.update", at(session, obj{"capacity": 1001}))
		ada.wrong("name", "session.create", obj{"name": ""})
		ada.wrong("tick_hz", "session.create", obj{"name": "x", "tick_hz": 61})
	})
}

func TestASessionEndsForEverybodyWhenItsHostClosesIt(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.refused(protocol.Forbidden, "session.close", at(session))
		ada.ok("session.close", at(session), nil)
		ada.hears("ended closed")
		ben.hears("ended closed")
		ben.refused(protocol.SessionNotFound, "session.join", at(session))
	})
}

func TestAnEmptySessionEndsAfterAMinuteUnlessItIsPersistent(t *testing.T) {
	story(t, []string{"--limits.sessions-per-user=2"}, func(w *world) {
		ada := w.arrives("ada")
		passing, lasting := ada.creates(), ada.creates(obj{"persistent": true})
		require.Equal(t, protocol.CodeConflict, ada.refused(protocol.SessionLimit, "session.create", obj{"name": "third"}).Code)
		ada.ok("session.leave", at(lasting), nil)
		pass(58 * second)
		ada.joins(passing)
		ada.ok("session.leave", at(passing), nil)
		pass(62 * second)
		ada.refused(protocol.SessionNotFound, "session.join", at(passing))
		ada.joins(lasting)
		ada.ok("session.close", at(lasting), nil)
	})
}

func TestALargeSessionIsShownInParts(t *testing.T) {
	story(t, []string{"--limits.upgrades-per-second=0"}, func(w *world) {
		w.unaudited = true // too many to ask each
		host := w.arrives("host")
		session := host.creates(obj{"capacity": 500})
		crowd := make([]*device, 210)
		for i := range crowd {
			crowd[i] = w.arrives("u" + itoa(i))
			crowd[i].joins(session)
		}
		last := w.arrives("last")
		r := last.joins(session)
		require.LessOrEqual(t, len(r.Members), 200)
		pass(second)
		require.Len(t, last.known().place.members, 212)
		require.Empty(t, last.known().problems)
		require.Equal(t, host.known().place.version, last.known().place.version)
	})
}
