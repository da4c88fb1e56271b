package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestWithdrawalLeavesNoTraceAndShowsOnEveryScreen(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, tablet, ben := w.arrives("ada"), w.arrives("ada"), w.arrives("ben")
		require.Contains(t, ben.focuses("ada"), "none invite block")
		inv := ada.invites("ben")
		for _, d := range []*device{ada, tablet} {
			d.hears("relation rev=1 ben invitation_sent cause=sent notify=false unseen=0")
		}
		ben.hears("relation rev=1 ada invitation_received cause=received notify=true unseen=1", "focus ada invitation_received accept decline block")
		r := tablet.does("invitation.withdraw", userID("ben"))
		require.Equal(t, protocol.RelationNone, r.Relation.State)
		require.False(t, r.Unchanged)
		for _, d := range []*device{ada, tablet} {
			d.hears("relation rev=2 ben none cause=withdrawn notify=false unseen=0")
		}
		ben.hears("relation rev=2 ada none cause= notify=false unseen=0", "focus ada none invite block")
		require.Empty(t, ben.lists("received", "pending").Invitations)
		require.Empty(t, ben.lists("received", "history").Invitations)
		require.Equal(t, protocol.InvitationWithdrawn, ada.lists("sent", "history").Invitations[0].State)
		ada.unchanged("invitation.withdraw", id(inv))
		ada.unchanged("invitation.withdraw", userID("ben"))
		ada.silent()
		ben.silent()
	})
}

func TestTheLoserOfARaceLearnsHowThingsStand(t *testing.T) {
	everywhere(t, append(free, "--invitations.expiry=10m"), func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		for name, end := range map[string]func(inv string){
			"withdrawn": func(inv string) { ada.does("invitation.withdraw", id(inv)) },
			"expired":   func(string) { pass(11 * time.Minute) },
			"voided":    func(string) { ada.does("user.block", userID("ben")); ada.does("user.unblock", userID("ben")) },
		} {
			inv := ada.invites("ben")
			end(inv)
			e := ben.refused(protocol.InvitationNotPending, "invitation.accept", id(inv))
			require.Equal(t, protocol.RelationNone, e.Data.Relation.State, name)
		}
		inv := ada.invites("ben")
		ben.does("invitation.accept", id(inv))
		for _, by := range []obj{id(inv), userID("ben")} {
			e := ada.refused(protocol.InvitationAlreadyAccepted, "invitation.withdraw", by)
			require.Equal(t, protocol.RelationConnected, e.Data.Relation.State)
		}
		ben.unchanged("invitation.accept", id(inv))
		ben.refused(protocol.InvitationNotPending, "invitation.decline", id(inv))
		require.Equal(t, protocol.RelationConnected, ada.refused(protocol.AlreadyConnected, "invitation.send", to("ben")).Data.Relation.State)
		ben.does("connection.remove", userID("ada"))
		ben.unchanged("connection.remove", userID("ada"))
		ada.unchanged("invitation.withdraw", id(inv))
	})
}

func TestAnOldInvitationsIdNeverTouchesANewerOne(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		old := ada.invites("ben")
		ada.does("invitation.withdraw", id(old))
		next := ada.invites("ben")
		e := ada.refused(protocol.StaleInvitation, "invitation.withdraw", id(old))
		require.Equal(t, next, e.Data.Relation.Invitation.ID)
		e = ben.refused(protocol.InvitationNotPending, "invitation.accept", id(old))
		require.Equal(t, next, e.Data.Relation.Invitation.ID)
		require.Equal(t, protocol.RelationReceived, ben.relation("ada").State)
	})
}

func TestAnsweringIsForTheRecipientAndWithdrawingForTheSender(t *testing.T) {
	story(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		inv := ada.invites("ben")
		ben.refused(protocol.Forbidden, "invitation.withdraw", id(inv))
		for _, method := range []string{"invitation.accept", "invitation.decline"} {
			ada.refused(protocol.Forbidden, method, id(inv))
		}
		for _, method := range []string{"invitation.withdraw", "invitation.accept", "invitation.decline", "invitation.undo_decline"} {
			cem.refused(protocol.InvitationNotFound, method, id(inv))
			cem.refused(protocol.InvitationNotFound, method, id("never was"))
		}
		ada.refused(protocol.CannotInviteSelf, "invitation.send", to("ada"))
		ada.refused(protocol.UserNotFound, "invitation.send", to("nobody"))
		ada.refused(protocol.UserNotFound, "invitation.send", obj{"to": obj{"username": "nobody"}})
	})
}

func TestADeclineThatIsAMinuteLateStillCounts(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		inv := ada.invites("ben")
		ada.does("invitation.withdraw", id(inv))
		forget(ada, ben)
		pass(59 * second)
		ben.does("invitation.decline", id(inv))
		ada.silent()
		require.Equal(t, inv, ben.lists("received", "declined").Invitations[0].ID)
		forget(ben)
		later := ada.invites("ben")
		ben.silent() // suppressed
		ada.does("invitation.withdraw", id(later))
		ben.ok("invitation.send", to("ada"), nil) // ends it
		ada.does("invitation.accept", id(ada.relation("ben").Invitation.ID))
		ada.does("connection.remove", userID("ben"))
		inv = ada.invites("ben")
		ada.does("invitation.withdraw", id(inv))
		pass(61 * second)
		ben.refused(protocol.InvitationNotPending, "invitation.decline", id(inv))
		forget(ben)
		ada.invites("ben")
		ben.hears("relation rev=" + itoa(int(ben.known().rev)) + " ada invitation_received cause=received notify=true unseen=1")
	})
}

func TestADeclineStaysListedWithoutItsMessageAndCanBeUndoneWhileTheInvitationIsThere(t *testing.T) {
	story(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		var sent protocol.InvitationSendResult
		ada.ok("invitation.send", obj{"to": obj{"user_id": "ben"}, "message": "Hello"}, &sent)
		require.Equal(t, "Hello", ben.lists("received", "").Invitations[0].Message)
		ben.does("invitation.decline", id(sent.Invitation.ID))
		ben.unchanged("invitation.decline", id(sent.Invitation.ID))
		listed := ben.lists("received", "declined").Invitations
		require.Len(t, listed, 1)
		require.Empty(t, listed[0].Message)
		require.Equal(t, "Hello", ada.lists("sent", "").Invitations[0].Message)
		require.Equal(t, "focus ada none invite undo_decline block", ben.focuses("ada"))
		ben.ok("invitation.undo_decline", id(sent.Invitation.ID), nil)
		require.Zero(t, ben.lists("received", "").Unseen, "it has been seen")
		ben.does("invitation.decline", id(sent.Invitation.ID))
		ada.does("invitation.withdraw", userID("ben"))
		require.Len(t, ben.lists("received", "declined").Invitations, 1)
		require.Equal(t, "focus ada none invite undo_decline block", ben.focuses("ada"))
		ben.refused(protocol.InvitationNotPending, "invitation.undo_decline", id(sent.Invitation.ID))
	})
}

func TestManyAreWithdrawnAtOnceEachWithItsResult(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem, dan := w.arrives("ada"), w.arrives("ben"), w.arrives("cem"), w.arrives("dan")
		one, two, three := ada.invites("ben"), ada.invites("cem"), ada.invites("dan")
		dan.does("invitation.accept", id(three))
		ada.does("invitation.withdraw", id(one))
		forget(ada, ben, cem, dan)
		var r protocol.InvitationWithdrawManyResult
		ada.ok("invitation.withdraw_many", obj{"invitation_ids": []string{one, two, three, "none"}}, &r)
		require.Equal(t, []string{one, two}, r.Withdrawn)
		require.Equal(t, three, r.Failed[0].InvitationID)
		require.Equal(t, protocol.InvitationAlreadyAccepted, r.Failed[0].Error.Reason())
		require.Equal(t, protocol.InvitationNotFound, r.Failed[1].Error.Reason())
		require.Len(t, ada.summary(), 1)
		require.Len(t, cem.summary(), 1)
		ben.silent()
		pass(time.Minute)
		old := ada.invites("ben")
		pass(time.Minute)
		ada.invites("cem")
		ada.ok("invitation.withdraw_many", obj{"all": true, "older_than_ms": 30000}, &r)
		require.Equal(t, []string{old}, r.Withdrawn)
		ada.ok("invitation.withdraw_many", obj{"all": true}, &r)
		require.Len(t, r.Withdrawn, 1)
		ada.ok("invitation.withdraw_many", obj{"all": true}, &r)
		require.Empty(t, r.Withdrawn)
		for _, p := range []obj{{}, {"all": true, "invitation_ids": []string{}}} {
			require.Equal(t, protocol.CodeInvalidParams, ada.call("invitation.withdraw_many", p).Error.Code)
		}
	})
}
