package invitation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/protocol"
)

const (
	none      = protocol.RelationNone
	sent      = protocol.RelationSent
	received  = protocol.RelationReceived
	connected = protocol.RelationConnected
	blocked   = protocol.RelationBlocked
)

type pair = [2]protocol.RelationState

// heard is a notification as far as a row of the rules says it.
type heard struct {
	state  protocol.RelationState
	cause  protocol.Cause
	notify bool
	unseen int
}

func hear(c protocol.RelationChanged) heard {
	return heard{c.Relation.State, c.Cause, c.Notify, c.Unseen}
}

func TestRowsOfThePair(t *testing.T) {
	type setup func(r *room) string // returns the id of ada's invitation
	invited := func(r *room) string { return r.invite("ada", "ben") }
	declined := func(r *room) string { id := invited(r); r.do(r.decline("ben", id, false)); return id }
	connectedPair := func(r *room) string { id := invited(r); r.do(r.accept("ben", id)); return id }
	blockedByBen := func(r *room) string { r.do(r.block("ben", "ada")); return "" }
	for _, c := range []struct {
		name     string
		setup    setup
		act      func(r *room, id string) relationAct
		ada, ben []heard
		after    pair
	}{
		{"ada invites ben", func(*room) string { return "" }, inviting("ada", "ben"),
			[]heard{{sent, "sent", false, 0}}, []heard{{received, "received", true, 1}}, pair{sent, received}},
		{"ada invites ben, who blocked ada", blockedByBen, inviting("ada", "ben"),
			[]heard{{sent, "sent", false, 0}}, nil, pair{sent, blocked}},
		{"ada invites ben again", invited, inviting("ada", "ben"), nil, nil, pair{sent, received}},
		{"ada invites ben again, declined", declined, inviting("ada", "ben"), nil, nil, pair{sent, none}},
		{"ben invites back", invited, inviting("ben", "ada"),
			[]heard{{connected, "crossed", true, 0}}, []heard{{connected, "crossed", false, 0}}, pair{connected, connected}},
		{"ben invites back after declining", declined, inviting("ben", "ada"),
			[]heard{{connected, "crossed", true, 0}}, []heard{{connected, "crossed", false, 0}}, pair{connected, connected}},
		{"ben accepts", invited, func(r *room, id string) relationAct { return r.accept("ben", id) },
			[]heard{{connected, "accepted", true, 0}}, []heard{{connected, "accepted", false, 0}}, pair{connected, connected}},
		{"ben declines", invited, func(r *room, id string) relationAct { return r.decline("ben", id, false) },
			nil, []heard{{none, "declined", false, 0}}, pair{sent, none}},
		{"ben declines and blocks", invited, func(r *room, id string) relationAct { return r.decline("ben", id, true) },
			nil, []heard{{blocked, "blocked", false, 0}}, pair{sent, blocked}},
		{"ben takes the decline back", declined, func(r *room, id string) relationAct { return r.undo("ben", id) },
			nil, []heard{{received, "undone", false, 0}}, pair{sent, received}},
		{"ada withdraws", invited, func(r *room, id string) relationAct { return r.withdraw("ada", id) },
			[]heard{{none, "withdrawn", false, 0}}, []heard{{none, "", false, 0}}, pair{none, none}},
		{"ada withdraws what ben declined", declined, func(r *room, _ string) relationAct { return r.withdrawFrom("ada", "ben") },
			[]heard{{none, "withdrawn", false, 0}}, nil, pair{none, none}},
		{"ben removes the connection", connectedPair, func(r *room, _ string) relationAct { return r.remove("ben", "ada") },
			[]heard{{none, "", false, 0}}, []heard{{none, "removed", false, 0}}, pair{none, none}},
		{"ben blocks ada", invited, func(r *room, _ string) relationAct { return r.block("ben", "ada") },
			nil, []heard{{blocked, "blocked", false, 0}}, pair{sent, blocked}},
		{"ben blocks a connection", connectedPair, func(r *room, _ string) relationAct { return r.block("ben", "ada") },
			[]heard{{none, "", false, 0}}, []heard{{blocked, "blocked", false, 0}}, pair{none, blocked}},
		{"ada blocks whom she invited", invited, func(r *room, _ string) relationAct { return r.block("ada", "ben") },
			[]heard{{blocked, "blocked", false, 0}}, []heard{{none, "", false, 0}}, pair{blocked, none}},
		{"ben unblocks ada", blockedByBen, func(r *room, _ string) relationAct { return r.unblock("ben", "ada") },
			nil, []heard{{none, "unblocked", false, 0}}, pair{none, none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(t)
			id := c.setup(r)
			ada, ben := r.count("ada"), r.count("ben")
			r.do(c.act(r, id))
			for who, want := range map[string][]heard{"ada": c.ada, "ben": c.ben} {
				from := map[string]int{"ada": ada, "ben": ben}[who]
				var got []heard
				for _, n := range r.since(who, from) {
					got = append(got, hear(n))
				}
				require.Equal(t, want, got, who)
			}
			require.Equal(t, c.after, r.states())
			r.checkLog("ada")
			r.checkLog("ben")
		})
	}
}

// inviting is invitation.send as an act that is answered with a relation.
func inviting(by, to string) func(*room, string) relationAct {
	return func(r *room, _ string) relationAct {
		return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
			out, e, err := r.Send(ctx, call(by), toUser(to))
			return protocol.RelationResult{Relation: out.Relation, Unchanged: out.Unchanged}, e, err
		}
	}
}

func TestInvitationExpiresSilently(t *testing.T) {
	r := newRoom(t)
	id := r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "hello"})
	e, next, err := r.ExpireDue(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, e)
	require.Equal(t, start.Add(720*time.Hour).UnixMilli(), next.UnixMilli())
	r.wait(720 * time.Hour)
	r.expire()
	require.Equal(t, heard{none, "expired", false, 0}, hear(r.last("ada")))
	require.Equal(t, heard{none, "", false, 0}, hear(r.last("ben")))
	require.Equal(t, id, r.last("ben").InvitationID)
	history := r.box("ada", protocol.Sent, protocol.ListHistory).Invitations
	require.Len(t, history, 1)
	require.Equal(t, protocol.InvitationExpired, history[0].State)
	require.Empty(t, history[0].Message)
	require.Empty(t, r.box("ben", protocol.Received, protocol.ListHistory).Invitations)
	e, next, err = r.ExpireDue(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, e)
	require.True(t, next.IsZero())
}

func TestExpiryIsAppliedBeforeWhatComesLate(t *testing.T) {
	r := newRoom(t)
	id := r.invite("ada", "ben")
	r.wait(721 * time.Hour)
	e := r.refused(protocol.InvitationNotPending, r.accept("ben", id))
	require.Equal(t, none, e.Data.Relation.State)
	require.Equal(t, heard{none, "expired", false, 0}, hear(r.last("ada")))
	require.Equal(t, heard{none, "", false, 0}, hear(r.last("ben")))
	require.NotEqual(t, id, r.invite("ada", "ben"))
}

func TestWithdrawingIsIdempotentAndSpeaksOfOneInvitation(t *testing.T) {
	r := newRoom(t)
	first := r.invite("ada", "ben")
	require.False(t, r.do(r.withdraw("ada", first)).Unchanged)
	told := r.count("ada")
	require.True(t, r.do(r.withdraw("ada", first)).Unchanged)
	require.True(t, r.do(r.withdrawFrom("ada", "ben")).Unchanged)
	require.Equal(t, told, r.count("ada"))
	r.wait(time.Minute)
	second := r.invite("ada", "ben")
	e := r.refused(protocol.StaleInvitation, r.withdraw("ada", first))
	require.Equal(t, second, e.Data.Relation.Invitation.ID)
	require.Equal(t, pair{sent, received}, r.states())
	r.do(r.accept("ben", second))
	require.Equal(t, connected, r.refused(protocol.InvitationAlreadyAccepted, r.withdraw("ada", second)).Data.Relation.State)
	r.refused(protocol.InvitationAlreadyAccepted, r.withdraw("ada", first))
	r.refused(protocol.InvitationAlreadyAccepted, r.withdrawFrom("ada", "ben"))
	r.do(r.remove("ada", "ben"))
	require.True(t, r.do(r.withdraw("ada", second)).Unchanged)
	require.True(t, r.do(r.remove("ada", "ben")).Unchanged)
	require.Equal(t, protocol.RelationSelf, r.do(r.withdrawFrom("ada", "ada")).Relation.State)
	r.refused(protocol.UserNotFound, r.withdrawFrom("ada", "nobody"))
}

func TestWhoMayActOnAnInvitation(t *testing.T) {
	r := newRoom(t)
	id := r.invite("ada", "ben")
	r.refused(protocol.Forbidden, r.withdraw("ben", id))
	r.refused(protocol.Forbidden, r.accept("ada", id))
	r.refused(protocol.Forbidden, r.decline("ada", id, false))
	r.refused(protocol.Forbidden, r.undo("ada", id))
	for _, act := range []relationAct{r.withdraw("eve", id), r.accept("eve", id), r.decline("eve", id, true), r.undo("eve", id)} {
		stranger := r.refused(protocol.InvitationNotFound, act)
		require.Equal(t, asJSON(t, protocol.Refuse(protocol.InvitationNotFound)), asJSON(t, stranger))
	}
	for _, act := range []relationAct{r.withdraw("ada", "none"), r.accept("ben", "none"), r.decline("ben", "none", false), r.undo("ben", "none")} {
		r.refused(protocol.InvitationNotFound, act)
	}
}

func TestLoserOfARaceIsToldHowThingsStand(t *testing.T) {
	r := newRoom(t)
	id := r.invite("ada", "ben")
	r.do(r.withdraw("ada", id))
	require.Equal(t, none, r.refused(protocol.InvitationNotPending, r.accept("ben", id)).Data.Relation.State)
	r.wait(time.Minute)
	newer := r.invite("ada", "ben")
	e := r.refused(protocol.InvitationNotPending, r.accept("ben", id))
	require.Equal(t, newer, e.Data.Relation.Invitation.ID)
	r.do(r.accept("ben", newer))
	require.True(t, r.do(r.accept("ben", newer)).Unchanged)
	require.Equal(t, connected, r.refused(protocol.InvitationNotPending, r.decline("ben", newer, false)).Data.Relation.State)
	_, refusal := r.trySend("ada", toUser("ben"))
	require.Equal(t, protocol.AlreadyConnected, refusal.Reason())
	require.Equal(t, connected, refusal.Data.Relation.State)
	r.do(r.remove("ben", "ada"))
	r.refused(protocol.InvitationNotPending, r.accept("ben", newer))
}

func TestDeclineIsKeptForItsRecipient(t *testing.T) {
	r := newRoom(t)
	id := r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "hello"})
	r.do(r.decline("ben", id, false))
	require.True(t, r.do(r.decline("ben", id, false)).Unchanged)
	list := r.box("ben", protocol.Received, protocol.ListDeclined)
	require.Len(t, list.Invitations, 1)
	require.Equal(t, protocol.InvitationDeclined, list.Invitations[0].State)
	require.Empty(t, list.Invitations[0].Message)
	require.NotNil(t, list.Invitations[0].ResolvedAt)
	require.Equal(t, "hello", r.relation("ada", "ben").Invitation.Message)

	r.do(r.withdraw("ada", id))
	require.Len(t, r.box("ben", protocol.Received, protocol.ListDeclined).Invitations, 1, "whatever the sender does")
	r.refused(protocol.InvitationNotPending, r.undo("ben", id))
	r.wait(time.Minute)
	again := r.invite("ada", "ben")
	require.Equal(t, pair{sent, none}, r.states(), "suppressed")
	require.Len(t, r.box("ben", protocol.Received, protocol.ListDeclined).Invitations, 1, "suppressed ones never show")
	r.refused(protocol.InvitationNotPending, r.accept("ben", again))
	r.refused(protocol.InvitationNotPending, r.undo("ben", again))
	r.wait(91 * 24 * time.Hour)
	r.expire()
	r.invite("ada", "ben")
	require.Equal(t, pair{sent, received}, r.states(), "the suppression is over")
}

func TestUndoneDeclineCountsAsSeenAndBringsTheMessageBack(t *testing.T) {
	r := newRoom(t)
	id := r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "hello"})
	r.do(r.decline("ben", id, false))
	require.Equal(t, received, r.do(r.undo("ben", id)).Relation.State)
	require.Equal(t, "hello", r.relation("ben", "ada").Invitation.Message)
	require.Zero(t, r.box("ben", protocol.Received, "").Unseen)
	require.Equal(t, received, r.do(r.undo("ben", id)).Relation.State, "again, nothing changes")
	r.do(r.withdraw("ada", id))
	r.wait(time.Minute)
	r.invite("ada", "ben")
	require.Equal(t, pair{sent, received}, r.states(), "undoing ended the suppression")
}

func TestDeclineAMomentTooLate(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(r *room, id string)
	}{
		{"after the withdrawal", func(r *room, id string) { r.do(r.withdraw("ada", id)) }},
		{"after the expiry", func(r *room, _ string) { r.wait(720 * time.Hour); r.expire() }},
		{"after the sender's block", func(r *room, _ string) { r.do(r.block("ada", "ben")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(t)
			id := r.invite("ada", "ben")
			c.end(r, id)
			r.wait(time.Minute)
			ada, ben := r.count("ada"), r.count("ben")
			out := r.do(r.decline("ben", id, false))
			require.Equal(t, none, out.Relation.State)
			require.False(t, out.Unchanged)
			require.Equal(t, ada, r.count("ada"), "the sender is told nothing")
			require.Equal(t, []heard{{none, "declined", false, 0}}, []heard{hear(r.since("ben", ben)[0])})
			require.Len(t, r.box("ben", protocol.Received, protocol.ListDeclined).Invitations, 1)
		})
		t.Run(c.name+", more than a minute", func(t *testing.T) {
			r := newRoom(t)
			id := r.invite("ada", "ben")
			c.end(r, id)
			r.wait(time.Minute + time.Millisecond)
			ben := r.count("ben")
			r.refused(protocol.InvitationNotPending, r.decline("ben", id, false))
			require.Equal(t, ben, r.count("ben"))
			require.Empty(t, r.box("ben", protocol.Received, protocol.ListDeclined).Invitations)
		})
	}
}

func TestBlocksStandInTheWayOfEverything(t *testing.T) {
	r := newRoom(t)
	id := r.invite("ada", "ben")
	r.do(r.decline("ben", id, false))
	r.do(r.block("ben", "ada"))
	require.True(t, r.do(r.block("ben", "ada")).Unchanged)
	require.Equal(t, blocked, r.refused(protocol.UnblockFirst, r.undo("ben", id)).Data.Relation.State)
	_, e := r.trySend("ben", toUser("ada"))
	require.Equal(t, protocol.UnblockFirst, e.Reason())
	require.Equal(t, blocked, e.Data.Relation.State)
	b, err := r.Blocks(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, invitation.Blocks{By: []string{"ben"}}, b)
	b, err = r.Blocks(t.Context(), "ben")
	require.NoError(t, err)
	require.Equal(t, invitation.Blocks{Of: []string{"ada"}}, b)
	r.do(r.unblock("ben", "ada"))
	require.True(t, r.do(r.unblock("ben", "ada")).Unchanged)
	require.Equal(t, []invitation.BlockChange{{By: "ben", Of: "ada", Blocked: true}, {By: "ben", Of: "ada"}}, r.cuts)
	require.Equal(t, pair{sent, none}, r.states(), "unblocking brings nothing back")
	r.do(r.undo("ben", id))
	require.Equal(t, pair{sent, received}, r.states())
	_, e = try(r, r.block("ada", "ada"))
	require.Equal(t, "user_id", e.Data.Field)
	r.refused(protocol.UserNotFound, r.block("ada", "nobody"))
	require.Equal(t, protocol.RelationSelf, r.do(r.unblock("ada", "ada")).Relation.State)
}

func TestMessages(t *testing.T) {
	r := newRoom(t)
	for _, m := range []string{strings.Repeat("é", 301), "a\nb", "a\u202eb", "a\u200bb"} {
		_, e := r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: m})
		require.Equal(t, "message", e.Data.Field)
	}
	long := strings.Repeat("é", 298) + "\u200c\u200d"
	id := r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: long})
	require.Equal(t, long, r.last("ben").Relation.Invitation.Message)
	out, e := r.trySend("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "another"})
	require.Nil(t, e)
	require.True(t, out.Unchanged)
	require.Equal(t, long, out.Invitation.Message, "not even the message changes")
	r.do(r.withdraw("ada", id))
	require.Empty(t, r.box("ada", protocol.Sent, protocol.ListHistory).Invitations[0].Message)
	r.wait(time.Minute)
	id = r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "kept"})
	r.do(r.accept("ben", id))
	require.Equal(t, "kept", r.box("ben", protocol.Received, protocol.ListHistory).Invitations[0].Message)
	require.Equal(t, "kept", r.box("ada", protocol.Sent, protocol.ListHistory).Invitations[0].Message)
}
