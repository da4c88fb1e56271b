package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func (d *device) setsRole(session, user, role string) {
	d.w.t.Helper()
	d.ok("session.set_role", at(session, userID(user), obj{"role": role}), nil)
	pass(second)
}

func (d *device) role() protocol.Role { return d.known().place.members[d.user].Role }

func TestThereIsAlwaysAHost(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem, dan := w.arrives("ada"), w.arrives("ben"), w.arrives("cem"), w.arrives("dan")
		session := lobby(ada, ben, cem, dan)
		ada.setsRole(session, "cem", "cohost")
		ada.ok("session.leave", at(session), nil)
		pass(second)
		require.Equal(t, protocol.RoleHost, cem.role(), "the oldest cohost")
		cem.refused(protocol.Forbidden, "session.close", at(session))
		cem.refused(protocol.Forbidden, "session.update", at(session, obj{"password": "x"}))
		cem.refused(protocol.Forbidden, "session.update", at(session, obj{"visibility": "private"}))
		cem.refused(protocol.Forbidden, "session.kick", at(session, userID("dan"), obj{"ban": true}))
		cem.ok("session.update", at(session, obj{"name": "Still mine"}), nil)
		cem.ok("session.leave", at(session), nil)
		pass(second)
		require.Equal(t, protocol.RoleHost, ben.role(), "else the oldest member")
		ben.refused(protocol.Forbidden, "session.kick", at(session, userID("ada")))
		ada.joins(session)
		pass(second)
		require.Equal(t, protocol.RoleHost, ada.role(), "the creator is host again")
		require.Equal(t, protocol.RoleMember, ben.role())
		forget(ada, ben, cem, dan)
	})
}

func TestAHostIsWaitedForBeforeSomebodyInherits(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		lobby(ada, ben)
		ada.drop()
		pass(9 * second)
		require.Equal(t, protocol.RoleMember, ben.role())
		pass(2 * second)
		require.Equal(t, protocol.RoleHost, ben.role())
	})
}

func TestTheHostHandsTheSessionOver(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben, cem)
		ben.refused(protocol.Forbidden, "session.set_role", at(session, userID("cem"), obj{"role": "cohost"}))
		ada.setsRole(session, "ben", "host")
		require.Equal(t, protocol.RoleHost, ben.role())
		require.Equal(t, protocol.RoleCohost, ada.role())
		cem.hears("roster v4 ~ada(cohost,true) ~ben(host,true)")
		ben.refused(protocol.Forbidden, "session.kick", at(session, userID("ada"), obj{"ban": true}))
		ben.setsRole(session, "cem", "cohost")
		ada.refused(protocol.Forbidden, "session.kick", at(session, userID("cem")))
		ada.refused(protocol.Forbidden, "session.kick", at(session, userID("ben")))
		ada.wrong("role", "session.set_role", at(session, userID("cem"), obj{"role": "king"}))
	})
}

func TestKickRemovesAllDevicesAndBanKeepsThemOut(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, desk := w.arrives("ada"), w.arrives("ben"), w.arrives("ben", kind("desktop"))
		tablet := w.arrives("ben", companion)
		session := lobby(ada, ben, desk)
		forget(tablet)
		ada.ok("session.kick", at(session, userID("ben")), nil)
		pass(second)
		for _, d := range []*device{ben, desk, tablet} {
			told := d.summary()
			require.Equal(t, "ended kicked", told[len(told)-1], "and nothing after it")
		}
		ada.hears("roster v4 -ben(kicked)")
		ben.joins(session)
		pass(second)
		forget(ada, ben, desk, tablet)
		ada.ok("session.kick", at(session, userID("ben"), obj{"ban": true}), nil)
		pass(second)
		require.Contains(t, ben.summary(), "ended banned")
		require.Contains(t, tablet.summary(), "ended banned")
		desk.silent()
		ada.hears("roster v6 -ben(banned)")
		ben.refused(protocol.Banned, "session.join", at(session))
	})
}

func TestWhoJustLeftCanStillBeBanned(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.ok("session.leave", at(session), nil)
		pass(second)
		require.Equal(t, "focus ben none invite block kick ban", ada.focuses("ben"))
		forget(ada)
		pass(10 * time.Minute)
		ada.hears("focus ben none invite block")
		ada.refused(protocol.UserNotFound, "session.kick", at(session, userID("ben"), obj{"ban": true}))
		ben.joins(session)
		ben.ok("session.leave", at(session), nil)
		ada.ok("session.kick", at(session, userID("ben"), obj{"ban": true}), nil)
		ben.refused(protocol.Banned, "session.join", at(session))
		ben.silent()
	})
}

func TestAttributesAreMergedAndMutedIsTheHosts(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		set := func(d *device, more obj) frame { return d.call("session.set_attributes", at(session, more)) }
		attributes := func(f frame) string {
			return string(mustJSON(t, into[protocol.MemberResult](f.Result).Member.Attributes))
		}
		require.Equal(t, `{"hand":true,"muted":true}`, attributes(set(ben, obj{"attributes": obj{"hand": true, "muted": true}})))
		require.Equal(t, `{"muted":false}`, attributes(set(ben, obj{"attributes": obj{"hand": nil, "muted": false}})))
		pass(second)
		require.Equal(t, `{"muted":false}`, string(mustJSON(t, ada.known().place.members["ben"].Attributes)))
		require.Equal(t, protocol.Forbidden, set(ben, obj{"user_id": "ada", "attributes": obj{"muted": true}}).Error.Reason())
		require.Nil(t, set(ada, obj{"user_id": "ben", "attributes": obj{"muted": true}}).Error)
		require.NotNil(t, set(ada, obj{"user_id": "ben", "attributes": obj{"hand": true}}).Error)
		require.Equal(t, protocol.Forbidden, set(ben, obj{"attributes": obj{"muted": false}}).Error.Reason())
		ben.drop()
		back := w.arrives("ben", resuming(ben, 0))
		require.Equal(t, `{"muted":true}`, string(mustJSON(t, back.joins(session).Members[1].Attributes)), "durable for the stay")
	})
}
