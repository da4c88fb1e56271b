package session_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/memory"
	"foyer/server/store"
	"foyer/session"
)

// house is the service on a real store and the registry of one process, with a clock that the test sets.
type house struct {
	*session.Service
	t        *testing.T
	store    *faultyStore
	registry *memory.Registry
	config   session.Config

	mu        sync.Mutex
	now       time.Time       // guarded by mu, as all below
	ids       int             // given so far
	connected map[string]bool // "ada ben", in both orders
	blocked   map[string]bool // "ada ben": ada has blocked ben
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s, err := store.Open(t.Context(), database(t), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	h := &house{
		t: t, store: &faultyStore{Store: s.Sessions()}, config: session.DefaultConfig(),
		now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), connected: map[string]bool{}, blocked: map[string]bool{},
	}
	h.store.unblocked = h.unblocked
	h.restart()
	return h
}

// restart begins with a new registry, as a new process does.
func (h *house) restart() {
	h.registry = memory.NewRegistry(func(session.Flush) {}, memory.RegistryOptions{RosterTick: time.Millisecond, Now: h.clock})
	h.t.Cleanup(h.registry.Stop)
	h.Service = session.New(session.Options{
		Store: h.store, Registry: h.registry, Relations: h, Config: h.config, Now: h.clock, NewID: h.newID, PasswordCost: 4,
	})
	require.NoError(h.t, h.Start(h.t.Context()))
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) newID() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids++
	return fmt.Sprint("session-", h.ids)
}

func (h *house) connect(a, b string) {
	h.connected[a+" "+b], h.connected[b+" "+a] = true, true
}

// ConnectedWith implements session.Relations.
func (h *house) ConnectedWith(_ context.Context, user string, others []string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, o := range others {
		out[o] = h.connected[user+" "+o]
	}
	return out, nil
}

// unblocked reports whether there is no block between user and anybody.
func (h *house) unblocked(user string) bool {
	for pair, blocked := range h.blocked {
		if blocked && slices.Contains(strings.Fields(pair), user) {
			return false
		}
	}
	return true
}

// BlockedBy implements session.Relations.
func (h *house) BlockedBy(_ context.Context, user string, others []string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, o := range others {
		out[o] = h.blocked[o+" "+user]
	}
	return out, nil
}

// faultyStore is a store that is out of reach when a test says so.
// Between what a join read and what it does with it, a test can have something happen.
type faultyStore struct {
	session.Store
	unblocked func(user string) bool

	mu      sync.Mutex
	down    map[string]bool // guarded by mu, as between
	between func()          // runs once, after the next Lookup
}

func (s *faultyStore) Lookup(ctx context.Context, id, userID string) (session.Lookup, bool, error) {
	l, found, err := s.Store.Lookup(ctx, id, userID)
	if found {
		l.User = protocol.User{ID: userID, Name: "Name of " + userID} // who is here is known
		l.Unblocked = s.unblocked(userID)
	}
	s.mu.Lock()
	between := s.between
	s.between = nil
	s.mu.Unlock()
	if between != nil {
		between()
	}
	return l, found, err
}

func (s *faultyStore) set(what string, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down == nil {
		s.down = map[string]bool{}
	}
	s.down[what] = down
}

func (s *faultyStore) reach(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down[what] {
		return fmt.Errorf("%s: %w", what, protocol.Refuse(protocol.Unavailable))
	}
	return nil
}

func (s *faultyStore) OpenStay(ctx context.Context, stay session.Stay) error {
	return errors.Join(s.reach("open stay"), s.Store.OpenStay(ctx, stay))
}

func (s *faultyStore) EndStays(ctx context.Context, stays []session.Stay) error {
	if err := s.reach("end stays"); err != nil {
		return err
	}
	return s.Store.EndStays(ctx, stays)
}

func (s *faultyStore) Delete(ctx context.Context, id string) error {
	if err := s.reach("delete"); err != nil {
		return err
	}
	return s.Store.Delete(ctx, id)
}

func actor(user string) session.Actor {
	return session.Actor{
		UserID: user,
		Device: session.Device{ID: user + "-d", Kind: protocol.KindHeadset, Node: "n", Link: user + "-1", Connected: true},
	}
}

// create makes a session of ada's and returns its id.
func (h *house) create(change ...func(*protocol.SessionCreateParams)) string {
	h.t.Helper()
	return h.createAs("ada", change...)
}

func (h *house) createAs(user string, change ...func(*protocol.SessionCreateParams)) string {
	h.t.Helper()
	p := protocol.SessionCreateParams{Name: "Attic"}
	for _, c := range change {
		c(&p)
	}
	e, _, err := h.Create(h.t.Context(), actor(user), p, session.Operation{})
	require.NoError(h.t, err)
	return e.Result.Session.ID
}

func visibility(v protocol.Visibility) func(*protocol.SessionCreateParams) {
	return func(p *protocol.SessionCreateParams) { p.Visibility = v }
}

func capacity(n int) func(*protocol.SessionCreateParams) {
	return func(p *protocol.SessionCreateParams) { p.Capacity = &n }
}

func password(s string) func(*protocol.SessionCreateParams) {
	return func(p *protocol.SessionCreateParams) { p.Password = &s }
}

func persistent(p *protocol.SessionCreateParams) { p.Persistent = true }

func (h *house) tryJoin(id, user string) error {
	_, _, err := h.Join(h.t.Context(), actor(user), protocol.SessionJoinParams{SessionID: id})
	return err
}

func (h *house) join(id string, users ...string) {
	h.t.Helper()
	for _, user := range users {
		h.pass(time.Millisecond)
		require.NoError(h.t, h.tryJoin(id, user), user)
	}
}

func (h *house) leave(id, user string) session.Effects {
	h.t.Helper()
	e, err := h.Leave(h.t.Context(), user, user+"-d", protocol.SessionParams{SessionID: id})
	require.NoError(h.t, err)
	return e
}

func (h *house) lock(id string, locked bool) {
	h.t.Helper()
	_, _, err := h.Update(h.t.Context(), "ada", protocol.SessionUpdateParams{SessionID: id, Locked: &locked})
	require.NoError(h.t, err)
}

func (h *house) role(by, id, user string, role protocol.Role) error {
	_, err := h.SetRole(h.t.Context(), by, protocol.SessionSetRoleParams{SessionID: id, UserID: user, Role: role})
	return err
}

func (h *house) kick(by, id, user string, ban bool) (session.Effects, error) {
	return h.Kick(h.t.Context(), by, protocol.SessionKickParams{SessionID: id, UserID: user, Ban: ban})
}

// drop lets a user's device drop now.
func (h *house) drop(user string) {
	h.t.Helper()
	now := h.clock().UnixMilli()
	require.NoError(h.t, h.registry.Detach(h.t.Context(), user, actor(user).Device, now, now+10_000))
}

func (h *house) sweep() session.Effects {
	h.t.Helper()
	e, err := h.Sweep(h.t.Context())
	require.NoError(h.t, err)
	return e
}

func (h *house) endClosed(ids ...string) session.Effects {
	h.t.Helper()
	_, e, err := h.EndClosed(h.t.Context(), ids)
	require.NoError(h.t, err)
	return e
}

// roles returns the members of a session with their roles.
func (h *house) roles(id string) map[string]protocol.Role {
	h.t.Helper()
	s, err := h.registry.Roster(h.t.Context(), id)
	require.NoError(h.t, err)
	out := map[string]protocol.Role{}
	for _, m := range s.Members {
		out[m.User.ID] = m.Role
	}
	return out
}

func (h *house) names(viewer string, p protocol.SessionListParams) []string {
	h.t.Helper()
	r, err := h.List(h.t.Context(), viewer, p)
	require.NoError(h.t, err)
	out := []string{}
	for _, s := range r.Sessions {
		out = append(out, s.ID)
	}
	return out
}

func (h *house) stays(id string) map[string]session.Stay {
	h.t.Helper()
	list, err := h.store.Attendance(h.t.Context(), id)
	require.NoError(h.t, err)
	out := map[string]session.Stay{}
	for _, s := range list {
		out[s.UserID] = s
	}
	return out
}

func refused(t *testing.T, err error, want protocol.Reason) {
	t.Helper()
	require.ErrorIs(t, err, protocol.Refuse(want))
}

func field(t *testing.T, err error, want string) {
	t.Helper()
	var e *protocol.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, protocol.CodeInvalidParams, e.Code)
	require.Equal(t, want, e.Data.Field)
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
