package invitation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/protocol"
	"foyer/server/store"
	"foyer/session"
)

// room is the Service on a real database in memory, with a clock that tests move and a record of what each user was told.
type room struct {
	*invitation.Service
	t     *testing.T
	store *store.Store
	ids   atomic.Int64
	// chapter is for tests with several.
	chapter int

	mu   sync.Mutex
	now  time.Time                             // guarded by mu
	told map[string][]protocol.RelationChanged // by user, guarded by mu
	seen []invitation.SeenChange               // guarded by mu
	cuts []invitation.BlockChange              // guarded by mu
}

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// newRoom returns a room with ada, ben and eve in it, whose addresses are verified, and with the default rules as
// changed by tune.
func newRoom(t *testing.T, tune ...func(*invitation.Config)) *room {
	s, err := store.Open(t.Context(), database(t), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return newRoomOn(t, s, tune...)
}

func newRoomOn(t *testing.T, s *store.Store, tune ...func(*invitation.Config)) *room {
	r := &room{t: t, store: s, now: start, told: map[string][]protocol.RelationChanged{}}
	config := invitation.DefaultConfig()
	for _, f := range tune {
		f(&config)
	}
	r.Service = invitation.New(s.Invitations(), config, invitation.Options{
		Now:   r.clock,
		NewID: func() string { return fmt.Sprintf("i%06d", r.ids.Add(1)) },
	})
	for _, id := range []string{"ada", "ben", "eve"} {
		r.user(id, nil)
	}
	return r
}

func (r *room) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *room) wait(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// user adds a user, or changes one.
func (r *room) user(id string, change func(*directory.User)) {
	r.t.Helper()
	require.NoError(r.t, r.store.Directory().Update(r.t.Context(), func(tx directory.Tx) error {
		u, found, err := tx.User(id)
		if err != nil {
			return err
		}
		if !found {
			u = directory.User{
				ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Username: id, HoldsUsername: true,
				Email: id + "@example.org", EmailVerified: true, Settings: protocol.DefaultSettings(),
			}
		}
		if change != nil {
			change(&u)
		}
		return tx.Save(u)
	}))
}

func (r *room) invitableBy(id string, by protocol.InvitableBy) {
	r.user(id, func(u *directory.User) { u.Settings.InvitableBy = by })
}

// stay puts a user into a session for a while; to is zero for a stay that lasts.
func (r *room) stay(id, sessionID string, from, to time.Time) {
	r.t.Helper()
	st := session.Stay{SessionID: sessionID, UserID: id, From: from.UnixMilli()}
	require.NoError(r.t, r.store.Sessions().OpenStay(r.t.Context(), st))
	if !to.IsZero() {
		st.To = to.UnixMilli()
		require.NoError(r.t, r.store.Sessions().EndStays(r.t.Context(), []session.Stay{st}))
	}
}

// session adds a session.
func (r *room) session(id string, v protocol.Visibility) {
	r.t.Helper()
	_, err := r.store.Sessions().Create(r.t.Context(), session.Record{ID: id, Name: id, Visibility: v, Capacity: 10, TickHz: 20, Metadata: []byte("{}")}, session.Operation{}, 0)
	require.NoError(r.t, err)
}

// take records effects, checks that no user's revisions have a hole, and lets owners see what their addresses got.
func (r *room) take(e invitation.Effects) {
	r.t.Helper()
	r.mu.Lock()
	for _, c := range e.Changes {
		log := r.told[c.UserID]
		if len(log) > 0 {
			require.Equal(r.t, log[len(log)-1].Rev+1, c.Notification.Rev, "revisions of %s", c.UserID)
		}
		r.told[c.UserID] = append(log, c.Notification)
	}
	r.seen = append(r.seen, e.Seen...)
	r.cuts = append(r.cuts, e.Blocks...)
	r.mu.Unlock()
	for _, target := range e.Addressed {
		more, err := r.ClaimAddress(r.t.Context(), target)
		require.NoError(r.t, err)
		r.take(more)
	}
}

// since returns what a user was told after n notifications.
func (r *room) since(id string, n int) []protocol.RelationChanged {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told[id][n:])
}

func (r *room) count(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.told[id])
}

// last returns what a user was told last.
func (r *room) last(id string) protocol.RelationChanged {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.NotEmpty(r.t, r.told[id], "%s was told nothing", id)
	return r.told[id][len(r.told[id])-1]
}

func call(id string) invitation.Call { return invitation.Call{UserID: id} }

func toUser(id string) protocol.InvitationSendParams {
	return protocol.InvitationSendParams{To: protocol.To{UserID: id}}
}

func toEmail(address string) protocol.InvitationSendParams {
	return protocol.InvitationSendParams{To: protocol.To{Email: address}}
}

// try performs an act and returns its refusal, nil if it succeeded. Any other error ends the test.
func try[R any](r *room, act func(ctx context.Context) (R, invitation.Effects, error)) (R, *protocol.Error) {
	r.t.Helper()
	out, e, err := act(r.t.Context())
	r.take(e)
	if err == nil {
		return out, nil
	}
	var refusal *protocol.Error
	require.ErrorAs(r.t, err, &refusal)
	return out, refusal
}

func must[R any](r *room, act func(ctx context.Context) (R, invitation.Effects, error)) R {
	r.t.Helper()
	out, e := try(r, act)
	require.Nil(r.t, e)
	return out
}

func (r *room) trySend(by string, p protocol.InvitationSendParams) (protocol.InvitationSendResult, *protocol.Error) {
	r.t.Helper()
	return try(r, func(ctx context.Context) (protocol.InvitationSendResult, invitation.Effects, error) {
		return r.Send(ctx, call(by), p)
	})
}

// send invites and returns the invitation's id.
func (r *room) send(by string, p protocol.InvitationSendParams) string {
	r.t.Helper()
	out, e := r.trySend(by, p)
	require.Nil(r.t, e)
	if out.Invitation == nil {
		return ""
	}
	return out.Invitation.ID
}

func (r *room) invite(by, to string) string { r.t.Helper(); return r.send(by, toUser(to)) }

// relationAct is an act that is answered with a relation.
type relationAct func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error)

func (r *room) withdraw(by, id string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Withdraw(ctx, call(by), protocol.InvitationWithdrawParams{InvitationID: id})
	}
}

func (r *room) withdrawFrom(by, user string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Withdraw(ctx, call(by), protocol.InvitationWithdrawParams{UserID: user})
	}
}

func (r *room) accept(by, id string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Accept(ctx, call(by), id)
	}
}

func (r *room) decline(by, id string, block bool) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Decline(ctx, call(by), protocol.InvitationDeclineParams{InvitationID: id, Block: block})
	}
}

func (r *room) undo(by, id string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		out, e, err := r.UndoDecline(ctx, call(by), id)
		return protocol.RelationResult{Relation: out.Relation}, e, err
	}
}

func (r *room) remove(by, user string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Remove(ctx, call(by), user)
	}
}

func (r *room) block(by, user string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Block(ctx, call(by), user)
	}
}

func (r *room) unblock(by, user string) relationAct {
	return func(ctx context.Context) (protocol.RelationResult, invitation.Effects, error) {
		return r.Unblock(ctx, call(by), user)
	}
}

// do performs an act that must succeed.
func (r *room) do(a relationAct) protocol.RelationResult { r.t.Helper(); return must(r, a) }

// refused performs an act that must be refused for a reason, and returns the refusal.
func (r *room) refused(reason protocol.Reason, a relationAct) *protocol.Error {
	r.t.Helper()
	_, e := try(r, a)
	require.NotNil(r.t, e, "not refused")
	require.Equal(r.t, reason, e.Reason())
	return e
}

// relation returns what viewer sees of other.
func (r *room) relation(viewer, other string) protocol.Relation {
	r.t.Helper()
	rel, err := r.Relation(r.t.Context(), viewer, other)
	require.NoError(r.t, err)
	return rel
}

func (r *room) list(viewer string, p protocol.InvitationListParams) protocol.InvitationListResult {
	r.t.Helper()
	out, err := r.List(r.t.Context(), viewer, p)
	require.NoError(r.t, err)
	return out
}

func (r *room) box(viewer string, box protocol.Direction, state protocol.ListState) protocol.InvitationListResult {
	r.t.Helper()
	return r.list(viewer, protocol.InvitationListParams{Box: box, State: state})
}

func (r *room) expire() {
	r.t.Helper()
	e, _, err := r.ExpireDue(r.t.Context(), 100)
	require.NoError(r.t, err)
	r.take(e)
}

// connect makes two users connected.
func (r *room) connect(one, other string) {
	r.t.Helper()
	r.invite(one, other)
	r.invite(other, one)
	require.Equal(r.t, protocol.RelationConnected, r.relation(one, other).State)
}

// asJSON is v as it goes on the wire.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// states of a relation in the order of viewer ada, viewer ben.
func (r *room) states() [2]protocol.RelationState {
	r.t.Helper()
	return [2]protocol.RelationState{r.relation("ada", "ben").State, r.relation("ben", "ada").State}
}

// replay returns what the log replays to a user who resumes from a revision.
func (r *room) replay(id string, after int64) []protocol.RelationChanged {
	r.t.Helper()
	var log store.UserLog
	require.NoError(r.t, r.store.View(r.t.Context(), func(tx *store.Tx) error {
		var err error
		log, err = tx.Log(id, after, r.clock().UnixMilli())
		require.True(r.t, log.Complete)
		return err
	}))
	logged := make([]invitation.Logged, len(log.Changes))
	for i, c := range log.Changes {
		logged[i] = invitation.Logged{Rev: c.Rev, Body: c.Body}
	}
	replayed, err := r.Render(r.t.Context(), id, logged)
	require.NoError(r.t, err)
	return replayed
}

// checkLog compares what a user was told with what the log replays, apart from what may be left out by then.
func (r *room) checkLog(id string) {
	r.t.Helper()
	replayed, told := r.replay(id, 0), r.since(id, 0)
	require.Len(r.t, replayed, len(told))
	for i := range told {
		told[i].Notify, replayed[i].Notify = false, false
		for _, c := range []*protocol.RelationChanged{&told[i], &replayed[i]} {
			if c.Relation.Invitation != nil {
				inv := *c.Relation.Invitation
				inv.Message = ""
				c.Relation.Invitation = &inv
			}
		}
		require.Equal(r.t, asJSON(r.t, told[i]), asJSON(r.t, replayed[i]))
	}
}

// bodies returns all that is logged for a user and remembered for an op_id of that user's.
func (r *room) bodies(id, opID string) (bodies []string) {
	r.t.Helper()
	require.NoError(r.t, r.store.View(r.t.Context(), func(tx *store.Tx) error {
		log, err := tx.Log(id, 0, r.clock().UnixMilli())
		require.True(r.t, log.Complete)
		for _, c := range log.Changes {
			bodies = append(bodies, string(c.Body))
		}
		if err != nil {
			return err
		}
		o, found, err := tx.Operation(id, opID, r.clock().UnixMilli())
		require.True(r.t, found)
		bodies = append(bodies, string(o.Result))
		return err
	}))
	return bodies
}
