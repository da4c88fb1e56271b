package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
)

func TestWhoMissedThatASessionIsOverForThemIsToldWhenMessagesComeAgain(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		params func(id string) map[string]any
		want   string
	}{
		"kicked": {"session.kick", func(id string) map[string]any { return map[string]any{"session_id": id, "user_id": "ben"} }, "kicked"},
		"banned": {"session.kick", func(id string) map[string]any { return map[string]any{"session_id": id, "user_id": "ben", "ban": true} }, "banned"},
		"closed": {"session.close", func(id string) map[string]any { return map[string]any{"session_id": id} }, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, nil, func(w *world) {
				w.lossy(func(m *cluster.Message) int {
					if m.Kind == cluster.KindEnded {
						return 0
					}
					return 1
				})
				ada, ben := w.arrives("ada"), w.arrives("ben")
				var made protocol.SessionJoinResult
				ada.ok("session.create", map[string]any{"name": "Lobby"}, &made)
				ben.ok("session.join", map[string]any{"session_id": made.Session.ID}, nil)
				ada.ok(c.method, c.params(made.Session.ID), nil)
				pass(second)
				ben.told()
				ada.told()
				w.nodes[0].app.Server().Resubscribed()
				pass(second)
				require.Contains(t, ben.summary(), "ended "+c.want)
			})
		})
	}
}

// TestAResyncDoesNotOvertakeTheAnswerToAJoin has a device shown its session anew while the answer to its join, which is
// older, is still on its way: the answer must not take it back to who was there before.
func TestAResyncDoesNotOvertakeTheAnswerToAJoin(t *testing.T) {
	story(t, free, func(w *world) {
		w.nodes[0].app.Server().AnswersLate("ada", protocol.MethodSessionJoin, second)
		ada, ben, cem, dan := w.arrives("ada"), w.arrives("ben"), w.arrives("cem"), w.arrives("dan")
		there := ben.creates()
		asked := ada.ask("session.join", map[string]any{"session_id": there})
		pass(second / 4)
		cem.joins(there)
		w.nodes[0].app.Server().Resubscribed()
		pass(second / 4)
		ada.silent()
		require.Nil(t, ada.wait(asked).Error)
		pass(second)
		dan.joins(there)
		pass(second)
		ada.hears("roster v3 +cem", "resync v3 members=3 missed=false", "roster v4 +dan")
	})
}

// TestNothingComesBeforeTheAnswerToHello has a companion take its user's other device into a session while that one is
// still saying hello.
func TestNothingComesBeforeTheAnswerToHello(t *testing.T) {
	story(t, free, func(w *world) {
		late := w.nodes[0].app.Server().LogsLate("ada", second)
		tablet := w.arrives("ada", companion)
		late()
		headset := w.dial()
		asked := headset.ask("hello", headset.greeting("ada"))
		pass(second / 4)
		tablet.ok("session.create", obj{"name": "Den"}, nil)
		pass(second / 4)
		headset.silent()
		require.Nil(t, headset.wait(asked).Error)
		pass(second)
		headset.hears("resync v1 members=1 missed=false")
	})
}

// A node deletes a session's record and then takes everybody out. Where it died in between, nobody could repeat that.
func TestASessionWhoseEndNobodyCarriedOutEndsWithinHalfAMinute(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		id, other := ada.creates(), cem.creates()
		ben.ok("session.join", obj{"session_id": id}, nil)
		pass(second)
		require.NoError(t, w.store.Sessions().Delete(w.t.Context(), id))
		pass(31 * second)
		for _, d := range []*device{ada, ben} {
			require.Contains(t, d.summary(), "ended closed")
		}
		cem.ok("session.join", obj{"session_id": other}, nil)
		ben.ok("session.join", obj{"session_id": other}, nil)
	})
}

// A node that dies once everybody is out has told nobody.
func TestASessionWhoseEndNobodyToldIsToldWithinHalfAMinute(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		w.lossy(func(m *cluster.Message) int {
			if m.Kind == cluster.KindEnded {
				return 0
			}
			return 1
		})
		ada, ben := w.arrives("ada"), w.arrives("ben")
		id := ada.creates()
		ben.ok("session.join", obj{"session_id": id}, nil)
		ada.ok("session.close", obj{"session_id": id}, nil)
		pass(31 * second)
		require.Contains(t, ben.summary(), "ended closed")
	})
}
