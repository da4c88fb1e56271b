package invitation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
)

func TestOperationIsCarriedOutOnce(t *testing.T) {
	r := newRoom(t)
	send := func(op, digest, message string) (protocol.InvitationSendResult, *protocol.Error) {
		return try(r, func(ctx context.Context) (protocol.InvitationSendResult, invitation.Effects, error) {
			p := toUser("ben")
			p.Message = message
			return r.Send(ctx, invitation.Call{UserID: "ada", OpID: op, Digest: digest}, p)
		})
	}
	first, e := send("op", "d1", "hello")
	require.Nil(t, e)
	told := r.count("ada")
	again, e := send("op", "d1", "hello")
	require.Nil(t, e)
	require.Equal(t, first, again)
	require.Equal(t, told, r.count("ada"), "no effects")
	_, e = send("op", "d2", "other")
	require.Equal(t, protocol.OpIDConflict, e.Reason())
	withdraw := func(op string) (protocol.RelationResult, *protocol.Error) {
		return try(r, func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
			return r.Withdraw(ctx, invitation.Call{UserID: "ada", OpID: op, Digest: "d1"}, protocol.InvitationWithdrawParams{UserID: "ben"})
		})
	}
	_, e = withdraw("op")
	require.Equal(t, protocol.OpIDConflict, e.Reason(), "another method")
	out, e := withdraw("w")
	require.Nil(t, e)
	require.False(t, out.Unchanged)
	r.wait(time.Minute)
	r.invite("ada", "ben")
	out, e = withdraw("w")
	require.Nil(t, e)
	require.False(t, out.Unchanged, "answered as it was then")
	require.Equal(t, sent, r.relation("ada", "ben").State, "and not carried out again")

	r.user("ben", func(u *directory.User) { u.Name = "Benedikt" })
	again, e = send("op", "d1", "hello")
	require.Nil(t, e)
	require.Equal(t, first.Invitation.ID, again.Invitation.ID)
	require.Equal(t, "Benedikt", again.Invitation.User.Name, "today's name")
	require.Empty(t, again.Invitation.Message, "an erased message stays erased")

	r.wait(24 * time.Hour)
	renewed, e := send("op", "d9", "")
	require.Nil(t, e)
	require.True(t, renewed.Unchanged, "after 24 hours it is forgotten")
}

func TestRefusalsAreDecidedAnew(t *testing.T) {
	r := newRoom(t)
	r.invitableBy("ben", protocol.InvitableByNobody)
	by := invitation.Call{UserID: "ada", OpID: "op", Digest: "d"}
	send := func(ctx context.Context) (protocol.InvitationSendResult, invitation.Effects, error) {
		return r.Send(ctx, by, toUser("ben"))
	}
	_, e := try(r, send)
	require.Equal(t, protocol.NotAcceptingInvitations, e.Reason())
	r.invitableBy("ben", protocol.InvitableByEveryone)
	_, e = try(r, send)
	require.Nil(t, e)
}

func TestWithdrawingMany(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.PerMinute, c.PerDay = 0, 0 })
	for i := range 40 {
		r.user(fmt.Sprintf("u%02d", i), nil)
	}
	var ids []string
	for i := range 40 {
		ids = append(ids, r.invite("ada", fmt.Sprintf("u%02d", i)))
		r.wait(time.Minute)
	}
	r.do(r.accept("u00", ids[0]))
	r.do(r.withdraw("ada", ids[1]))
	r.do(r.decline("u02", ids[2], false))
	mine := r.invite("u39", "eve")
	many := func(by invitation.Call, p protocol.InvitationWithdrawManyParams) protocol.InvitationWithdrawManyResult {
		return must(r, func(ctx context.Context) (protocol.InvitationWithdrawManyResult, invitation.Effects, error) {
			return r.WithdrawMany(ctx, by, p)
		})
	}
	told := r.count("ada")
	by := invitation.Call{UserID: "ada", OpID: "many", Digest: "d"}
	asked := protocol.InvitationWithdrawManyParams{InvitationIDs: append(slices.Clone(ids[:10]), "unknown", mine, ids[5])}
	out := many(by, asked)
	require.Equal(t, ids[1:10], out.Withdrawn, "in the order asked, one that is gone among them")
	require.Len(t, out.Failed, 3)
	for i, want := range []struct {
		id     string
		reason protocol.Reason
	}{{ids[0], protocol.InvitationAlreadyAccepted}, {"unknown", protocol.InvitationNotFound}, {mine, protocol.InvitationNotFound}} {
		require.Equal(t, want.id, out.Failed[i].InvitationID)
		require.Equal(t, want.reason, out.Failed[i].Error.Reason())
	}
	require.Equal(t, connected, out.Failed[0].Error.Data.Relation.State)
	require.Equal(t, told+8, r.count("ada"), "one revision each")
	require.Equal(t, asJSON(t, out), asJSON(t, many(by, asked)), "answered alike")
	require.Equal(t, told+8, r.count("ada"))

	older := (11 * time.Minute).Milliseconds()
	out = many(call("ada"), protocol.InvitationWithdrawManyParams{All: true, OlderThanMS: &older})
	require.Equal(t, ids[10:30], out.Withdrawn, "oldest first")
	r.send("ada", toEmail("somebody@example.org"))
	out = many(call("ada"), protocol.InvitationWithdrawManyParams{All: true})
	require.Len(t, out.Withdrawn, 11, "those to addresses too")
	require.NotNil(t, out.Failed)
	require.Zero(t, r.box("ada", protocol.Sent, "").Total)
	out = many(call("ada"), protocol.InvitationWithdrawManyParams{All: true})
	require.Equal(t, `{"withdrawn":[],"failed":[]}`, asJSON(t, out))
}

// unsteady is a store that some transactions can't reach: those for which fails says so, counted from 1.
type unsteady struct {
	invitation.Store
	fails func(n int64) bool
	count atomic.Int64
}

func (u *unsteady) Update(ctx context.Context, fn func(invitation.Tx) error) error {
	if u.fails(u.count.Add(1)) {
		return protocol.Refuse(protocol.Unavailable)
	}
	return u.Store.Update(ctx, fn)
}

// TestManyThatWereWithdrawnInPartAreNotUntouched has each of its transactions fail, one after the other.
func TestManyThatWereWithdrawnInPartAreNotUntouched(t *testing.T) {
	r := newRoom(t)
	ids := []string{r.invite("ada", "ben"), r.invite("ada", "eve")}
	u := &unsteady{Store: r.store.Invitations()}
	r.Service = invitation.New(u, invitation.DefaultConfig(), invitation.Options{Now: r.clock})
	by := invitation.Call{UserID: "ada", OpID: "many", Digest: "d"}
	asked := protocol.InvitationWithdrawManyParams{InvitationIDs: ids}
	many := func(ctx context.Context) (protocol.InvitationWithdrawManyResult, invitation.Effects, error) {
		return r.WithdrawMany(ctx, by, asked)
	}
	for _, lost := range []int64{1, 2, 4} { // what is asked; the first withdrawal; what became of all
		u.count.Store(0)
		u.fails = func(n int64) bool { return n == lost }
		_, e := try(r, many)
		require.Equal(t, protocol.Unavailable, e.Reason())
		require.Equal(t, lost > 1, e.Data.Unknown, "transaction %d", lost)
	}
	u.fails = func(int64) bool { return false }
	require.Equal(t, ids, must(r, many).Withdrawn)
}

// TestManyThatWereWithdrawnInPartAreSaidToBe has an attempt end before it could remember that it withdrew anything, and
// the two be connected by the time that it is repeated. It is made on a node whose clock is behind.
func TestManyThatWereWithdrawnInPartAreSaidToBe(t *testing.T) {
	r := newRoom(t)
	before, kept := r.invite("ada", "ben"), r.invite("ada", "eve")
	r.do(r.withdrawFrom("ada", "ben"))
	r.wait(time.Minute)
	id := r.invite("ada", "ben")
	u := &unsteady{Store: r.store.Invitations()}
	u.fails = func(n int64) bool { return n == 5 } // after what is asked and three withdrawals
	r.Service = invitation.New(u, invitation.DefaultConfig(), invitation.Options{Now: func() time.Time { return r.clock().Add(-90 * time.Second) }})
	many := func(ctx context.Context) (protocol.InvitationWithdrawManyResult, invitation.Effects, error) {
		by := invitation.Call{UserID: "ada", OpID: "many", Digest: "d"}
		return r.WithdrawMany(ctx, by, protocol.InvitationWithdrawManyParams{InvitationIDs: []string{before, id, kept}})
	}
	_, e := try(r, many)
	require.True(t, e.Data.Unknown)
	r.wait(3 * time.Minute)
	r.invite("ada", "ben")
	r.invite("ben", "ada") // crosses
	for range 2 {
		out := must(r, many)
		require.Equal(t, []string{id, kept}, out.Withdrawn)
		require.Len(t, out.Failed, 1, "it had been withdrawn before, and the two are connected")
		require.Equal(t, before, out.Failed[0].InvitationID)
		require.Equal(t, protocol.InvitationAlreadyAccepted, out.Failed[0].Error.Reason())
	}
}

func TestSupportWithdrawsOnBehalf(t *testing.T) {
	r := newRoom(t)
	r.invite("ada", "ben")
	r.send("ada", toEmail("x@example.org"))
	n, e, err := r.WithdrawAllOnBehalf(t.Context(), invitation.Support{By: "kim", Why: "account taken over"}, "ada")
	require.NoError(t, err)
	r.take(e)
	require.Equal(t, 2, n)
	require.Equal(t, pair{none, none}, r.states())
	require.Equal(t, heard{none, "", false, 0}, hear(r.last("ben")))
	require.Equal(t, heard{none, "withdrawn", false, 0}, hear(r.last("ada")))
	_, _, err = r.WithdrawAllOnBehalf(t.Context(), invitation.Support{By: "kim"}, "nobody")
	require.ErrorIs(t, err, protocol.Refuse(protocol.UserNotFound))
}

func TestReplayTellsWhatStillHolds(t *testing.T) {
	r := newRoom(t)
	id := r.send("eve", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "from eve"})
	r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "first"})
	r.do(r.withdrawFrom("ada", "ben"))
	r.wait(time.Minute)
	r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "second"})
	mine := r.invite("ben", "eve") // crosses
	require.Empty(t, mine)
	r.user("ada", func(u *directory.User) { u.Name = "Ada Lovelace" })
	type line struct {
		rev     int64
		user    string
		state   protocol.RelationState
		message string
		notify  bool
	}
	var got []line
	for _, c := range r.replay("ben", 0) {
		l := line{c.Rev, c.User.Name, c.Relation.State, "", c.Notify}
		if c.Relation.Invitation != nil {
			l.message = c.Relation.Invitation.Message
		}
		got = append(got, l)
	}
	require.Equal(t, []line{
		{1, "Eve", received, "from eve", false},
		{2, "Ada Lovelace", received, "", false},
		{3, "Ada Lovelace", none, "", false},
		{4, "Ada Lovelace", received, "second", true},
		{5, "Eve", connected, "", false},
	}, got)
	eve := r.replay("eve", 1)
	require.Len(t, eve, 1)
	require.True(t, eve[0].Notify, "accepted or crossed by the other one, and still so")
	require.Equal(t, id, eve[0].InvitationID)
	r.do(r.remove("ben", "eve"))
	eve = r.replay("eve", 1)
	require.Len(t, eve, 2)
	require.False(t, eve[0].Notify, "no longer so")
	_, err := r.Render(t.Context(), "ben", []invitation.Logged{{Rev: 1, Body: []byte("x")}})
	require.Error(t, err)
}

func TestLogHoldsNoNameMessageOrAddress(t *testing.T) {
	r := newRoom(t)
	r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "secret words"})
	by := invitation.Call{UserID: "ada", OpID: "op", Digest: "d"}
	must(r, func(ctx context.Context) (protocol.InvitationSendResult, invitation.Effects, error) {
		return r.Send(ctx, by, protocol.InvitationSendParams{To: protocol.To{Email: "hidden@example.org"}, Message: "secret words"})
	})
	for _, body := range r.bodies("ada", "op") {
		require.NotContains(t, body, "secret")
		require.NotContains(t, body, "example.org")
		require.NotContains(t, body, "Ben")
	}
}

func TestOldHistoryIsForgotten(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.Retention = 24 * time.Hour })
	r.do(r.withdraw("ada", r.invite("ada", "ben")))
	declined := r.invite("ada", "eve")
	r.do(r.decline("eve", declined, false))
	r.do(r.withdraw("ada", declined))
	open := r.invite("eve", "ben")
	purge := func() int {
		n, err := r.Purge(t.Context(), 10)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, purge())
	r.wait(25 * time.Hour)
	require.Zero(t, purge(), "the pair's window still counts it")
	r.wait(21 * 24 * time.Hour)
	s, err := r.Standing(t.Context(), "eve", "ada")
	require.NoError(t, err)
	require.Len(t, s.Actions, 3)
	require.Equal(t, 2, purge())
	require.Zero(t, r.box("ada", protocol.Sent, protocol.ListHistory).Total)
	s, err = r.Standing(t.Context(), "eve", "ada")
	require.NoError(t, err)
	require.Len(t, s.Actions, 2, "nothing left to take back")
	r.do(r.withdraw("eve", open))
	forever := newRoomOn(t, r.store, func(c *invitation.Config) { c.Retention = 0 })
	forever.wait(10 * 365 * 24 * time.Hour)
	n, err := forever.Purge(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestErasedUsersHoldNothingUp(t *testing.T) {
	r := newRoom(t)
	r.send("ada", protocol.InvitationSendParams{To: protocol.To{UserID: "ben"}, Message: "hello"})
	r.send("eve", toEmail("later@example.org"))
	r.wait(time.Second)
	r.invite("eve", "ada")
	require.NoError(t, r.store.Directory().Update(t.Context(), func(tx directory.Tx) error { return tx.Delete("ben") }))
	r.user("later", nil)
	require.NoError(t, r.store.Directory().Update(t.Context(), func(tx directory.Tx) error { return tx.Delete("eve") }))
	r.hello("later")
	r.wait(720 * time.Hour)
	_, next, err := r.ExpireDue(t.Context(), 10)
	require.NoError(t, err)
	require.True(t, next.IsZero())
	require.Empty(t, r.box("ada", protocol.Sent, protocol.ListHistory).Invitations[0].Message)
}

// outcome of one of two calls that race.
type outcome struct {
	relation protocol.RelationState
	reason   protocol.Reason
}

// race runs two acts at once and returns their outcomes.
func (r *room) race(acts ...relationAct) []outcome {
	r.t.Helper()
	outcomes, effects := make([]outcome, len(acts)), make([]invitation.Effects, len(acts))
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i, act := range acts {
		wg.Go(func() {
			<-begin
			out, e, err := act(context.Background())
			effects[i], outcomes[i].relation = e, out.Relation.State
			if err != nil {
				refusal, ok := err.(*protocol.Error) //nolint:errorlint // a service returns it bare
				if !ok {
					outcomes[i].reason = "broken"
					return
				}
				outcomes[i].reason, outcomes[i].relation = refusal.Reason(), refusal.Data.Relation.State
			}
		})
	}
	close(begin)
	wg.Wait()
	var all invitation.Effects
	for _, e := range effects {
		all.Changes = append(all.Changes, e.Changes...)
	}
	slices.SortStableFunc(all.Changes, func(a, b invitation.Change) int { return int(a.Notification.Rev - b.Notification.Rev) })
	r.take(all)
	return outcomes
}

func TestAcceptAndWithdrawRace(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.PairGap, c.PairMax, c.PerMinute, c.PerDay = 0, 0, 0, 0 })
	accepted := 0
	for range 300 {
		id := r.invite("ada", "ben")
		got := r.race(r.accept("ben", id), r.withdraw("ada", id))
		if got[0].reason == "" {
			accepted++
			require.Equal(t, []outcome{{connected, ""}, {connected, protocol.InvitationAlreadyAccepted}}, got)
			require.Equal(t, pair{connected, connected}, r.states())
			r.do(r.remove("ada", "ben"))
			continue
		}
		require.Equal(t, []outcome{{none, protocol.InvitationNotPending}, {none, ""}}, got)
		require.Equal(t, pair{none, none}, r.states())
	}
	t.Logf("%d of 300 accepted", accepted)
}

func TestCrossedInvitationsAlwaysConnect(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.PairGap, c.PairMax, c.PerMinute, c.PerDay = 0, 0, 0, 0 })
	for range 300 {
		got := r.race(inviting("ada", "ben")(r, ""), inviting("ben", "ada")(r, ""))
		require.ElementsMatch(t, []outcome{{sent, ""}, {connected, ""}}, got)
		require.Equal(t, pair{connected, connected}, r.states())
		for _, id := range []string{"ada", "ben"} {
			require.Equal(t, protocol.CauseCrossed, r.last(id).Cause)
		}
		r.do(r.remove("ada", "ben"))
	}
}

func TestManyAtOnceOnOnePair(t *testing.T) {
	r := newRoom(t, func(c *invitation.Config) { c.PairGap, c.PairMax, c.PerMinute, c.PerDay = 0, 0, 0, 0 })
	for range 60 {
		id := r.invite("ada", "ben")
		r.race(r.accept("ben", id), r.withdraw("ada", id), r.decline("ben", id, false), inviting("ben", "ada")(r, ""),
			r.withdrawFrom("ada", "ben"), r.undo("ben", id))
		s := r.states()
		require.Contains(t, []pair{{none, none}, {connected, connected}, {sent, none}, {sent, received}, {received, sent}}, s)
		r.do(r.remove("ada", "ben"))
		r.do(r.withdrawFrom("ada", "ben"))
		r.do(r.withdrawFrom("ben", "ada"))
		r.wait(91 * 24 * time.Hour)
	}
}
