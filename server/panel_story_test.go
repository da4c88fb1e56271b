package server_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// TestPanelOpenedAnewIsNotToldWhatTheOneBeforeFound opens the same panel again right behind a change: what the closed
// one had still to say would undo, or repeat, what the answer shows.
func TestPanelOpenedAnewIsNotToldWhatTheOneBeforeFound(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada := w.arrives("ada")
		w.arrives("ben")
		for range 100 {
			ada.ask("people.focus", userID("ben"))
			ada.ask("invitation.send", to("ben"))
			ada.ask("people.focus", userID("ben"))
			ada.ask("invitation.withdraw", userID("ben"))
			ada.ask("people.focus", userID("ben"))
			pass(10 * time.Millisecond)
			var shown string
			for _, f := range ada.told() {
				switch {
				case protocol.Method(f.Method) == protocol.NotifyFocusChanged:
					require.NotEqual(w.t, shown, string(f.Params), "told what it showed already")
					shown = string(f.Params)
				case f.Result != nil:
					var panel protocol.Focus
					require.NoError(w.t, json.Unmarshal(f.Result, &panel))
					if panel.Person.User != nil {
						shown = string(f.Result)
					}
				}
			}
			var last protocol.Focus
			require.NoError(w.t, json.Unmarshal([]byte(shown), &last))
			require.Equal(w.t, protocol.RelationNone, last.Person.Relation.State)
		}
	})
}

func TestAPanelWhoseSessionCouldNotBeFollowedFollowsItOnceItCan(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.does("invitation.accept", id(ada.invites("ben")))
		session := ben.creates()
		pass(second)
		w.nodes[0].app.Server().LosesSessions(2)
		require.Equal(t, "focus ben connected remove_connection block join_session", ada.focuses("ben"))
		pass(3 * second)
		forget(ada)
		ben.ok("session.update", at(session, obj{"locked": true}), nil)
		pass(second)
		require.Contains(t, ada.summary(), "focus ben connected remove_connection block join_session!session_locked")
	})
}

// TestAPanelMissesNothingThatHappensWhileItIsOpened has what it shows be read before a change, and answered after it.
func TestAPanelMissesNothingThatHappensWhileItIsOpened(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		pass(second)
		w.nodes[0].app.Server().HasPlaceOfLate("ben", second/2)
		opened := ada.ask("people.focus", userID("ben"))
		pass(second / 10)
		ben.invites("ada")
		require.Contains(t, string(ada.wait(opened).Result), `"state":"none"`)
		pass(second / 10)
		require.Contains(t, ada.summary(), "focus ben invitation_received accept decline block")
	})
}

// TestAPanelMissesNothingThatHappensWhileASessionIsLeft has it look, for its person left a session, as more happens.
func TestAPanelMissesNothingThatHappensWhileASessionIsLeft(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.does("invitation.accept", id(ada.invites("ben")))
		session := ben.creates()
		pass(second)
		require.Equal(t, "focus ben connected remove_connection block join_session", ada.focuses("ben"))
		pass(3 * second)
		forget(ada)
		w.nodes[0].app.Server().HasPlaceOfLate("ada", second/2)
		ben.does("session.leave", at(session, nil))
		ben.does("connection.remove", userID("ada"))
		pass(3 * second)
		told := ada.summary()
		require.Equal(t, "focus ben none invite block", told[len(told)-1], told)
	})
}
