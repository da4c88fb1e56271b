package invitation_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
)

// sendRefused invites and expects a refusal; the panel's invite action must say the same.
func (r *room) sendRefused(reason protocol.Reason, by, to string) *protocol.Error {
	r.t.Helper()
	standing, err := r.Standing(r.t.Context(), by, to)
	require.NoError(r.t, err)
	_, e := r.trySend(by, toUser(to))
	require.NotNil(r.t, e, "not refused")
	require.Equal(r.t, reason, e.Reason())
	if standing.Relation.State == none && reason != protocol.UserNotFound {
		require.Equal(r.t, protocol.Action{Action: protocol.ActionInvite, Reason: reason, RetryAt: e.Data.RetryAt}, standing.Actions[0])
	}
	if e.Data.RetryAt != nil {
		require.Equal(r.t, e.Data.RetryAt.Time, standing.Next)
	}
	return e
}

func TestWhoMayInvite(t *testing.T) {
	ago := func(d time.Duration) time.Time { return start.Add(-d) }
	forever := time.Time{}
	for _, c := range []struct {
		name    string
		setting protocol.InvitableBy
		before  func(r *room)
		refusal protocol.Reason
	}{
		{"everyone", protocol.InvitableByEveryone, nil, ""},
		{"nobody", protocol.InvitableByNobody, nil, protocol.NotAcceptingInvitations},
		{"only who knows the address", protocol.InvitableByEmail, nil, protocol.EmailRequired},
		{"shared session, none", protocol.InvitableBySharedSession, nil, protocol.SharedSessionRequired},
		{"shared session, now", protocol.InvitableBySharedSession, func(r *room) {
			r.stay("ada", "s", ago(time.Hour), forever)
			r.stay("ben", "s", ago(48*time.Hour), forever)
		}, ""},
		{"shared session, within a day", protocol.InvitableBySharedSession, func(r *room) {
			r.stay("ada", "s", ago(26*time.Hour), ago(24*time.Hour))
			r.stay("ben", "s", ago(27*time.Hour), ago(time.Hour))
		}, ""},
		{"shared session, longer ago", protocol.InvitableBySharedSession, func(r *room) {
			r.stay("ada", "s", ago(26*time.Hour), ago(24*time.Hour+time.Second))
			r.stay("ben", "s", ago(27*time.Hour), ago(time.Hour))
		}, protocol.SharedSessionRequired},
		{"the same session at different times", protocol.InvitableBySharedSession, func(r *room) {
			r.stay("ada", "s", ago(3*time.Hour), ago(2*time.Hour))
			r.stay("ben", "s", ago(time.Hour), forever)
		}, protocol.SharedSessionRequired},
		{"different sessions", protocol.InvitableBySharedSession, func(r *room) {
			r.stay("ada", "s", ago(time.Hour), forever)
			r.stay("ben", "z", ago(time.Hour), forever)
		}, protocol.SharedSessionRequired},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(t)
			r.invitableBy("ben", c.setting)
			if c.before != nil {
				c.before(r)
			}
			if c.refusal == "" {
				r.invite("ada", "ben")
				return
			}
			e := r.sendRefused(c.refusal, "ada", "ben")
			require.Equal(t, none, e.Data.Relation.State)
			require.Zero(t, r.count("ada"))
			r.send("ada", toEmail("ben@example.org"))
			if r.invite("ben", "ada"); r.relation("ada", "ben").State != connected { // it was shown, so this was an answer
				r.invite("ada", "ben")
			}
			require.Equal(t, connected, r.relation("ada", "ben").State, "inviting back is an answer that no setting refuses")
		})
	}
}

func TestOrderOfRefusals(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.Outstanding, c.PerMinute = 1, 1 })
	r.invitableBy("ben", protocol.InvitableByNobody)
	_, e := r.trySend("ada", toUser("ada"))
	require.Equal(t, protocol.CannotInviteSelf, e.Reason())
	_, e = r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{Username: "ADA"}})
	require.Equal(t, protocol.CannotInviteSelf, e.Reason())
	_, e = r.trySend("ada", toEmail("ADA@example.org"))
	require.Equal(t, protocol.CannotInviteSelf, e.Reason())
	r.sendRefused(protocol.UserNotFound, "ada", "nobody")
	_, e = r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{Username: "nobody"}})
	require.Equal(t, protocol.UserNotFound, e.Reason())
	_, e = r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, SessionID: "nowhere"})
	require.Equal(t, protocol.SessionNotFound, e.Reason())

	r.invite("ada", "eve") // uses up every limit of ada's
	r.do(r.block("ada", "ben"))
	r.sendRefused(protocol.UnblockFirst, "ada", "ben")
	r.do(r.unblock("ada", "ben"))
	r.sendRefused(protocol.NotAcceptingInvitations, "ada", "ben")
	r.do(r.withdrawFrom("ada", "eve"))
	r.sendRefused(protocol.ReinviteCooldown, "ada", "eve")
	r.invitableBy("ben", protocol.InvitableByEveryone)
	r.sendRefused(protocol.InvitationLimit, "ada", "ben")
	r.wait(61 * time.Second)
	r.invite("ada", "eve")
	r.wait(61 * time.Second)
	require.Equal(t, 1, r.sendRefused(protocol.TooManyOutstanding, "ada", "ben").Data.Limit)
	r.invite("ben", "ada")
	r.invite("ada", "ben")
	require.Equal(t, connected, r.relation("ada", "ben").State, "an answer is under no limit")
	r.sendRefused(protocol.AlreadyConnected, "ada", "ben")
}

func TestCooldownOnAnOrderedPair(t *testing.T) {
	r := newRoom(t)
	for i := range 3 {
		r.invite("ada", "ben")
		r.do(r.withdrawFrom("ada", "ben"))
		if i < 2 {
			e := r.sendRefused(protocol.ReinviteCooldown, "ada", "ben")
			require.Equal(t, r.clock().Add(time.Minute).UnixMilli(), e.Data.RetryAt.UnixMilli(), "60 s after the last one")
			r.wait(time.Minute)
		}
	}
	e := r.sendRefused(protocol.ReinviteCooldown, "ada", "ben")
	require.Equal(t, start.Add(504*time.Hour).UnixMilli(), e.Data.RetryAt.UnixMilli(), "the later of both rules")
	require.Equal(t, none, e.Data.Relation.State)
	r.invite("ben", "ada")
	r.do(r.withdrawFrom("ben", "ada"))
	r.wait(504*time.Hour - 2*time.Minute - time.Millisecond)
	r.sendRefused(protocol.ReinviteCooldown, "ada", "ben")
	r.wait(time.Millisecond)
	r.invite("ada", "ben")
}

func TestCooldownCountsWhateverBecameOfThem(t *testing.T) {
	r := newRoom(t)
	id := r.invite("ada", "ben")
	r.do(r.accept("ben", id))
	r.do(r.remove("ben", "ada"))
	r.sendRefused(protocol.ReinviteCooldown, "ada", "ben")
	r.wait(time.Minute)
	id = r.invite("ada", "ben")
	r.do(r.decline("ben", id, false))
	r.do(r.withdrawFrom("ada", "ben"))
	r.wait(time.Minute)
	r.invite("ada", "ben") // hidden
	require.Equal(t, pair{sent, none}, r.states())
	r.do(r.withdrawFrom("ada", "ben"))
	r.wait(time.Minute)
	r.sendRefused(protocol.ReinviteCooldown, "ada", "ben")
	r.invite("ada", "eve")
}

func TestNoCooldownMeansNone(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.PairGap, c.PairMax = 0, 0 })
	r.invite("ada", "ben")
	r.do(r.withdrawFrom("ada", "ben"))
	r.wait(-time.Minute) // on a node whose clock is behind, or after waiting for whoever was first
	r.invite("ada", "ben")
}

func TestLimitsOfOneSender(t *testing.T) {
	t.Run("10 a minute, 100 a day", func(t *testing.T) {
		r := newRoom(t, func(c *invitation.Config) { c.Outstanding = 0 })
		for i := range 101 {
			r.user(fmt.Sprintf("u%03d", i), nil)
		}
		for i := range 100 {
			to := fmt.Sprintf("u%03d", i)
			if i > 0 && i%10 == 0 {
				e := r.sendRefused(protocol.InvitationLimit, "ada", to)
				require.Equal(t, r.clock().Add(time.Minute).UnixMilli(), e.Data.RetryAt.UnixMilli())
				require.Nil(t, e.Data.Relation)
				r.wait(time.Minute)
			}
			r.invite("ada", to)
			r.do(r.withdrawFrom("ada", to)) // gives nothing back
		}
		r.wait(time.Minute)
		e := r.sendRefused(protocol.InvitationLimit, "ada", "u100")
		require.Equal(t, start.Add(24*time.Hour).UnixMilli(), e.Data.RetryAt.UnixMilli())
		_, e = r.trySend("ada", toEmail("somebody@example.org"))
		require.Equal(t, protocol.InvitationLimit, e.Reason())
		r.wait(e.Data.RetryAt.Sub(r.clock()))
		r.invite("ada", "u100")
	})
	t.Run("outstanding, of both kinds", func(t *testing.T) {
		r := newRoom(t, func(c *invitation.Config) { c.Outstanding = 2 })
		r.send("ada", toEmail("somebody@example.org"))
		id := r.invite("ada", "ben")
		r.do(r.decline("ben", id, false))
		r.sendRefused(protocol.TooManyOutstanding, "ada", "eve")
		_, e := r.trySend("ada", toEmail("other@example.org"))
		require.Equal(t, protocol.TooManyOutstanding, e.Reason())
		require.Equal(t, 2, e.Data.Limit)
		r.do(r.withdraw("ada", id))
		r.invite("ada", "eve")
	})
	t.Run("none, with limits off", func(t *testing.T) {
		r := newRoom(t, func(c *invitation.Config) {
			*c = invitation.Config{Expiry: c.Expiry, Suppression: c.Suppression}
		})
		for range 30 {
			r.invite("ada", "ben")
			r.do(r.withdrawFrom("ada", "ben"))
		}
		require.Equal(t, 300, invitation.DefaultConfig().MessageLength)
	})
}

func TestLimitsOfConnectionsAndBlocks(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.Connections, c.Blocks = 1, 1 })
	r.user("dan", nil)
	r.connect("ben", "eve")
	id := r.invite("ada", "ben")
	e := r.refused(protocol.ConnectionLimit, r.accept("ben", id))
	require.Equal(t, received, e.Data.Relation.State)
	standing, err := r.Standing(t.Context(), "ben", "ada")
	require.NoError(t, err)
	require.Equal(t, protocol.Action{Action: protocol.ActionAccept, Reason: protocol.ConnectionLimit}, standing.Actions[0])
	r.do(r.withdraw("ada", id))
	id = r.invite("ben", "ada")
	r.do(r.accept("ada", id))
	require.Equal(t, connected, r.relation("ben", "ada").State, "only one's own connections count")
	r.invite("ben", "dan")
	r.invite("dan", "ben")
	require.Equal(t, connected, r.relation("dan", "ben").State, "inviting back is refused for no limit")

	r.do(r.block("ada", "eve"))
	require.Equal(t, 1, r.refused(protocol.TooManyOutstanding, r.block("ada", "dan")).Data.Limit)
	id = r.invite("dan", "ada")
	r.refused(protocol.TooManyOutstanding, r.decline("ada", id, true))
	r.do(r.decline("ada", id, false))
	standing, err = r.Standing(t.Context(), "ada", "dan")
	require.NoError(t, err)
	require.Equal(t, protocol.Action{Action: protocol.ActionBlock, Reason: protocol.TooManyOutstanding}, standing.Actions[2])
}

func TestInvitingAgainAfterAWithdrawalNeedsTheAddress(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.ReinviteAfterWithdrawal = invitation.ReinviteEmail })
	r.invite("ada", "ben")
	r.do(r.withdrawFrom("ada", "ben"))
	r.wait(time.Minute)
	r.sendRefused(protocol.EmailRequired, "ada", "ben")
	id := r.send("ada", toEmail("ben@example.org"))
	r.do(r.accept("ben", id))
	r.do(r.remove("ada", "ben"))
	r.invite("ada", "ben")
	r.invite("ben", "eve")
}

func TestFeaturesCanBeWithheld(t *testing.T) {
	for _, c := range []struct {
		name    string
		config  []string
		token   []string
		refused bool
	}{
		{"all", nil, nil, false},
		{"not in the token", nil, []string{"sms"}, true},
		{"not in the configuration", []string{"sms"}, nil, true},
		{"in both", []string{"email", "withdraw_many"}, []string{"email", "withdraw_many"}, false},
		{"none", []string{}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(t, func(cfg *invitation.Config) { cfg.Features = c.config })
			by := invitation.Call{UserID: "ada", Features: c.token}
			_, e := try(r, func(ctx context.Context) (protocol.InvitationSendResult, invitation.Effects, error) {
				return r.Send(ctx, by, toEmail("x@example.org"))
			})
			require.Equal(t, c.refused, e != nil)
			_, e = try(r, func(ctx context.Context) (protocol.InvitationWithdrawManyResult, invitation.Effects, error) {
				return r.WithdrawMany(ctx, by, protocol.InvitationWithdrawManyParams{All: true})
			})
			require.Equal(t, c.refused, e != nil)
			if e != nil {
				require.Equal(t, protocol.FeatureUnavailable, e.Reason())
			}
			r.invite("ada", "ben")
		})
	}
	r := newRoom(t)
	_, e := try(r, func(ctx context.Context) (protocol.InvitationSendResult, invitation.Effects, error) {
		return r.Send(ctx, invitation.Call{UserID: "ada", Features: []string{"email"}}, protocol.InvitationSendParams{To: protocol.To{Phone: "+49 30 1234"}})
	})
	require.Equal(t, protocol.FeatureUnavailable, e.Reason())
}

func TestSessionOfAnInvitation(t *testing.T) {
	r := newRoom(t)
	r.session("open", "public")
	r.session("closed", "private")
	shown := func(session string) string {
		r.t.Helper()
		r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, SessionID: session})
		require.Equal(t, session, r.relation("ada", "ben").Invitation.SessionID, "the sender knows it")
		got := r.relation("ben", "ada").Invitation.SessionID
		require.Equal(t, got, r.last("ben").Relation.Invitation.SessionID)
		require.Equal(t, got, r.box("ben", protocol.Received, "").Invitations[0].SessionID)
		r.do(r.withdrawFrom("ada", "ben"))
		r.wait(time.Minute)
		return got
	}
	require.Equal(t, "open", shown("open"))
	require.Empty(t, shown("closed"), "a private one is shown to its members only")
	r.stay("ben", "closed", start, time.Time{})
	require.Equal(t, "closed", shown("closed"))
}

func TestActionsOfAPanel(t *testing.T) {
	r := newRoom(t)
	actions := func(viewer, other string) (names []protocol.ActionName) {
		t.Helper()
		s, err := r.Standing(t.Context(), viewer, other)
		require.NoError(t, err)
		for _, a := range s.Actions {
			require.True(t, a.Enabled, a)
			names = append(names, a.Action)
		}
		return names
	}
	require.Empty(t, actions("ada", "ada"))
	require.Empty(t, actions("ada", "nobody"))
	require.Equal(t, []protocol.ActionName{"invite", "block"}, actions("ada", "ben"))
	id := r.invite("ada", "ben")
	require.Equal(t, []protocol.ActionName{"withdraw", "block"}, actions("ada", "ben"))
	require.Equal(t, []protocol.ActionName{"accept", "decline", "block"}, actions("ben", "ada"))
	r.do(r.decline("ben", id, false))
	require.Equal(t, []protocol.ActionName{"withdraw", "block"}, actions("ada", "ben"))
	require.Equal(t, []protocol.ActionName{"invite", "undo_decline", "block"}, actions("ben", "ada"))
	r.do(r.withdraw("ada", id))
	require.Equal(t, []protocol.ActionName{"invite", "undo_decline", "block"}, actions("ben", "ada"), "whatever the sender does")
	r.invite("ben", "ada")
	r.invite("ada", "ben")
	require.Equal(t, []protocol.ActionName{"remove_connection", "block"}, actions("ada", "ben"))
	r.do(r.block("ada", "ben"))
	require.Equal(t, []protocol.ActionName{"unblock"}, actions("ada", "ben"))
	s, err := r.Standing(t.Context(), "ben", "ada")
	require.NoError(t, err)
	require.Equal(t, none, s.Relation.State)
}

func TestAnInvitationThatIsOverDoesNotCountAsOpenWhenAnotherTakesItsPlace(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.Outstanding, c.Received = 1, 1 })
	first := r.invite("ada", "ben")
	r.wait(721 * time.Hour) // nobody has looked yet
	require.NotEqual(t, first, r.invite("ada", "ben"))
	require.Equal(t, pair{sent, received}, r.states())
}
