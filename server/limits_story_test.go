package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// crowd makes users known, u0 to u(n-1), who are not here.
func crowd(w *world, n int) {
	for i := range n {
		w.arrives("u" + itoa(i)).hangUp()
	}
}

func TestInvitationsAreCountedByTheMinuteAndTheDay(t *testing.T) {
	story(t, []string{"--invitations.per-minute=3", "--invitations.per-day=5"}, func(w *world) {
		crowd(w, 8)
		ada := w.arrives("ada")
		began := protocol.At(time.Now())
		for i := range 3 {
			ada.invites("u" + itoa(i))
			ada.does("invitation.withdraw", userID("u"+itoa(i))) // gives nothing back
			pass(second)
		}
		e := ada.refused(protocol.InvitationLimit, "invitation.send", to("u3"))
		require.WithinDuration(t, began.Add(time.Minute), e.Data.RetryAt.Time, second/10)
		pass(time.Until(e.Data.RetryAt.Time))
		ada.invites("u3")
		pass(time.Minute)
		ada.invites("u4")
		pass(time.Minute)
		e = ada.refused(protocol.InvitationLimit, "invitation.send", to("u5"))
		require.WithinDuration(t, began.Add(24*time.Hour), e.Data.RetryAt.Time, second/10)
	})
}

func TestOnePersonIsInvitedSoOftenAndNoMoreWhateverBecameOfIt(t *testing.T) {
	story(t, []string{"--invitations.pair-window=20m"}, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		began := time.Now()
		for i := range 3 {
			inv := ada.invites("ben")
			if i == 1 {
				ben.does("invitation.decline", id(inv)) // hidden ones count
			}
			ada.does("invitation.withdraw", id(inv))
			e := ada.refused(protocol.ReinviteCooldown, "invitation.send", to("ben"))
			require.Equal(t, protocol.RelationNone, e.Data.Relation.State)
			if i < 2 {
				require.WithinDuration(t, time.Now().Add(time.Minute), e.Data.RetryAt.Time, second/10)
				pass(time.Minute)
			} else {
				require.WithinDuration(t, began.Add(20*time.Minute), e.Data.RetryAt.Time, second/10, "the later of both rules")
				require.Equal(t, "focus ben none invite!reinvite_cooldown block", ada.focuses("ben"))
				pass(time.Until(e.Data.RetryAt.Time))
				require.Contains(t, ada.summary(), "focus ben none invite block", "the panel learns when it is over")
			}
		}
		ada.invites("ben")
		ben.ok("invitation.send", to("ada"), nil)
		require.Equal(t, protocol.RelationConnected, ada.relation("ben").State, "an answer is held up by nothing")
	})
}

func TestOutstandingInvitationsAreBoundedAndWithdrawingFreesAPlace(t *testing.T) {
	story(t, append(free, "--invitations.outstanding=2"), func(w *world) {
		crowd(w, 3)
		ada := w.arrives("ada")
		ada.invites("u0")
		ada.invites("u1")
		e := ada.refused(protocol.TooManyOutstanding, "invitation.send", to("u2"))
		require.Equal(t, 2, e.Data.Limit)
		require.Nil(t, ada.call("invitation.send", to("u1")).Error, "inviting again while open is never refused")
		ada.does("invitation.withdraw", userID("u0"))
		ada.invites("u2")
	})
}

func TestAnsweringAndBlockingAreNeverHeldUp(t *testing.T) {
	story(t, []string{"--invitations.per-minute=1", "--invitations.outstanding=1"}, func(w *world) {
		crowd(w, 1)
		ada, ben, cem, dan := w.arrives("ada"), w.arrives("ben"), w.arrives("cem"), w.arrives("dan")
		ada.invites("u0")
		ada.does("invitation.accept", id(ben.invites("ada")))
		ada.does("invitation.decline", id(cem.invites("ada")))
		dan.invites("ada")
		ada.ok("invitation.send", to("dan"), nil)
		require.Equal(t, protocol.RelationConnected, ada.relation("dan").State)
		ada.does("user.block", userID("dan"))
		ada.does("invitation.withdraw", userID("u0"))
	})
}

func TestConnectionsOfAUserAreBounded(t *testing.T) {
	story(t, append(free, "--limits.connections=1", "--limits.blocks=1"), func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, ben)
		inv := cem.invites("ada")
		e := ada.refused(protocol.ConnectionLimit, "invitation.accept", id(inv))
		require.Equal(t, protocol.RelationReceived, e.Data.Relation.State)
		ada.does("connection.remove", userID("ben"))
		ada.does("invitation.accept", id(inv))
		ada.does("user.block", userID("ben"))
		require.Equal(t, protocol.CodeLimited, ada.call("user.block", userID("cem")).Error.Code)
	})
}

// TestRefusalsComeInTheirOrder puts everything in the way at once and takes one after the other away.
func TestRefusalsComeInTheirOrder(t *testing.T) {
	story(t, []string{"--invitations.per-minute=1"}, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		ada.refused(protocol.AlreadyConnected, "invitation.send", to("ben"))
		ben.ok("settings.update", obj{"invitable_by": "nobody"}, nil)
		ada.does("user.block", userID("ben"))
		ada.refused(protocol.UnblockFirst, "invitation.send", to("ben"))
		ada.does("user.unblock", userID("ben"))
		ada.refused(protocol.NotAcceptingInvitations, "invitation.send", to("ben"))
		ben.ok("settings.update", obj{"invitable_by": "everyone"}, nil)
		ada.refused(protocol.ReinviteCooldown, "invitation.send", to("ben"))
		crowd(w, 1)
		ada.refused(protocol.InvitationLimit, "invitation.send", to("u0"))
	})
}

func TestWhoMayInviteMe(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		require.Equal(t, "focus ben none invite block", ada.focuses("ben"))
		ben.ok("settings.update", obj{"invitable_by": "shared_session"}, nil)
		ada.hears("focus ben none invite!shared_session_required block")
		ada.refused(protocol.SharedSessionRequired, "invitation.send", to("ben"))
		session := lobby(ben, ada)
		ada.invites("ben")
		ada.does("invitation.withdraw", userID("ben"))
		ada.ok("session.leave", obj{"session_id": session}, nil)
		pass(10 * time.Minute)
		ada.invites("ben") // within a day
		ada.does("invitation.withdraw", userID("ben"))
		ben.ok("settings.update", obj{"invitable_by": "email"}, nil)
		ada.refused(protocol.EmailRequired, "invitation.send", to("ben"))
		ada.ok("invitation.send", toEmail("ben"), nil)
		require.Len(t, ben.lists("received", "").Invitations, 1)
		ada.ok("invitation.withdraw_many", obj{"all": true}, nil)
		ben.ok("settings.update", obj{"invitable_by": "nobody"}, nil)
		ada.refused(protocol.NotAcceptingInvitations, "invitation.send", to("ben"))
		ben.ok("invitation.send", to("ada"), nil)
		ada.ok("invitation.send", to("ben"), nil) // inviting back is an answer
		require.Equal(t, protocol.RelationConnected, ada.relation("ben").State)
	})
}

func TestWhoWithdrewMayHaveToKnowTheAddress(t *testing.T) {
	story(t, append(free, "--invitations.reinvite-after-withdrawal=email"), func(w *world) {
		ada := w.arrives("ada")
		w.arrives("ben")
		ada.invites("ben")
		ada.does("invitation.withdraw", userID("ben"))
		ada.refused(protocol.EmailRequired, "invitation.send", to("ben"))
		ada.ok("invitation.send", toEmail("ben"), nil)
	})
}

func TestFeaturesCanBeWithheld(t *testing.T) {
	story(t, append(free, "--features=email"), func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben", with(token(t, withFeatures("ben", "sms", "withdraw_many"))))
		require.Equal(t, []string{"email"}, ada.hello.Features)
		require.Empty(t, ben.hello.Features)
		ada.refused(protocol.FeatureUnavailable, "invitation.withdraw_many", obj{"all": true})
		ada.refused(protocol.FeatureUnavailable, "invitation.send", obj{"to": obj{"phone": "+4930123456"}})
		ben.refused(protocol.FeatureUnavailable, "invitation.send", toEmail("ada"))
		ada.ok("invitation.send", toEmail("ben"), nil)
	})
}
