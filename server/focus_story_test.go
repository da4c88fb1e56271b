package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestAPanelFollowsEverythingThatItsViewerCanSee(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		panel := func(d *device) []string {
			out := []string{}
			for _, s := range d.summary() {
				if s[:5] == "focus" {
					out = append(out, s)
				}
			}
			return out
		}
		require.Equal(t, "focus ben none invite block", ada.focuses("ben"))
		require.Equal(t, "focus ada none invite block", ben.focuses("ada"))
		inv := ada.invites("ben")
		require.Equal(t, []string{"focus ben invitation_sent withdraw block"}, panel(ada))
		require.Equal(t, []string{"focus ada invitation_received accept decline block"}, panel(ben))
		ben.does("invitation.decline", id(inv))
		require.Empty(t, panel(ada))
		require.Equal(t, []string{"focus ada none invite undo_decline block"}, panel(ben))
		ben.ok("invitation.undo_decline", id(inv), nil)
		require.Len(t, panel(ben), 1)
		ben.does("invitation.accept", id(inv))
		require.Equal(t, "focus ben connected remove_connection block", panel(ada)[0])
		forget(ada, ben)
		session := ben.creates()
		pass(second)
		require.Equal(t, []string{"focus ben connected remove_connection block join_session"}, panel(ada))
		ada.joins(session)
		pass(second)
		require.Equal(t, "focus ben connected remove_connection block join_session", last(panel(ada)), "nothing more to do as a member")
		require.Equal(t, "focus ada connected remove_connection block join_session kick ban set_role mute", last(panel(ben)))
		ben.setsRole(session, "ada", "cohost")
		require.Equal(t, "focus ben connected remove_connection block join_session kick!forbidden ban!forbidden set_role!forbidden mute", last(panel(ada)))
		ada.ok("session.leave", at(session), nil)
		pass(second)
		forget(ada, ben)
		ben.ok("session.update", at(session, obj{"locked": true}), nil)
		require.Equal(t, []string{"focus ben connected remove_connection block join_session!session_locked"}, panel(ada))
		ben.does("user.block", userID("ada"))
		require.Equal(t, "focus ben none invite block", last(panel(ada)), "never a word of the block")
		ada.ok("people.unfocus", obj{}, nil)
		ben.does("user.unblock", userID("ada"))
		require.Empty(t, panel(ada))
	})
}

func last(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}

func TestAnotherPanelReplacesTheFirst(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		ada.focuses("ben")
		ada.focuses("cem")
		ben.invites("ada")
		require.NotContains(t, last(ada.summary()), "focus")
		cem.invites("ada")
		require.Contains(t, last(ada.summary()), "focus cem invitation_received")
		ada.refused(protocol.UserNotFound, "people.focus", userID("nobody"))
		require.Equal(t, "focus ada self", ada.focuses("ada"))
	})
}

func TestCancelRequestGoesOnWorkingWhenThePersonLeavesTheSession(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		require.Equal(t, "focus ben none invite block join_session kick ban set_role mute", ada.focuses("ben"))
		ada.invites("ben")
		pass(second)
		forget(ada)
		ben.ok("session.leave", at(session), nil)
		pass(second)
		require.Equal(t, "focus ben invitation_sent withdraw block kick ban", last(ada.summary()))
		ben.hangUp()
		pass(second)
		ada.does("invitation.withdraw", userID("ben"))
		require.Equal(t, "focus ben none invite block kick ban", last(ada.summary()))
	})
}

func TestAPanelShowsANewName(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		lobby(ada, ben)
		ada.focuses("ben")
		c := claims("ben")
		c.Name = "Benjamin"
		ben.ok("token.refresh", obj{"token": token(t, c)}, nil)
		pass(second)
		require.Equal(t, "Benjamin", into[protocol.Focus](ada.known().focus).Person.User.Name)
		require.Equal(t, "Benjamin", ada.known().place.members["ben"].User.Name)
		c.Name = "Benny"
		w.arrives("ben", kind("desktop"), with(token(t, c)))
		pass(second)
		require.Equal(t, "Benny", ada.known().place.members["ben"].User.Name)
	})
}

// TestAnActionThatIsOffNamesTheRefusal tries every action that a panel lists.
func TestAnActionThatIsOffNamesTheRefusal(t *testing.T) {
	everywhere(t, append(free, "--limits.connections=1"), func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, cem)
		inv := ben.invites("ada")
		require.Equal(t, "focus ben invitation_received accept!connection_limit decline block", ada.focuses("ben"))
		ada.refused(protocol.ConnectionLimit, "invitation.accept", id(inv))
		ada.does("connection.remove", userID("cem"))
		require.Equal(t, "focus ben invitation_received accept decline block", last(ada.summary()))
		cem.ok("settings.update", obj{"invitable_by": "nobody"}, nil)
		require.Equal(t, "focus cem none invite!not_accepting_invitations block", ada.focuses("cem"))
	})
}
