package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func to(user string) map[string]any { return map[string]any{"to": map[string]any{"user_id": user}} }

func TestWithdrawalLeavesNoTraceAndShowsOnEveryScreen(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, tablet, ben := w.arrives("ada"), w.arrives("ada"), w.arrives("ben")
		var sent protocol.InvitationSendResult
		ada.ok("invitation.send", to("ben"), &sent)
		require.Equal(t, protocol.RelationSent, sent.Relation.State)
		require.Equal(t, []string{"relation rev=1 ben invitation_sent cause=sent notify=false unseen=0"}, ada.summary())
		require.Equal(t, []string{"relation rev=1 ben invitation_sent cause=sent notify=false unseen=0"}, tablet.summary())
		require.Equal(t, []string{"relation rev=1 ada invitation_received cause=received notify=true unseen=1"}, ben.summary())

		var r protocol.RelationResult
		tablet.ok("invitation.withdraw", map[string]any{"user_id": "ben"}, &r)
		require.Equal(t, protocol.RelationNone, r.Relation.State)
		require.False(t, r.Unchanged)
		require.Equal(t, []string{"relation rev=2 ben none cause=withdrawn notify=false unseen=0"}, ada.summary())
		require.Equal(t, []string{"relation rev=2 ben none cause=withdrawn notify=false unseen=0"}, tablet.summary())
		require.Equal(t, []string{"relation rev=2 ada none cause= notify=false unseen=0"}, ben.summary())

		ada.ok("invitation.withdraw", map[string]any{"invitation_id": sent.Invitation.ID}, &r)
		require.True(t, r.Unchanged)
		ada.silent()
		ben.silent()
	})
}

func TestAcceptAfterWithdrawalIsRefusedWithTheRelationAsItStands(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		var sent protocol.InvitationSendResult
		ada.ok("invitation.send", to("ben"), &sent)
		ada.ok("invitation.withdraw", map[string]any{"invitation_id": sent.Invitation.ID}, nil)
		e := ben.refused(protocol.InvitationNotPending, "invitation.accept", map[string]any{"invitation_id": sent.Invitation.ID})
		require.Equal(t, protocol.RelationNone, e.Data.Relation.State)
	})
}

func TestDeviceThatWasAwayGetsEverythingOnceAndInOrder(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.drop()
		for range 20 {
			ada.ok("invitation.send", to("ben"), nil)
			ada.ok("invitation.withdraw", map[string]any{"user_id": "ben"}, nil)
		}
		pass(time.Hour)
		again := w.arrives("ben", resuming(ben, 0))
		require.True(t, again.hello.Resumed)
		require.Equal(t, int64(40), again.hello.Rev)
		told := again.summary()
		require.Len(t, told, 40)
		for i, s := range told {
			require.Contains(t, s, "notify=false", "nothing of it holds any more")
			require.Contains(t, s, "rev="+itoa(i+1)+" ")
		}
	})
}

func TestDroppedMemberIsWaitedFor(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		var made protocol.SessionJoinResult
		ada.ok("session.create", map[string]any{"name": "Lobby"}, &made)
		ben.ok("session.join", map[string]any{"session_id": made.Session.ID}, nil)
		pass(time.Second)
		ada.told()
		ben.drop()
		pass(time.Second)
		require.Equal(t, []string{"roster v3 ~ben(member,false)"}, ada.summary())
		again := w.arrives("ben", resuming(ben, 0))
		require.Equal(t, ben.hello.DeviceID, again.hello.DeviceID)
		require.Equal(t, made.Session.ID, again.hello.SessionID)
		pass(time.Second)
		require.Equal(t, []string{"roster v4 ~ben(member,true)"}, ada.summary())
		var back protocol.SessionJoinResult
		again.ok("session.join", map[string]any{"session_id": made.Session.ID}, &back)
		require.True(t, back.Missed)
		again.drop()
		pass(11 * time.Second)
		require.Equal(t, []string{"roster v5 ~ben(member,false)", "roster v6 -ben(dropped)"}, ada.summary())
	})
}
