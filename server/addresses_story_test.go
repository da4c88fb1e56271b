package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func (d *device) writesTo(address string) protocol.InvitationSendResult {
	d.w.t.Helper()
	var r protocol.InvitationSendResult
	d.ok("invitation.send", obj{"to": obj{"email": address}}, &r)
	return r
}

func TestAnInvitationByAddressTellsNothingOfItsOwnerUntilItIsAccepted(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		known, unknown := ada.writesTo("Ben@Example.org"), ada.writesTo("nobody@example.org")
		for _, r := range []protocol.InvitationSendResult{known, unknown} {
			require.Equal(t, protocol.RelationSent, r.Relation.State, "to the address")
			require.Nil(t, r.Invitation.User)
			require.NotEmpty(t, r.Invitation.Address)
			require.Equal(t, protocol.ChannelEmail, r.Invitation.Channel)
		}
		require.Len(t, ada.lists("sent", "").Invitations, 2)
		require.Equal(t, protocol.RelationNone, ada.relation("ben").State, "nothing of it is in the relation to any user")
		require.Equal(t, "focus ben none invite block", ada.focuses("ben"))
		ben.hears("relation rev=1 ada invitation_received cause=received notify=true unseen=1")
		received := ben.lists("received", "").Invitations
		require.Len(t, received, 1)
		require.Equal(t, "ada", received[0].User.ID)
		forget(ada)
		ben.does("invitation.accept", id(received[0].ID))
		require.Equal(t, protocol.RelationConnected, ada.relation("ben").State)
		require.Contains(t, ada.summary()[0], "ben connected cause=accepted notify=true")
		require.Equal(t, "ben", ada.lists("sent", "history").Invitations[0].User.ID, "only now is it said who it is")
	})
}

func TestWhoeverSignsInWithAVerifiedAddressFindsTheInvitation(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada := w.arrives("ada")
		r := ada.writesTo("ben@example.org")
		forget(ada)
		c := claims("ben")
		c.EmailVerified = false
		w.arrives("ben", with(token(t, c))).hangUp()
		ben := w.arrives("ben")
		require.Equal(t, 1, ben.hello.Unseen)
		ada.silent()
		ada.does("invitation.withdraw", id(r.Invitation.ID))
		pass(second)
		require.Equal(t, "ada none cause= notify=false unseen=0", last(relations(ben)))
		require.Empty(t, ben.lists("received", "").Invitations)
	})
}

func TestTwoInvitationsFromOnePersonAreOneRow(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.writesTo("ben@example.org")
		inv := ada.invites("ben")
		require.Len(t, ada.lists("sent", "").Invitations, 2)
		require.Len(t, ben.lists("received", "").Invitations, 1)
		ben.does("invitation.accept", id(inv))
		require.Len(t, ada.lists("sent", "").Invitations, 1, "the other stays until withdrawn")
		ada.ok("invitation.withdraw_many", obj{"all": true}, nil)
		require.Empty(t, ada.lists("sent", "").Invitations)
		require.Equal(t, protocol.RelationConnected, ada.relation("ben").State)
	})
}

// TestAnAddressHidesWhatStandsAgainstIt: only the sender's side can refuse it.
func TestAnAddressHidesWhatStandsAgainstIt(t *testing.T) {
	for name, against := range map[string]func(w *world, ada, ben *device){
		"a setting": func(_ *world, _, ben *device) { ben.ok("settings.update", obj{"invitable_by": "nobody"}, nil) },
		"a block":   func(_ *world, _, ben *device) { ben.does("user.block", userID("ada")) },
		"a suppression": func(_ *world, ada, ben *device) {
			ben.does("invitation.decline", id(ada.invites("ben")))
			ada.does("invitation.withdraw", userID("ben"))
		},
		"a connection": func(_ *world, ada, ben *device) { connect(ada, ben) },
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, free, func(w *world) {
				ada, ben := w.arrives("ada"), w.arrives("ben")
				against(w, ada, ben)
				forget(ada, ben)
				r := ada.writesTo("ben@example.org")
				require.False(w.t, r.Unchanged)
				require.True(w.t, ada.writesTo("ben@example.org").Unchanged)
				ben.silent()
				require.Empty(w.t, ben.lists("received", "").Invitations)
				require.Len(w.t, ada.lists("sent", "").Invitations, 1)
			})
		})
	}
}

func TestAnAddressHasItsOwnLimits(t *testing.T) {
	story(t, []string{"--invitations.pair-window=20m", "--invitations.expiry=30m"}, func(w *world) {
		ada := w.arrives("ada")
		for range 3 {
			r := ada.writesTo("x@example.org")
			ada.does("invitation.withdraw", id(r.Invitation.ID))
			pass(time.Minute)
		}
		ada.refused(protocol.ReinviteCooldown, "invitation.send", obj{"to": obj{"email": "X@Example.org"}})
		ada.writesTo("y@example.org")
		for _, bad := range []string{"nonsense", "a@", "@b"} {
			require.Equal(t, protocol.CodeInvalidParams, ada.call("invitation.send", obj{"to": obj{"email": bad}}).Error.Code, bad)
		}
		pass(31 * time.Minute)
		require.Empty(t, ada.lists("sent", "").Invitations, "it expires like any other")
	})
}
