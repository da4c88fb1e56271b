package session_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

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

func TestWhoseSessionsAreOpenToWhom(t *testing.T) {
	h := newHouse(t)
	public, friends, private := h.create(), h.create(visibility(protocol.VisibilityConnections)), h.create(visibility(protocol.VisibilityPrivate))
	h.connect("ada", "ben")
	require.Equal(t, []string{friends, public}, h.names("ben", protocol.SessionListParams{}))
	require.Equal(t, []string{public}, h.names("cem", protocol.SessionListParams{}))
	require.Equal(t, []string{friends, public}, h.names("ada", protocol.SessionListParams{}), "a private one is listed for nobody")
	require.NoError(t, h.tryJoin(friends, "ben"))
	refused(t, h.tryJoin(friends, "cem"), protocol.SessionNotFound)
	require.NoError(t, h.tryJoin(private, "cem"), "whoever has the id may join")

	h.blocked["ada dan"] = true
	require.Empty(t, h.names("dan", protocol.SessionListParams{}))
	for _, id := range []string{public, friends, private} {
		refused(t, h.tryJoin(id, "dan"), protocol.SessionNotFound)
	}
}

func TestTheHostOfNowDecidesWhoseConnections(t *testing.T) {
	h := newHouse(t)
	id := h.create(visibility(protocol.VisibilityConnections))
	h.connect("ada", "ben")
	h.connect("ben", "cem")
	h.join(id, "ben")
	refused(t, h.tryJoin(id, "cem"), protocol.SessionNotFound)
	h.leave(id, "ada")
	require.NoError(t, h.tryJoin(id, "cem"), "ben is host")
	require.NoError(t, h.tryJoin(id, "ada"), "whose it is may always come")
}

func TestTheListLeavesOutWhatOneMayNotJoin(t *testing.T) {
	h := newHouse(t)
	locked, banned, full, secret := h.create(), h.create(), h.createAs("ben", capacity(1)), h.createAs("ben", password("x"))
	h.lock(locked, true)
	h.join(banned, "cem")
	_, err := h.kick("ada", banned, "cem", true)
	require.NoError(t, err)
	require.Equal(t, []string{secret, full}, h.names("cem", protocol.SessionListParams{}))
	require.Contains(t, h.names("ada", protocol.SessionListParams{}), locked, "its creator may")
	require.NoError(t, h.Unban(t.Context(), "ada", protocol.SessionUserParams{SessionID: banned, UserID: "cem"}))
	require.Contains(t, h.names("cem", protocol.SessionListParams{}), banned)
}

func TestTheListPagesAndFinds(t *testing.T) {
	h := newHouse(t)
	h.config.SessionsPerUser = 0
	h.restart()
	var want []string
	for i := range 250 {
		h.pass(time.Millisecond)
		v := protocol.VisibilityPublic
		if i%2 == 1 {
			v = protocol.VisibilityConnections // of somebody whom the viewer doesn't know
		}
		id := h.createAs("ada", visibility(v), func(p *protocol.SessionCreateParams) { p.Name = fmt.Sprint("Café ", i) })
		if i%2 == 0 {
			want = append([]string{id}, want...)
		}
	}
	var got []string
	limit, cursor := 40, ""
	for {
		r, err := h.List(t.Context(), "zoe", protocol.SessionListParams{Query: "cafe", Page: protocol.Page{Limit: &limit, Cursor: cursor}})
		require.NoError(t, err)
		require.LessOrEqual(t, len(r.Sessions), limit)
		for _, s := range r.Sessions {
			got = append(got, s.ID)
		}
		if cursor = r.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)
	require.Len(t, h.names("zoe", protocol.SessionListParams{Query: "124"}), 1)
	_, err := h.List(t.Context(), "zoe", protocol.SessionListParams{Page: protocol.Page{Cursor: "x"}})
	field(t, err, "cursor")
	limit = 125
	r, err := h.List(t.Context(), "zoe", protocol.SessionListParams{Page: protocol.Page{Limit: &limit}})
	require.NoError(t, err)
	require.Empty(t, r.NextCursor, "none when there is no more")
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
			Devices: []session.Device{actor("ada").Device, tablet.Device},
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
		Ended:  []session.Ended{{SessionID: id, UserID: "ada", Reason: protocol.EndedMoved, Companions: true}},
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

func TestUpdate(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben")
	name, n, locked, secret, v := "Cellar", 9, true, "x", protocol.VisibilityPrivate
	r, effects, err := h.Update(t.Context(), "ada", protocol.SessionUpdateParams{
		SessionID: id, Name: &name, Capacity: &n, Locked: &locked, Password: &secret, Visibility: &v, Metadata: json.RawMessage(`{ "a": 1 }`),
	})
	require.NoError(t, err)
	s := r.Session
	require.Equal(t, []any{"Cellar", 9, true, true, v, 2, `{"a":1}`}, []any{s.Name, s.Capacity, s.Locked, s.HasPassword, s.Visibility, s.MemberCount, string(s.Metadata)})
	require.Equal(t, []protocol.Session{s}, effects.Updated)

	again, effects, err := h.Update(t.Context(), "ada", protocol.SessionUpdateParams{SessionID: id, Name: &name, Capacity: &n})
	require.NoError(t, err)
	require.Equal(t, s, again.Session)
	require.Zero(t, effects, "an update that changes nothing is told to nobody")

	empty := ""
	r, _, err = h.Update(t.Context(), "ada", protocol.SessionUpdateParams{SessionID: id, Password: &empty})
	require.NoError(t, err)
	require.False(t, r.Session.HasPassword)

	_, _, err = h.Update(t.Context(), "ben", protocol.SessionUpdateParams{SessionID: id, Name: &name})
	refused(t, err, protocol.Forbidden)
	_, _, err = h.Update(t.Context(), "zoe", protocol.SessionUpdateParams{SessionID: id, Name: &name})
	refused(t, err, protocol.NotInSession)
	_, _, err = h.Update(t.Context(), "zoe", protocol.SessionUpdateParams{SessionID: "none", Name: &name})
	refused(t, err, protocol.SessionNotFound)
	h.blocked["ada zoe"] = true
	_, _, err = h.Update(t.Context(), "zoe", protocol.SessionUpdateParams{SessionID: id, Name: &name})
	refused(t, err, protocol.SessionNotFound)
}

func TestASmallerCapacityThrowsNobodyOut(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	one := 1
	_, _, err := h.Update(t.Context(), "ada", protocol.SessionUpdateParams{SessionID: id, Capacity: &one})
	require.NoError(t, err)
	require.Len(t, h.roles(id), 3)
	h.leave(id, "cem")
	refused(t, h.tryJoin(id, "cem"), protocol.SessionFull)
}

func TestAnInheritedHostKeepsWhatTheCreatorDecided(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	h.leave(id, "ada")
	name, secret, v := "Mine now", "x", protocol.VisibilityPrivate
	_, _, err := h.Update(t.Context(), "ben", protocol.SessionUpdateParams{SessionID: id, Name: &name})
	require.NoError(t, err)
	_, _, err = h.Update(t.Context(), "ben", protocol.SessionUpdateParams{SessionID: id, Password: &secret})
	refused(t, err, protocol.Forbidden)
	_, _, err = h.Update(t.Context(), "ben", protocol.SessionUpdateParams{SessionID: id, Visibility: &v})
	refused(t, err, protocol.Forbidden)
	_, err = h.kick("ben", id, "cem", true)
	refused(t, err, protocol.Forbidden)
	_, err = h.Close(t.Context(), "ben", protocol.SessionCloseParams{SessionID: id})
	refused(t, err, protocol.Forbidden)
	_, err = h.kick("ben", id, "ada", false)
	refused(t, err, protocol.Forbidden)
	require.NoError(t, h.role("ben", id, "cem", protocol.RoleHost), "handing it on is no way around")
	_, err = h.Close(t.Context(), "cem", protocol.SessionCloseParams{SessionID: id})
	refused(t, err, protocol.Forbidden)
	require.NoError(t, h.role("cem", id, "ben", protocol.RoleCohost))
	_, err = h.kick("cem", id, "ben", false)
	require.NoError(t, err)
	_, err = h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
	require.NoError(t, err, "the creator can, from outside too")
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	refused(t, h.role("ben", id, "cem", protocol.RoleCohost), protocol.Forbidden)
	require.NoError(t, h.role("ada", id, "ben", protocol.RoleCohost))
	require.NoError(t, h.role("ada", id, "ben", protocol.RoleCohost), "again")
	refused(t, h.role("ben", id, "cem", protocol.RoleCohost), protocol.Forbidden)
	refused(t, h.role("ada", id, "ada", protocol.RoleMember), protocol.Forbidden)
	require.NoError(t, h.role("ada", id, "ada", protocol.RoleHost))
	refused(t, h.role("ada", id, "zoe", protocol.RoleMember), protocol.UserNotFound)
	refused(t, h.role("zoe", id, "ben", protocol.RoleMember), protocol.NotInSession)
	r, err := h.SetRole(t.Context(), "ada", protocol.SessionSetRoleParams{SessionID: id, UserID: "cem", Role: protocol.RoleHost})
	require.NoError(t, err)
	require.Equal(t, protocol.RoleHost, r.Member.Role)
	require.Equal(t, map[string]protocol.Role{"ada": protocol.RoleCohost, "ben": protocol.RoleCohost, "cem": protocol.RoleHost}, h.roles(id))
	_, err = h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
	refused(t, err, protocol.Forbidden)
	_, err = h.Close(t.Context(), "cem", protocol.SessionCloseParams{SessionID: id})
	require.NoError(t, err, "handed over is handed over")
}

func TestAttributes(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	set := func(by, user, attributes string) (protocol.Member, error) {
		p := protocol.SessionSetAttributesParams{SessionID: id, UserID: user}
		require.NoError(t, json.Unmarshal([]byte(attributes), &p.Attributes))
		r, err := h.SetAttributes(t.Context(), by, p)
		return r.Member, err
	}
	m, err := set("ben", "", `{"hand":true,"mood":"glad"}`)
	require.NoError(t, err)
	require.Len(t, m.Attributes, 2)
	m, err = set("ben", "ben", `{"hand":null}`)
	require.NoError(t, err)
	require.Equal(t, protocol.Attributes{"mood": json.RawMessage(`"glad"`)}, m.Attributes)
	_, err = set("ada", "ben", `{"muted":true}`)
	require.NoError(t, err)
	_, err = set("ben", "", `{"muted":false}`)
	refused(t, err, protocol.Forbidden)
	_, err = set("cem", "ben", `{"muted":false}`)
	refused(t, err, protocol.Forbidden)
	_, err = set("ada", "ben", `{"hand":true}`)
	refused(t, err, protocol.Forbidden)
	_, err = set("ada", "zoe", `{"muted":true}`)
	refused(t, err, protocol.UserNotFound)
	_, err = set("zoe", "", `{"hand":true}`)
	refused(t, err, protocol.NotInSession)
	h.drop("ben")
	require.NoError(t, h.tryJoin(id, "ben"))
	_, err = set("ben", "", `{"muted":null}`)
	refused(t, err, protocol.Forbidden)
	_, err = set("ada", "ben", `{"muted":false}`)
	require.NoError(t, err)
	_, err = set("ben", "", `{"muted":null}`)
	require.NoError(t, err)
}

func TestManyRaiseTheirHandsAtOnce(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			key := fmt.Sprint("k", i)
			_, err := h.SetAttributes(t.Context(), "ada", protocol.SessionSetAttributesParams{SessionID: id, Attributes: protocol.Attributes{key: json.RawMessage(`1`)}})
			require.True(t, err == nil || errors.Is(err, protocol.Refuse(protocol.Unavailable)), "%v", err)
		})
	}
	wg.Wait()
	s, err := h.registry.Roster(t.Context(), id)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(s.Members[0].Attributes), 16, "none that was answered is lost")
}

func TestANewNameIsShown(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	require.NoError(t, h.UserChanged(t.Context(), protocol.User{ID: "ada", Name: "Ada Lovelace"}))
	require.NoError(t, h.UserChanged(t.Context(), protocol.User{ID: "zoe", Name: "Zoë"}))
	members, err := h.Members(t.Context(), "ada", id)
	require.NoError(t, err)
	require.Equal(t, "Ada Lovelace", members[0].User.Name)
}
