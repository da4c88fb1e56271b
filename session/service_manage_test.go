package session_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

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
