package invitation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
)

// mailed hands out what is due, and says that it was sent.
func (r *room) mailed() []invitation.Mail {
	r.t.Helper()
	mails, err := r.Mails(r.t.Context(), 10)
	require.NoError(r.t, err)
	for _, m := range mails {
		require.NoError(r.t, r.Mailed(r.t.Context(), m))
	}
	return mails
}

// inviteAddress has ada invite an address and returns the invitation's id.
func (r *room) inviteAddress(to protocol.To, message string) string {
	r.t.Helper()
	got, _, err := r.Send(r.t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationSendParams{To: to, Message: message})
	require.NoError(r.t, err)
	return got.Invitation.ID
}

func TestFirstMailIsHeldBackAndTwoRemindersFollow(t *testing.T) {
	r := newRoom(t)
	id := r.inviteAddress(protocol.To{Email: "new@example.org"}, "Come and see")
	r.wait(10*time.Minute - time.Millisecond)
	require.Empty(t, r.mailed())
	r.wait(time.Millisecond)
	require.Equal(t, []invitation.Mail{{
		InvitationID: id, Channel: protocol.ChannelEmail, Address: "new@example.org", From: protocol.User{ID: "ada", Name: "Ada", Username: "ada"},
	}}, r.mailed(), "nobody has verified the address, so it gets no message text")
	for step := 1; step <= 2; step++ {
		require.Empty(t, r.mailed())
		r.wait(72 * time.Hour)
		mails := r.mailed()
		require.Len(t, mails, 1)
		require.Equal(t, step, mails[0].Step)
	}
	r.wait(1000 * time.Hour)
	require.Empty(t, r.mailed())
}

func TestQuickWithdrawalIsNeverMailed(t *testing.T) {
	r := newRoom(t)
	id := r.inviteAddress(protocol.To{Phone: "+15550100"}, "")
	_, _, err := r.Withdraw(t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationWithdrawParams{InvitationID: id})
	require.NoError(t, err)
	r.wait(time.Hour)
	require.Empty(t, r.mailed())
}

func TestWithdrawalStopsReminders(t *testing.T) {
	r := newRoom(t)
	id := r.inviteAddress(protocol.To{Email: "new@example.org"}, "")
	r.wait(time.Hour)
	require.Len(t, r.mailed(), 1)
	_, _, err := r.Withdraw(t.Context(), invitation.Call{UserID: "ada"}, protocol.InvitationWithdrawParams{InvitationID: id})
	require.NoError(t, err)
	r.wait(100 * time.Hour)
	require.Empty(t, r.mailed())
}

func TestOwnersMailDependsOnWhatTheyAreShown(t *testing.T) {
	claim := func(r *room) {
		_, err := r.ClaimAddresses(r.t.Context(), "ben")
		require.NoError(r.t, err)
	}
	for name, c := range map[string]struct {
		before func(r *room)
		after  func(r *room)
		first  int // mails after the hold
		later  int // after another 72 hours
	}{
		"not looked at": {after: claim, first: 1, later: 1},
		"seen in the app": {first: 0, after: func(r *room) {
			claim(r)
			_, _, err := r.MarkSeen(r.t.Context(), invitation.Call{UserID: "ben"}, nil)
			require.NoError(r.t, err)
		}},
		"blocked": {first: 0, after: claim, before: func(r *room) {
			_, _, err := r.Block(r.t.Context(), invitation.Call{UserID: "ben"}, "ada")
			require.NoError(r.t, err)
		}},
		"wants no reminders": {first: 1, later: 0, after: claim, before: func(r *room) {
			r.user("ben", func(u *directory.User) { u.Settings.EmailReminders = false })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			if c.before != nil {
				c.before(r)
			}
			r.inviteAddress(protocol.To{Email: "BEN@example.org"}, "Shall we?")
			c.after(r)
			r.wait(time.Hour)
			mails := r.mailed()
			require.Len(t, mails, c.first)
			for _, m := range mails {
				require.Equal(t, "Shall we?", m.Message, "the owner has verified the address")
			}
			r.wait(72 * time.Hour)
			require.Len(t, r.mailed(), c.later)
		})
	}
}

func TestMailThatWasNotSentIsHandedOutAgain(t *testing.T) {
	r := newRoom(t)
	r.inviteAddress(protocol.To{Email: "new@example.org"}, "")
	r.wait(time.Hour)
	first, err := r.Mails(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, first, 1)
	again, err := r.Mails(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, again, "somebody is sending it")
	r.wait(5 * time.Minute)
	require.Equal(t, first, r.mailed())
}
