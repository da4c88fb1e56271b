package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

func TestWhatCreateFillsIn(t *testing.T) {
	h := newHouse(t)
	e, effects, err := h.Create(t.Context(), actor("ada"), protocol.SessionCreateParams{Name: "Attic"}, session.Operation{})
	require.NoError(t, err)
	require.Equal(t, protocol.Session{
		ID: "session-1", Name: "Attic", Visibility: protocol.VisibilityPublic, Capacity: 50, MemberCount: 1,
		Metadata: json.RawMessage(`{}`), TickHz: 20, CreatedAt: protocol.At(h.clock()),
	}, e.Result.Session)
	require.Equal(t, protocol.RoleHost, e.Result.Members[0].Role)
	require.Equal(t, uint16(1), e.Result.Number)
	require.Equal(t, []session.Placed{{UserID: "ada", SessionID: "session-1"}}, effects.Placed)
}

func TestWhatCreateIsTold(t *testing.T) {
	h := newHouse(t)
	hz, n, secret := 60, 7, "s3cret"
	e, _, err := h.Create(t.Context(), actor("ada"), protocol.SessionCreateParams{
		Name: "Attic", Visibility: protocol.VisibilityPrivate, Capacity: &n, Password: &secret, Persistent: true,
		Metadata: json.RawMessage(`{"map":"x"}`), TickHz: &hz,
	}, session.Operation{})
	require.NoError(t, err)
	s := e.Result.Session
	require.Equal(t, protocol.VisibilityPrivate, s.Visibility)
	require.Equal(t, 7, s.Capacity)
	require.Equal(t, 60, s.TickHz)
	require.True(t, s.HasPassword)
	require.True(t, s.Persistent)
	require.JSONEq(t, `{"map":"x"}`, string(s.Metadata))
}

func TestCapacityHasALimit(t *testing.T) {
	h := newHouse(t)
	h.config.MaxCapacity = 20
	h.restart()
	n := 21
	_, _, err := h.Create(t.Context(), actor("ada"), protocol.SessionCreateParams{Name: "Attic", Capacity: &n}, session.Operation{})
	field(t, err, "capacity")
	e, _, err := h.Create(t.Context(), actor("ada"), protocol.SessionCreateParams{Name: "Attic"}, session.Operation{})
	require.NoError(t, err)
	require.Equal(t, 20, e.Result.Session.Capacity, "the default is no exception")
	_, _, err = h.Update(t.Context(), "ada", protocol.SessionUpdateParams{SessionID: e.Result.Session.ID, Capacity: &n})
	field(t, err, "capacity")
	h.config.MaxCapacity = 0
	h.restart()
	n = 5000
	_, _, err = h.Create(t.Context(), actor("ben"), protocol.SessionCreateParams{Name: "Hall", Capacity: &n}, session.Operation{})
	require.NoError(t, err, "0 is no limit")
}

func TestSessionsOfOneUserAreLimited(t *testing.T) {
	h := newHouse(t)
	for range 5 {
		h.create()
	}
	_, _, err := h.Create(t.Context(), actor("ada"), protocol.SessionCreateParams{Name: "Sixth"}, session.Operation{})
	refused(t, err, protocol.SessionLimit)
	_, err = h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: "session-1"})
	require.NoError(t, err, "the creator closes it from outside too")
	h.create()
}

func TestAnOpIDCreatesOneSession(t *testing.T) {
	h := newHouse(t)
	op := session.Operation{UserID: "ada", OpID: "o", Method: protocol.MethodSessionCreate, Digest: "d"}
	p := protocol.SessionCreateParams{Name: "Attic"}
	first, _, err := h.Create(t.Context(), actor("ada"), p, op)
	require.NoError(t, err)
	again, effects, err := h.Create(t.Context(), actor("ada"), p, op)
	require.NoError(t, err)
	require.Equal(t, first.Result, again.Result)
	require.Zero(t, effects)
	op.Digest = "other"
	_, _, err = h.Create(t.Context(), actor("ada"), p, op)
	refused(t, err, protocol.OpIDConflict)
}

func TestTheOrderOfRefusals(t *testing.T) {
	h := newHouse(t)
	right, wrong := "right", "wrong"
	id := h.create(password(right), capacity(2))
	try := func(user string, password *string) error {
		_, _, err := h.Join(t.Context(), actor(user), protocol.SessionJoinParams{SessionID: id, Password: password})
		return err
	}
	require.NoError(t, try("eve", &right))
	_, err := h.kick("ada", id, "eve", true)
	require.NoError(t, err)
	require.NoError(t, try("ben", &right))
	h.lock(id, true)
	h.blocked["ada eve"] = true

	refused(t, try("eve", &wrong), protocol.SessionNotFound)
	h.blocked["ada eve"] = false
	refused(t, try("eve", &wrong), protocol.Banned)
	refused(t, try("cem", &wrong), protocol.SessionLocked)
	h.lock(id, false)
	refused(t, try("cem", &wrong), protocol.WrongPassword)
	refused(t, try("cem", nil), protocol.WrongPassword)
	refused(t, try("cem", &right), protocol.SessionFull)
	require.NoError(t, try("ben", nil), "a member joining again needs nothing")
	_, _, err = h.Join(t.Context(), actor("cem"), protocol.SessionJoinParams{SessionID: "none"})
	refused(t, err, protocol.SessionNotFound)
}

func TestThoseInGraceAndTheCreatorPassALock(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	h.lock(id, true)
	h.drop("ben")
	require.NoError(t, h.tryJoin(id, "ben"))
	h.leave(id, "cem")
	refused(t, h.tryJoin(id, "cem"), protocol.SessionLocked)
	h.leave(id, "ada")
	require.Equal(t, protocol.RoleHost, h.roles(id)["ben"])
	require.NoError(t, h.tryJoin(id, "ada"))
	require.Equal(t, map[string]protocol.Role{"ada": protocol.RoleHost, "ben": protocol.RoleMember}, h.roles(id))
}

func TestAJoinMovesTheUser(t *testing.T) {
	h := newHouse(t)
	a := h.create()
	b := h.createAs("ben")
	tablet := actor("ada")
	tablet.Device = session.Device{ID: "tablet", Kind: protocol.KindTablet, Connected: true}
	_, _, err := h.Join(t.Context(), tablet, protocol.SessionJoinParams{SessionID: a})
	require.NoError(t, err)
	_, effects, err := h.Join(t.Context(), actor("ada"), protocol.SessionJoinParams{SessionID: b})
	require.NoError(t, err)
	require.Equal(t, session.Effects{
		Ended: []session.Ended{{
			SessionID: a, UserID: "ada", Reason: protocol.EndedMoved,
			Devices: []session.Device{actor("ada").Device, tablet.Device}, Stamp: effects.Ended[0].Stamp,
		}},
		Placed: []session.Placed{{UserID: "ada", SessionID: b}},
	}, effects)
	places, err := h.Places(t.Context(), []string{"ada"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"ada": b}, places)
}

func TestLeaving(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	require.Zero(t, h.leave("none", "ada"))
	require.Zero(t, h.leave(id, "ben"), "leaving where one isn't")
	tablet := actor("ada")
	tablet.Device = session.Device{ID: "tablet", Kind: protocol.KindTablet, Connected: true}
	_, _, err := h.Join(t.Context(), tablet, protocol.SessionJoinParams{SessionID: id})
	require.NoError(t, err)
	require.Zero(t, h.leave(id, "ada"), "with one of two devices the member stays")
	require.Equal(t, []string{"ada"}, keys(h.roles(id)))
	effects, err := h.Gone(t.Context(), "ada", "tablet", protocol.LeftByChoice)
	require.NoError(t, err)
	require.Equal(t, session.Effects{
		Ended:  []session.Ended{{SessionID: id, UserID: "ada", Reason: protocol.EndedMoved, Companions: true, Stamp: effects.Ended[0].Stamp}},
		Placed: []session.Placed{{UserID: "ada"}},
	}, effects, "only companions have to be told")
}

func TestACompanionLeavesForItsUser(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	effects, err := h.Leave(t.Context(), "ada", "", protocol.SessionParams{SessionID: id})
	require.NoError(t, err)
	require.Equal(t, []session.Device{actor("ada").Device}, effects.Ended[0].Devices)
	require.Empty(t, h.roles(id))
}

func TestResync(t *testing.T) {
	h := newHouse(t)
	e, _, err := h.Create(t.Context(), actor("ada"), protocol.SessionCreateParams{Name: "Attic"}, session.Operation{})
	require.NoError(t, err)
	got, ok, err := h.Resync(t.Context(), "ada")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, e, got)
	_, ok, err = h.Resync(t.Context(), "zoe")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestThreeHundredForTheLastPlace(t *testing.T) {
	h := newHouse(t)
	id := h.create(capacity(3))
	h.join(id, "ben")
	var wg sync.WaitGroup
	errs := make([]error, 300)
	for i := range errs {
		wg.Go(func() {
			errs[i] = h.tryJoin(id, fmt.Sprint("u", i))
		})
	}
	wg.Wait()
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
			continue
		}
		refused(t, err, protocol.SessionFull)
	}
	require.Equal(t, 1, in)
	require.Len(t, h.roles(id), 3)
}

// What a join read may have changed by the time it is decided: then it is decided on what holds now.
func TestAJoinIsDecidedOnWhatHoldsThen(t *testing.T) {
	one, secret, friends := 1, "x", protocol.VisibilityConnections
	update := func(p protocol.SessionUpdateParams) func(*house, string) error {
		return func(h *house, id string) error {
			p.SessionID = id
			_, _, err := h.Update(t.Context(), "ada", p)
			return err
		}
	}
	on := true
	for _, c := range []struct {
		what string
		do   func(h *house, id string) error
		want protocol.Reason
	}{
		{"locked", update(protocol.SessionUpdateParams{Locked: &on}), protocol.SessionLocked},
		{"made smaller", update(protocol.SessionUpdateParams{Capacity: &one}), protocol.SessionFull},
		{"given a password", update(protocol.SessionUpdateParams{Password: &secret}), protocol.WrongPassword},
		{"hidden", update(protocol.SessionUpdateParams{Visibility: &friends}), protocol.SessionNotFound},
		{"closed", func(h *house, id string) error {
			_, err := h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
			return err
		}, protocol.SessionNotFound},
		{"banned", func(h *house, id string) error { _, err := h.kick("ada", id, "ben", true); return err }, protocol.Banned},
	} {
		h := newHouse(t)
		id := h.create()
		h.join(id, "ben")
		h.leave(id, "ben")
		h.store.between = func() { require.NoError(t, c.do(h, id), c.what) }
		require.ErrorIs(t, h.tryJoin(id, "ben"), protocol.Refuse(c.want), c.what)
	}
}

// curious counts how often it is asked who is in a session.
type curious struct {
	session.Registry
	asked int
}

func (c *curious) Standings(ctx context.Context, sessionID string, userIDs ...string) (session.Standings, error) {
	c.asked++
	return c.Registry.Standings(ctx, sessionID, userIDs...)
}

func TestWhereNothingKeepsAnybodyOutNobodyIsAskedWhoIsIn(t *testing.T) {
	h := newHouse(t)
	registry := &curious{Registry: h.registry}
	h.Service = session.New(session.Options{
		Store: h.store, Registry: registry, Relations: h, Config: h.config, Now: h.clock, NewID: h.newID, PasswordCost: 4,
	})
	id := h.create()
	h.join(id, "ben", "ben", "cem")
	require.Zero(t, registry.asked)
	h.blocked["cem ada"] = true
	h.join(id, "cem")
	require.Equal(t, 1, registry.asked, "whoever has to do with a block")
	h.lock(id, true)
	asked := registry.asked
	refused(t, h.tryJoin(id, "dan"), protocol.SessionLocked)
	require.Equal(t, asked+1, registry.asked, "a member may enter a locked one")
}

func TestAMemberWhoIsTakenOutWhileJoiningAgainNeedsAllThatOthersNeed(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben")
	h.lock(id, true)
	h.store.between = func() { h.leave(id, "ben") }
	refused(t, h.tryJoin(id, "ben"), protocol.SessionLocked)
}

// Locking, unlocking and banning while many come: nobody is in whom the settings of that moment keep out.
func TestJoinsWhileTheRulesChange(t *testing.T) {
	h := newHouse(t)
	id := h.create(capacity(100))
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			user := fmt.Sprint("u", i)
			_ = h.tryJoin(id, user)
			if i%3 == 0 {
				_, _ = h.kick("ada", id, user, true)
			}
		})
	}
	wg.Go(func() {
		for i := range 20 {
			h.lock(id, i%2 == 0)
		}
	})
	wg.Wait()
	h.lock(id, true)
	banned, err := h.Bans(t.Context(), "ada", protocol.SessionBansParams{SessionID: id})
	require.NoError(t, err)
	in := h.roles(id)
	for _, u := range banned.Users {
		require.NotContains(t, in, u.ID)
	}
	refused(t, h.tryJoin(id, "late"), protocol.SessionLocked)
	counts, err := h.registry.Summaries(t.Context(), []string{id})
	require.NoError(t, err)
	require.Equal(t, len(in), counts[id].Count)
}

func TestASessionOfTheServersHasNoHeir(t *testing.T) {
	h := newHouse(t)
	_, err := h.store.Create(t.Context(), session.Record{
		ID: "api", Name: "Lobby", Visibility: protocol.VisibilityPublic, Capacity: 9, Persistent: true, TickHz: 20, CreatedAt: 1, RulesRev: 1,
	}, session.Operation{}, 0)
	require.NoError(t, err)
	h.join("api", "ben", "cem")
	require.Equal(t, map[string]protocol.Role{"ben": protocol.RoleMember, "cem": protocol.RoleMember}, h.roles("api"))
	_, err = h.Close(t.Context(), "ben", protocol.SessionCloseParams{SessionID: "api"})
	refused(t, err, protocol.Forbidden)
	require.Contains(t, h.names("zoe", protocol.SessionListParams{}), "api")
}
