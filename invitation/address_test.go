package invitation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/protocol"
)

// olga joins the room with a verified address and phone, and says hello.
func (r *room) olga(change func(*directory.User)) {
	r.t.Helper()
	r.user("olga", func(u *directory.User) {
		u.Email, u.Phone, u.PhoneVerified = "Olga@Example.org", "+49 (30) 1234567", true
		if change != nil {
			change(u)
		}
	})
	r.hello("olga")
}

func (r *room) hello(id string) {
	r.t.Helper()
	e, err := r.ClaimAddresses(r.t.Context(), id)
	require.NoError(r.t, err)
	r.take(e)
}

func TestInvitationToAnUnknownAddress(t *testing.T) {
	r := newRoom(t)
	out, e := r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{Email: "OLGA@example.org"}, Message: "hello"})
	require.Nil(t, e)
	require.Equal(t, sent, out.Relation.State)
	require.Equal(t, out.Invitation, out.Relation.Invitation)
	require.Nil(t, out.Invitation.User)
	require.Equal(t, "OLGA@example.org", out.Invitation.Address)
	require.Equal(t, protocol.ChannelEmail, out.Invitation.Channel)
	require.Equal(t, start.Add(720*time.Hour).UnixMilli(), out.Invitation.ExpiresAt.UnixMilli())
	told := r.last("ada")
	require.Nil(t, told.User)
	require.Equal(t, heard{sent, "sent", false, 0}, hear(told))
	require.Equal(t, out.Invitation.ID, told.InvitationID)

	again, e := r.trySend("ada", toEmail("olga@EXAMPLE.org"))
	require.Nil(t, e)
	require.True(t, again.Unchanged)
	require.Equal(t, out.Invitation, again.Invitation)
	rel, err := r.RelationToAddress(t.Context(), "ada", "olga@example.org")
	require.NoError(t, err)
	require.Equal(t, out.Invitation.ID, rel.Invitation.ID)
	rel, err = r.RelationToAddress(t.Context(), "eve", "olga@example.org")
	require.NoError(t, err)
	require.Nil(t, rel)
	require.Equal(t, 1, r.box("ada", protocol.Sent, "").Total)
	require.Equal(t, 1, r.list("ada", protocol.InvitationListParams{Box: protocol.Sent, Query: "olga@"}).Total)

	r.olga(nil)
	require.Equal(t, heard{received, "received", true, 1}, hear(r.last("olga")))
	got := r.box("olga", protocol.Received, "").Invitations[0]
	require.Equal(t, "ada", got.User.ID)
	require.Equal(t, "hello", got.Message)
	require.Empty(t, got.Address)
	require.Equal(t, 1, r.count("ada"), "the sender is told nothing of the sign-in")
	require.Equal(t, none, r.relation("ada", "olga").State)
	r.hello("olga")
	require.Equal(t, 1, r.count("olga"), "a second hello changes nothing")

	r.do(r.accept("olga", got.ID))
	told = r.last("ada")
	require.Equal(t, heard{connected, "accepted", true, 0}, hear(told))
	require.Equal(t, "olga", told.User.ID)
	require.Equal(t, got.ID, told.InvitationID)
	history := r.box("ada", protocol.Sent, protocol.ListHistory).Invitations
	require.Equal(t, "olga", history[0].User.ID)
	require.Equal(t, protocol.InvitationAccepted, history[0].State)
	require.Equal(t, connected, r.refused(protocol.InvitationAlreadyAccepted, r.withdraw("ada", got.ID)).Data.Relation.State)
	for _, id := range []string{"ada", "olga"} {
		r.checkLog(id)
	}
}

func TestInvitationToAPhoneNumber(t *testing.T) {
	r := newRoom(t)
	r.olga(nil)
	id := r.send("ada", protocol.InvitationSendParams{To: protocol.To{Phone: "+49 30 123-4567"}})
	require.Equal(t, heard{received, "received", true, 1}, hear(r.last("olga")))
	require.Equal(t, protocol.ChannelSMS, r.box("olga", protocol.Received, "").Invitations[0].Channel)
	r.do(r.decline("olga", id, false))
	require.Equal(t, 1, r.count("ada"))
	require.Equal(t, received, r.do(r.undo("olga", id)).Relation.State)
	out := r.do(r.withdraw("ada", id))
	require.Equal(t, none, out.Relation.State)
	require.False(t, out.Unchanged)
	require.True(t, r.do(r.withdraw("ada", id)).Unchanged)
	require.Equal(t, heard{none, "", false, 0}, hear(r.last("olga")))
	require.Nil(t, r.last("ada").User)
	_, e := r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{Phone: "12"}})
	require.Equal(t, "to.phone", e.Data.Field)
}

func TestLimitsOfAnAddressAreItsOwn(t *testing.T) {
	r := newRoom(t)
	r.olga(nil)
	id := r.send("ada", toEmail("olga@example.org"))
	r.invite("ada", "olga") // beside it
	r.do(r.withdraw("ada", id))
	_, e := r.trySend("ada", toEmail("Olga@example.org"))
	require.Equal(t, protocol.ReinviteCooldown, e.Reason())
	require.Equal(t, none, e.Data.Relation.State, "nothing of it is in the relation to a user")
	require.Equal(t, sent, r.relation("ada", "olga").State)
	r.wait(time.Minute)
	newer := r.send("ada", toEmail("olga@example.org"))
	stale := r.refused(protocol.StaleInvitation, r.withdraw("ada", id))
	require.Equal(t, newer, stale.Data.Relation.Invitation.ID)
	require.Nil(t, stale.Data.Relation.Invitation.User)
}

func TestOwnerSeesOneRowForBoth(t *testing.T) {
	row := func(r *room) protocol.InvitationListResult { return r.box("olga", protocol.Received, "") }
	for _, c := range []struct {
		name  string
		order [2]string
	}{{"the address first", [2]string{"address", "person"}}, {"the person first", [2]string{"person", "address"}}} {
		t.Run(c.name, func(t *testing.T) {
			both := func() (r *room, ids map[string]string) {
				r, ids = newRoom(t), map[string]string{}
				r.olga(nil)
				for _, o := range c.order {
					if o == "address" {
						ids[o] = r.send("ada", toEmail("olga@example.org"))
					} else {
						ids[o] = r.invite("ada", "olga")
					}
					r.wait(time.Second)
				}
				require.Equal(t, 1, r.count("olga"), "the second one changes nothing for her")
				require.Equal(t, 1, row(r).Total)
				require.Equal(t, 1, row(r).Unseen)
				require.Equal(t, ids[c.order[0]], row(r).Invitations[0].ID)
				require.Equal(t, 2, r.box("ada", protocol.Sent, "").Total)
				return r, ids
			}
			for _, accepted := range c.order {
				r, ids := both()
				r.do(r.accept("olga", ids[accepted]))
				require.Equal(t, connected, r.relation("ada", "olga").State)
				require.Zero(t, row(r).Total)
				left := r.box("ada", protocol.Sent, "")
				if accepted == "person" {
					require.Equal(t, ids["address"], left.Invitations[0].ID, "the other one stays pending for its sender")
					require.Nil(t, left.Invitations[0].User)
					require.Equal(t, none, r.do(r.withdraw("ada", ids["address"])).Relation.State)
				} else {
					require.Zero(t, left.Total, "the ordinary one is settled with the pair")
				}
			}
			r, ids := both()
			r.do(r.withdraw("ada", ids[c.order[0]]))
			require.Equal(t, ids[c.order[1]], row(r).Invitations[0].ID, "the other one comes forward")
			require.Equal(t, heard{received, "", false, 1}, hear(r.last("olga")))
			r.do(r.withdraw("ada", ids[c.order[1]]))
			require.Zero(t, row(r).Total)
			require.Equal(t, heard{none, "", false, 0}, hear(r.last("olga")))

			r, ids = both()
			r.do(r.decline("olga", ids[c.order[0]], false))
			require.Zero(t, row(r).Total, "declining declines both")
			require.Equal(t, 1, r.box("olga", protocol.Received, protocol.ListDeclined).Total)
			require.Equal(t, 2, r.box("ada", protocol.Sent, "").Total)
		})
	}
}

func TestAddressOfSomebodyWhoInvitedFirstIsNotGivenAway(t *testing.T) {
	r := newRoom(t)
	r.olga(nil)
	r.invite("olga", "ada")
	id := r.send("ada", toEmail("olga@example.org"))
	require.Equal(t, sent, r.relation("olga", "ada").State)
	require.Equal(t, received, r.relation("ada", "olga").State, "not connected, for that would tell whose it is")
	r.do(r.withdrawFrom("olga", "ada"))
	r.hello("olga")
	require.Equal(t, id, r.relation("olga", "ada").Invitation.ID, "shown once her own is gone")
	r.invite("olga", "ada")
	require.Equal(t, connected, r.relation("ada", "olga").State, "inviting back is an answer")
	require.Equal(t, id, r.last("ada").InvitationID)
}

func TestInvitingSomebodyDoesNotAnswerAnAddressThatTheyNeverSaw(t *testing.T) {
	r := newRoom(t)
	r.olga(func(u *directory.User) { u.Settings.InvitableBy = protocol.InvitableByNobody })
	r.send("ada", toEmail("olga@example.org"))
	r.invite("olga", "ada")
	require.Equal(t, received, r.relation("ada", "olga").State)
	require.Equal(t, 1, r.box("ada", protocol.Sent, "").Total)
}

func TestOnlyTheVerifiedOwnerClaims(t *testing.T) {
	r := newRoom(t)
	r.send("ada", toEmail("olga@example.org"))
	r.olga(func(u *directory.User) { u.EmailVerified = false })
	require.Zero(t, r.count("olga"))
	r.olga(func(u *directory.User) { u.EmailVerified = true })
	require.Equal(t, 1, r.count("olga"))
}

func TestNobodyClaimsTheirOwn(t *testing.T) {
	r := newRoom(t)
	r.send("ada", toEmail("new@example.org"))
	r.user("ada", func(u *directory.User) { u.Email = "new@example.org" })
	r.hello("ada")
	require.Equal(t, 1, r.count("ada"))
	require.Equal(t, 1, r.box("ada", protocol.Sent, "").Total)
	_, e := r.trySend("ada", toEmail("new@example.org"))
	require.Equal(t, protocol.CannotInviteSelf, e.Reason())
}

func TestInvitationToAnAddressExpires(t *testing.T) {
	r := newRoom(t)
	id := r.send("ada", toEmail("olga@example.org"))
	r.wait(721 * time.Hour)
	r.olga(nil)
	require.Zero(t, r.count("olga"), "not shown when its time is over")
	r.expire()
	require.Equal(t, heard{none, "expired", false, 0}, hear(r.last("ada")))
	require.Nil(t, r.last("ada").User)
	require.True(t, r.do(r.withdraw("ada", id)).Unchanged)
	second := r.send("ada", toEmail("olga@example.org"))
	require.Equal(t, received, r.relation("olga", "ada").State)
	r.wait(721 * time.Hour)
	third := r.send("ada", toEmail("olga@example.org")) // finds the second one due
	require.NotEqual(t, second, third)
	require.Equal(t, third, r.relation("olga", "ada").Invitation.ID)
}

func TestBlocksHideWhatWasSentToAnAddress(t *testing.T) {
	r := newRoom(t)
	r.olga(nil)
	id := r.send("ada", toEmail("olga@example.org"))
	r.do(r.block("ada", "olga"))
	require.Equal(t, none, r.relation("olga", "ada").State)
	require.Equal(t, 1, r.box("ada", protocol.Sent, "").Total, "whose it is, its sender doesn't learn by blocking")
	r.refused(protocol.InvitationNotPending, r.accept("olga", id))
	r.do(r.unblock("ada", "olga"))
	require.Equal(t, none, r.relation("olga", "ada").State, "nothing comes back")
}
