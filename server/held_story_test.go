package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// TestNewsOfASessionComesInTimeWhileARequestWaits, and in its order: states come meanwhile, of people who would not be known.
func TestNewsOfASessionComesInTimeWhileARequestWaits(t *testing.T) {
	everywhere(t, free, func(w *world) {
		w.nodes[0].app.Server().AnswersLate("ada", protocol.MethodPeopleUnfocus, 4*second)
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben)
		asked := ada.ask("people.unfocus", obj{})
		cem.joins(session)
		cem.ok("session.send", at(session, obj{"kind": "k", "data": 1}), nil)
		pass(2 * second)
		ada.hears("roster v3 +cem", "message from=cem seq=1 k 1")
		ben.ok("session.leave", at(session), nil)
		pass(second / 2)
		ada.hears("roster v4 -ben(left)")
		ada.wait(asked)
	})
}

// TestWhatARequestDoesToASessionIsAnsweredFirst, however long that takes.
func TestWhatARequestDoesToASessionIsAnsweredFirst(t *testing.T) {
	for method, params := range map[protocol.Method]obj{
		protocol.MethodSessionSetAttributes: {"attributes": obj{"hand": true}},
		protocol.MethodSessionSetRole:       {"user_id": "ben", "role": "cohost"},
		protocol.MethodSessionKick:          {"user_id": "ben"},
		protocol.MethodSessionLeave:         {},
	} {
		t.Run(string(method), func(t *testing.T) {
			story(t, free, func(w *world) {
				w.nodes[0].app.Server().AnswersLate("ada", method, 3*second)
				ada, ben := w.arrives("ada"), w.arrives("ben")
				asked := ada.ask(string(method), at(lobby(ada, ben), params))
				pass(2 * second)
				require.NotEmpty(t, ben.told())
				ada.silent()
				ada.wait(asked)
			})
		})
	}
}

// TestNewsOfASessionWaitsUntilItIsShownAnew, and then for no other request.
func TestNewsOfASessionWaitsUntilItIsShownAnew(t *testing.T) {
	story(t, free, func(w *world) {
		one := w.nodes[0].app.Server()
		one.AnswersLate("ada", protocol.MethodPeopleUnfocus, 10*second)
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(ada, ben)
		asked := ada.ask("people.unfocus", obj{})
		pass(2 * second)
		one.HasPlaceOfLate("ada", 3*second)
		one.ShowsAnew("ada")
		cem.joins(session)
		cem.ok("session.send", at(session, obj{"kind": "k", "data": 1}), nil)
		pass(2 * second)
		ada.silent()
		pass(2 * second)
		ada.hears("resync v3 members=3 missed=false", "message from=cem seq=1 k 1")
		ben.ok("session.leave", at(session), nil)
		pass(second)
		ada.hears("roster v4 -ben(left)")
		pass(2 * second)
		ada.wait(asked)
	})
}

// TestNewsOfASessionComesInTimeThoughItsDeviceWaitsForAnother: the database is stuck.
func TestNewsOfASessionComesInTimeThoughItsDeviceWaitsForAnother(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		there := w.arrives("cem").creates()
		here := lobby(ada, ben)
		release := w.stall()
		asked := ada.ask("session.join", at(there))
		ben.ok("session.leave", at(here), nil)
		pass(2 * second)
		ada.hears("roster v3 -ben(left)")
		release()
		require.Nil(t, ada.wait(asked).Error)
	})
}

// TestNewsOfASessionThatIsEnteredComesBehindTheAnswer, however long that takes.
func TestNewsOfASessionThatIsEnteredComesBehindTheAnswer(t *testing.T) {
	story(t, free, func(w *world) {
		w.nodes[0].app.Server().AnswersLate("ada", protocol.MethodSessionJoin, 1900*time.Millisecond)
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		lobby(ada, ben)
		there := cem.creates()
		pass(second)
		asked := ada.ask("session.join", at(there))
		pass(second / 4)
		ben.joins(there)
		pass(second * 5 / 4)
		ada.silent()
		pass(second)
		_, answered := ada.answer(asked)
		require.True(t, answered)
		require.Equal(t, "roster v3 +ben", ada.summary()[0])
	})
}
