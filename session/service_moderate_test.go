package session_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

func TestKick(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	effects, err := h.kick("ada", id, "ben", false)
	require.NoError(t, err)
	require.Equal(t, session.Effects{
		Ended:  []session.Ended{{SessionID: id, UserID: "ben", Reason: protocol.EndedKicked, Devices: []session.Device{actor("ben").Device}, Companions: true, Stamp: effects.Ended[0].Stamp}},
		Placed: []session.Placed{{UserID: "ben"}},
	}, effects)
	require.Equal(t, []string{"ada", "cem"}, keys(h.roles(id)))
	require.NoError(t, h.tryJoin(id, "ben"), "a kick may be followed by a new join")
	_, err = h.kick("ben", id, "cem", false)
	refused(t, err, protocol.Forbidden)
	_, err = h.kick("zoe", id, "cem", false)
	refused(t, err, protocol.NotInSession)
	_, err = h.kick("ada", id, "zoe", false)
	refused(t, err, protocol.UserNotFound)
	_, err = h.kick("ada", id, "ada", false)
	refused(t, err, protocol.Forbidden)
}

func TestBan(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	require.NoError(t, h.role("ada", id, "cem", protocol.RoleCohost))
	effects, err := h.kick("cem", id, "ben", true)
	require.NoError(t, err)
	require.Equal(t, protocol.EndedBanned, effects.Ended[0].Reason)
	refused(t, h.tryJoin(id, "ben"), protocol.Banned)
	effects, err = h.kick("ada", id, "ben", true)
	require.NoError(t, err, "again")
	require.Zero(t, effects)

	r, err := h.Bans(t.Context(), "cem", protocol.SessionBansParams{SessionID: id})
	require.NoError(t, err)
	require.Equal(t, []protocol.User{{ID: "ben"}}, r.Users)
	_, err = h.Bans(t.Context(), "zoe", protocol.SessionBansParams{SessionID: id})
	refused(t, err, protocol.NotInSession)
	refused(t, h.Unban(t.Context(), "zoe", protocol.SessionUserParams{SessionID: id, UserID: "ben"}), protocol.NotInSession)
	require.NoError(t, h.Unban(t.Context(), "cem", protocol.SessionUserParams{SessionID: id, UserID: "ben"}))
	require.NoError(t, h.Unban(t.Context(), "cem", protocol.SessionUserParams{SessionID: id, UserID: "ben"}), "again")
	require.NoError(t, h.tryJoin(id, "ben"))
}

func TestBansPage(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	var want []string
	for i := range 7 {
		user := fmt.Sprint("u", i)
		h.join(id, user)
		_, err := h.kick("ada", id, user, true)
		require.NoError(t, err)
		want = append([]string{user}, want...)
	}
	var got []string
	limit, cursor := 3, ""
	for {
		r, err := h.Bans(t.Context(), "ada", protocol.SessionBansParams{SessionID: id, Page: protocol.Page{Limit: &limit, Cursor: cursor}})
		require.NoError(t, err)
		for _, u := range r.Users {
			got = append(got, u.ID)
		}
		if cursor = r.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)
	_, err := h.Bans(t.Context(), "ada", protocol.SessionBansParams{SessionID: id, Page: protocol.Page{Cursor: "x"}})
	field(t, err, "cursor")
}

func TestWhoJustLeftCanBeBanned(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	h.leave(id, "ben")
	h.leave(id, "cem")
	h.pass(10*time.Minute - time.Second)
	h.sweep()
	effects, err := h.kick("ada", id, "ben", false)
	require.NoError(t, err)
	require.Zero(t, effects)
	_, err = h.kick("ada", id, "ben", true)
	require.NoError(t, err)
	refused(t, h.tryJoin(id, "ben"), protocol.Banned)
	h.pass(time.Second)
	h.sweep()
	_, err = h.kick("ada", id, "cem", true)
	refused(t, err, protocol.UserNotFound)
}

func TestTheCreatorCantBeKickedOrBanned(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben")
	require.NoError(t, h.role("ada", id, "ben", protocol.RoleHost))
	for _, ban := range []bool{false, true} {
		_, err := h.kick("ben", id, "ada", ban)
		refused(t, err, protocol.Forbidden)
	}
}

func TestClose(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	h.drop("cem")
	_, err := h.Close(t.Context(), "ben", protocol.SessionCloseParams{SessionID: id})
	refused(t, err, protocol.Forbidden)
	effects, err := h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
	require.NoError(t, err)
	require.Len(t, effects.Ended, 3)
	for i, user := range []string{"ada", "ben", "cem"} {
		require.Equal(t, user, effects.Ended[i].UserID)
		require.Equal(t, protocol.EndedClosed, effects.Ended[i].Reason)
		require.Len(t, effects.Ended[i].Devices, 1)
	}
	refused(t, h.tryJoin(id, "ada"), protocol.SessionNotFound)
	_, err = h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
	refused(t, err, protocol.SessionNotFound)
	require.Empty(t, h.names("ben", protocol.SessionListParams{}))
	h.sweep()
	require.Len(t, h.stays(id), 3)
	for _, s := range h.stays(id) {
		require.NotZero(t, s.To)
	}
}

// What a panel lists is what the call answers.
func TestPermissionsAreWhatTheCallsAnswer(t *testing.T) {
	h := newHouse(t)
	h.config.SessionsPerUser = 0
	h.restart()
	cast := []string{"ada", "ben", "cem", "dan", "eve", "zoe"}
	stage := func() string {
		id := h.create()
		h.join(id, "ben", "cem", "dan", "eve")
		require.NoError(t, h.role("ada", id, "ben", protocol.RoleCohost))
		require.NoError(t, h.role("ada", id, "cem", protocol.RoleCohost))
		h.leave(id, "eve")
		return id
	}
	listed := 0
	for _, heir := range []bool{false, true} {
		for _, viewer := range cast {
			for _, target := range cast {
				for i := range 4 {
					id := stage()
					if heir {
						h.leave(id, "ada")
					}
					list, until, err := h.Permissions(t.Context(), viewer, target)
					require.NoError(t, err)
					require.Equal(t, len(list) == 2, until > 0, "two of the four can be done to who just left")
					if i >= len(list) {
						continue
					}
					listed++
					name := fmt.Sprintf("%s %s %s, heir: %v", viewer, list[i].Action, target, heir)
					requireAnswer(t, list[i].Refusal, h.act(t.Context(), viewer, id, target, list[i].Action), name)
				}
			}
		}
	}
	require.Equal(t, 3*(3*4+2)+2*(2*4+2*2), listed)
}

func requireAnswer(t *testing.T, want *protocol.Error, got error, name string) {
	t.Helper()
	if want == nil {
		require.NoError(t, got, name)
		return
	}
	require.ErrorIs(t, got, want, name)
}

func (h *house) act(ctx context.Context, by, id, target string, action protocol.ActionName) error {
	var err error
	switch action {
	case protocol.ActionKick:
		_, err = h.kick(by, id, target, false)
	case protocol.ActionBan:
		_, err = h.kick(by, id, target, true)
	case protocol.ActionSetRole:
		err = h.role(by, id, target, protocol.RoleMember)
	case protocol.ActionMute:
		_, err = h.SetAttributes(ctx, by, protocol.SessionSetAttributesParams{SessionID: id, UserID: target, Attributes: protocol.Attributes{"muted": []byte(`true`)}})
	}
	return err
}

func TestPermissionsAreForHostsAndCohosts(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	for viewer, want := range map[string]int{"ada": 4, "ben": 0, "zoe": 0} {
		list, _, err := h.Permissions(t.Context(), viewer, "cem")
		require.NoError(t, err)
		require.Len(t, list, want, viewer)
	}
	list, _, err := h.Permissions(t.Context(), "ada", "ada")
	require.NoError(t, err)
	require.Empty(t, list)
	h.leave(id, "cem")
	left := h.clock()
	list, until, err := h.Permissions(t.Context(), "ada", "cem")
	require.NoError(t, err)
	require.Equal(t, []session.Permission{{Action: protocol.ActionKick}, {Action: protocol.ActionBan}}, list)
	require.Equal(t, left.Add(10*time.Minute).UnixMilli(), until)
}

// unreached is a Registry that is out of reach for what changes something, when a test says so.
type unreached struct {
	session.Registry
	away bool
}

func (u *unreached) err() error {
	if u.away {
		return protocol.Refuse(protocol.Unavailable)
	}
	return nil
}

func (u *unreached) Leave(ctx context.Context, l session.Leave) (session.Left, error) {
	if err := u.err(); err != nil {
		return session.Left{}, err
	}
	return u.Registry.Leave(ctx, l)
}

func (u *unreached) End(ctx context.Context, id string, at int64) ([]session.Departure, error) {
	if err := u.err(); err != nil {
		return nil, err
	}
	return u.Registry.End(ctx, id, at)
}

func (u *unreached) SetRules(ctx context.Context, id string, r session.Rules) error {
	if err := u.err(); err != nil {
		return err
	}
	return u.Registry.SetRules(ctx, id, r)
}

// TestWhatIsStoredThoughTheRegistryIsOutOfReachIsNotCalledUntouched: whoever repeats it brings it to its end.
func TestWhatIsStoredThoughTheRegistryIsOutOfReachIsNotCalledUntouched(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem", "dan")
	u := &unreached{Registry: h.registry}
	h.Service = session.New(session.Options{
		Store: h.store, Registry: u, Relations: h, Config: h.config, Now: h.clock, NewID: h.newID, PasswordCost: 4,
	})
	locked := true
	calls := map[string]func() error{
		"ban": func() error { _, err := h.kick("ada", id, "ben", true); return err },
		"unban": func() error {
			return h.Unban(t.Context(), "ada", protocol.SessionUserParams{SessionID: id, UserID: "ben"})
		},
		"update": func() error {
			_, _, err := h.Update(t.Context(), "ada", protocol.SessionUpdateParams{SessionID: id, Locked: &locked})
			return err
		},
		"close": func() error {
			_, err := h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
			return err
		},
	}
	unknown := func(err error) bool {
		var refused *protocol.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, protocol.Unavailable, refused.Reason())
		return refused.Data.Unknown
	}
	for _, name := range []string{"ban", "unban", "update", "close"} {
		u.away = true
		require.True(t, unknown(calls[name]()), name)
		u.away = false
		require.NoError(t, calls[name](), name)
	}
	require.Empty(t, h.roles(id))
	id = h.create()
	h.join(id, "cem")
	u.away = true
	_, err := h.kick("ada", id, "cem", false)
	require.False(t, unknown(err), "of a kick nothing is stored")
}

// TestASessionThatIsClosedFromOutsideEndsOnceTheRegistryIsBack: its creator can't repeat it, as there is no record any more.
func TestASessionThatIsClosedFromOutsideEndsOnceTheRegistryIsBack(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben")
	h.leave(id, "ada")
	u := &unreached{Registry: h.registry, away: true}
	h.Service = session.New(session.Options{
		Store: h.store, Registry: u, Relations: h, Config: h.config, Now: h.clock, NewID: h.newID, PasswordCost: 4,
	})
	_, err := h.Close(t.Context(), "ada", protocol.SessionCloseParams{SessionID: id})
	refused(t, err, protocol.Unavailable)
	_, err = h.Sweep(t.Context())
	refused(t, err, protocol.Unavailable)
	require.Contains(t, h.roles(id), "ben")
	u.away = false
	effects, err := h.Sweep(t.Context())
	require.NoError(t, err)
	require.Len(t, effects.Ended, 1)
	require.Equal(t, "ben", effects.Ended[0].UserID)
	require.Equal(t, protocol.EndedClosed, effects.Ended[0].Reason)
	require.Empty(t, h.roles(id))
	effects, err = h.Sweep(t.Context())
	require.NoError(t, err)
	require.Empty(t, effects, "once")
}

// TestASessionThatWasClosedEndsThoughTheNodeDiedThatWasToEndIt: its record is gone, and its members are still there.
func TestASessionThatWasClosedEndsThoughTheNodeDiedThatWasToEndIt(t *testing.T) {
	h := newHouse(t)
	id, other := h.create(), h.createAs("cem")
	h.join(id, "ben")
	require.Empty(t, h.endClosed(id, other).Ended, "they last")
	require.NoError(t, h.store.Delete(t.Context(), id))
	effects := h.endClosed(id, other)
	require.Len(t, effects.Ended, 2)
	require.Equal(t, protocol.EndedClosed, effects.Ended[0].Reason)
	require.Empty(t, h.roles(id))
	require.Contains(t, h.roles(other), "cem")
	require.Empty(t, h.endClosed(id, other).Ended, "once")
	h.sweep()
	require.NotZero(t, h.stays(id)["ben"].To)
}
