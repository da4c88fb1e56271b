package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestACompanionFollowsItsUser(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		tablet := w.arrives("ben", companion)
		session := lobby(ada, ben)
		require.Empty(t, tablet.states(), "it did not ask for states")
		other := ada.creates(obj{"name": "Garden"})
		pass(second)
		forget(ada, ben, tablet)
		ben.joins(other)
		pass(second)
		told := tablet.summary()
		require.Equal(t, "resync v2 members=2 missed=false", told[len(told)-1])
		require.Equal(t, other, tablet.known().place.id)
		ada.ok("session.send", at(other, obj{"kind": "k", "data": 1}), nil)
		tablet.hears("message from=ada seq=1 k 1")
		require.Equal(t, []protocol.Kind{protocol.KindHeadset}, ada.known().place.members["ben"].Devices, "it is no device of the member")
		ben.ok("session.leave", at(other), nil)
		pass(second)
		require.Contains(t, tablet.summary(), "ended moved")
		require.Nil(t, tablet.known().place)
		_ = session
	})
}

func TestACompanionThatComesLaterIsShownWhereItsUserIs(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada := w.arrives("ada")
		session := lobby(ada)
		tablet := w.arrives("ada", companion)
		require.Equal(t, session, tablet.hello.SessionID)
		tablet.hears("resync v1 members=1 missed=false")
		tablet.drop()
		ada.ok("session.send", at(session, obj{"kind": "k", "data": 1}), nil)
		again := w.arrives("ada", companion)
		require.Equal(t, tablet.hello.DeviceID, again.hello.DeviceID)
		again.hears("resync v1 members=1 missed=true")
	})
}

func TestACompanionMovesItsUsersHeadset(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, tablet := w.arrives("ada"), w.arrives("ben"), w.arrives("ben", companion)
		session := ada.creates()
		pass(second)
		require.Len(t, tablet.joins(session).Members, 2)
		pass(second)
		ben.hears("resync v2 members=2 missed=false")
		tablet.silent()
		ada.hears("roster v2 +ben")
		var own protocol.SessionJoinResult
		tablet.ok("session.create", obj{"name": "Mine"}, &own)
		pass(second)
		require.Equal(t, own.Session.ID, ben.known().place.id)
		require.Contains(t, ben.summary(), "ended moved")
		tablet.ok("session.set_attributes", at(own.Session.ID, obj{"attributes": obj{"hand": true}}), nil)
		tablet.ok("session.leave", at(own.Session.ID), nil)
		pass(second)
		require.Nil(t, ben.known().place)
		require.Contains(t, ben.summary(), "ended moved")
	})
}

func TestACompanionAloneHasNothingToMoveAndHoldsNoPlace(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, tablet := w.arrives("ada"), w.arrives("ben"), w.arrives("ben", companion)
		session := lobby(ada, ben)
		forget(tablet)
		ben.drop()
		pass(11 * second)
		require.Contains(t, ada.summary(), "roster v4 -ben(dropped)")
		require.Contains(t, tablet.summary(), "ended moved")
		tablet.refused(protocol.Forbidden, "session.join", at(session))
		tablet.refused(protocol.Forbidden, "session.create", obj{"name": "Mine"})
	})
}

func TestACompanionGetsStatesOnlyIfItAsksAndWritesNone(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		if len(w.nodes) > 1 {
			return // states between nodes are another issue
		}
		ada, ben := w.arrives("ada"), w.arrives("ben")
		deaf := w.arrives("ben", companion)
		keen := w.arrives("ben", companion, func(p map[string]any) { p["client"].(map[string]any)["states"] = true })
		lobby(ada, ben)
		forget(deaf, keen)
		ada.writes("pose")
		pass(second)
		require.Empty(t, deaf.states())
		require.Len(t, keen.states(), 1)
		keen.writes("mine")
		pass(second)
		require.Empty(t, ada.others())
	})
}
