package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

// lossy makes the first node take each message of the Bus as often as times says.
func (w *world) lossy(times func(*cluster.Message) int) {
	w.nodes[0].app.Server().Receives(times)
}

func TestChangeWhoseHintIsLostComesFromTheLogWithinTwoSeconds(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindChange {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.ok("invitation.send", to("ben"), nil)
		ada.ok("invitation.withdraw", map[string]any{"user_id": "ben"}, nil)
		ada.silent()
		ben.silent()
		pass(2 * second)
		require.Equal(t, []string{
			"relation rev=1 ben invitation_sent cause=sent notify=false unseen=0", "relation rev=2 ben none cause=withdrawn notify=false unseen=0",
		}, ada.summary())
		require.Equal(t, []string{
			"relation rev=1 ada invitation_received cause=received notify=false unseen=1", "relation rev=2 ada none cause= notify=false unseen=0",
		}, ben.summary(), "what no longer holds is not worth a toast")
	})
}

func TestALogThatCouldNotBeReadIsReadAgain(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindChange && m.User == "ben" {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		w.nodes[0].app.Server().LosesLog(1)
		ada.ok("invitation.send", to("ben"), nil)
		pass(3 * second)
		require.Equal(t, []string{"relation rev=1 ada invitation_received cause=received notify=true unseen=1"}, ben.summary(), "without another change to find it by")
	})
}

func TestGapIsFilledFromTheLogAtOnce(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindChange && m.User == "ben" && m.Rev < 5 {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		for range 2 {
			ada.ok("invitation.send", to("ben"), nil)
			ada.ok("invitation.withdraw", map[string]any{"user_id": "ben"}, nil)
		}
		ben.silent()
		ada.ok("invitation.send", to("ben"), nil)
		told := ben.summary()
		require.Len(t, told, 5)
		require.Equal(t, "relation rev=5 ada invitation_received cause=received notify=true unseen=1", told[4])
	})
}

func TestHintThatComesTwiceIsToldOnce(t *testing.T) {
	story(t, free, func(w *world) {
		w.lossy(func(*cluster.Message) int { return 2 })
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.ok("invitation.send", to("ben"), nil)
		require.Len(t, ada.summary(), 1)
		require.Equal(t, []string{"relation rev=1 ada invitation_received cause=received notify=true unseen=1"}, ben.summary())
	})
}

// adaMissesBen has ada make a session that ben joins, and the roster that tells her of it get lost.
func adaMissesBen(w *world) (ada *device, lobby string) {
	w.lossy(func(m *cluster.Message) int {
		if m.Kind == cluster.KindRoster && slices.Contains(m.Users, "ben") {
			return 0
		}
		return 1
	})
	ada, ben := w.arrives("ada"), w.arrives("ben")
	var made protocol.SessionJoinResult
	ada.ok("session.create", obj{"name": "Lobby"}, &made)
	pass(second)
	ada.told()
	ben.ok("session.join", at(made.Session.ID), nil)
	pass(second)
	return ada, made.Session.ID
}

func TestRosterThatIsLostIsShownAnew(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, lobby := adaMissesBen(w)
		eve := w.arrives("eve")
		ada.silent()
		eve.ok("session.join", at(lobby), nil)
		pass(second)
		require.Equal(t, []string{"resync v3 members=3 missed=true"}, ada.summary())
	})
}

func TestARosterThatCouldNotBeShownAnewIsShownOnceItCan(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, lobby := adaMissesBen(w)
		eve := w.arrives("eve")
		w.nodes[0].app.Server().LosesPlacesOf("ada", 3, 0)
		eve.ok("session.join", at(lobby), nil)
		pass(3 * second)
		require.Equal(t, []string{"resync v3 members=3 missed=true"}, ada.summary(), "without another roster to find it by")
	})
}

func TestAMessageThatComesAfterANewerOneIsNotPassedOn(t *testing.T) {
	story(t, nil, func(w *world) {
		release := w.nodes[0].app.Server().ReceivesLate(func(m *cluster.Message) bool {
			return m.Kind == cluster.KindMessage && m.Rev == 1 // as from a node that could not send for a while
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		var made protocol.SessionJoinResult
		ada.ok("session.create", map[string]any{"name": "Lobby"}, &made)
		ben.ok("session.join", map[string]any{"session_id": made.Session.ID}, nil)
		pass(second)
		ben.told()
		ada.ok("session.send", at(made.Session.ID, obj{"kind": "old", "data": 1}), nil)
		ada.ok("session.send", at(made.Session.ID, obj{"kind": "new", "data": 1}), nil)
		pass(second)
		release()
		pass(second)
		told := ben.summary()
		require.Len(t, told, 1, "%v", told)
		require.Contains(t, told[0], "new")
	})
}

func TestNobodyWritesStatesAfterTheOthersWereToldThatTheyLeft(t *testing.T) {
	story(t, nil, func(w *world) {
		release := w.nodes[0].app.Server().ReceivesLate(func(m *cluster.Message) bool { return m.Kind == cluster.KindEnded })
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben)
		ada.ok("session.kick", at(session, obj{"user_id": "ben"}), nil)
		pass(second)
		ben.writes("of nobody")
		pass(second)
		release()
		cem.ok("session.join", at(session), nil)
		pass(second)
		require.NotContains(t, strings.Join(append(ada.seen(), cem.seen()...), "\n"), "of nobody")
	})
}

func TestAChangeIsToldInTimeWhileARequestWaitsForWhatIsOutOfReach(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		w.nodes[0].app.Server().LosesPlacesOf("ada", 1, 4*second)
		asked := ada.ask("people.focus", obj{"user_id": "ben"})
		ben.ok("invitation.send", to("ada"), nil)
		pass(2 * second)
		require.Equal(t, []string{"relation rev=1 ben invitation_received cause=received notify=true unseen=1"}, ada.summary())
		_, answered := ada.answer(asked)
		require.False(t, answered)
		ben.ok("invitation.withdraw", obj{"user_id": "ada"}, nil)
		pass(second)
		require.Equal(t, []string{"relation rev=2 ben none cause= notify=false unseen=0"}, ada.summary())
		ada.wait(asked)
	})
}

func TestTheNewerWordAboutAConnectionCountsWhicheverComesFirst(t *testing.T) {
	story(t, free, func(w *world) {
		release := w.nodes[0].app.Server().ReceivesLate(func(m *cluster.Message) bool {
			return m.Kind == cluster.KindChange && m.User == "ada" && m.Rev == 1 // that she sent it
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.ok("invitation.send", to("ben"), nil)
		ben.ok("invitation.send", to("ada"), nil)
		pass(second)
		release()
		ada.summary()
		ben.ok("presence.set", obj{"status": "busy"}, nil)
		pass(2 * second)
		require.Contains(t, strings.Join(ada.summary(), "\n"), "presence ben=busy", "a friend's presence is still shown")
	})
}
