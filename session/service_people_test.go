package session_test

import (
	"context"
	"fmt"
	"sync"
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
		Ended:  []session.Ended{{SessionID: id, UserID: "ben", Reason: protocol.EndedKicked, Devices: []session.Device{actor("ben").Device}, Companions: true}},
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

func TestAnEmptySessionEnds(t *testing.T) {
	h := newHouse(t)
	id, stays := h.create(), h.createAs("ben", persistent)
	h.leave(id, "ada")
	h.leave(stays, "ben")
	h.pass(59 * time.Second)
	h.sweep()
	h.join(id, "cem")
	h.leave(id, "cem")
	h.pass(60 * time.Second)
	h.store.set("delete", true)
	_, err := h.Sweep(t.Context())
	refused(t, err, protocol.Unavailable)
	refused(t, h.tryJoin(id, "ada"), protocol.SessionNotFound)
	h.store.set("delete", false)
	h.sweep()
	found, err := h.Sessions(t.Context(), []string{id, stays})
	require.NoError(t, err)
	require.Equal(t, []string{stays}, keys(found), "what could not be deleted is deleted later")
	h.pass(time.Hour)
	h.sweep()
	require.NoError(t, h.tryJoin(stays, "zoe"))
}

func TestASessionThatNobodyCameBackToAfterACrashEnds(t *testing.T) {
	h := newHouse(t)
	id, stays := h.create(), h.createAs("ben", persistent)
	h.restart()
	h.sweep()
	found, err := h.Sessions(t.Context(), []string{id, stays})
	require.NoError(t, err)
	require.Len(t, found, 2)
	h.pass(60 * time.Second)
	h.sweep()
	found, err = h.Sessions(t.Context(), []string{id, stays})
	require.NoError(t, err)
	require.Equal(t, []string{stays}, keys(found))
}

func TestMembersAreWaitedForAfterADrain(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	require.NoError(t, h.role("ada", id, "cem", protocol.RoleCohost))
	_, err := h.SetAttributes(t.Context(), "ada", protocol.SessionSetAttributesParams{SessionID: id, UserID: "ben", Attributes: protocol.Attributes{"muted": []byte(`true`)}})
	require.NoError(t, err)
	h.lock(id, true)
	before, err := h.registry.Roster(t.Context(), id)
	require.NoError(t, err)
	drained := h.clock().UnixMilli()
	require.NoError(t, h.SaveMembers(t.Context()))

	h.pass(time.Hour)
	h.restart()
	h.pass(59 * time.Second)
	h.sweep()
	for i, m := range before.Members[:2] {
		where, err := h.registry.Attach(t.Context(), m.User.ID, actor(m.User.ID).Device)
		require.NoError(t, err)
		require.Equal(t, id, where)
		require.NoError(t, h.tryJoin(id, m.User.ID), "they pass the lock")
		now, err := h.registry.Roster(t.Context(), id)
		require.NoError(t, err)
		got := now.Members[i]
		require.Equal(t, []any{m.Number, m.Role, m.Attributes, m.Muted, m.JoinedAt}, []any{got.Number, got.Role, got.Attributes, got.Muted, got.JoinedAt})
	}
	h.pass(time.Second)
	effects := h.sweep()
	require.Len(t, effects.Placed, 1)
	require.Equal(t, []string{"ada", "ben"}, keys(h.roles(id)))
	h.sweep()
	stays := h.stays(id)
	require.Equal(t, drained, stays["cem"].To, "a stay ends when they were last there")
	require.Zero(t, stays["ada"].To)
	refused(t, h.tryJoin(id, "cem"), protocol.SessionLocked)
}

func TestStays(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	from := h.clock().UnixMilli()
	require.Equal(t, map[string]session.Stay{"ada": {SessionID: id, UserID: "ada", From: from}}, h.stays(id))
	h.pass(time.Minute)
	h.store.set("end stays", true)
	h.leave(id, "ada")
	_, err := h.Sweep(t.Context())
	refused(t, err, protocol.Unavailable)
	h.store.set("end stays", false)
	h.pass(10 * time.Second)
	h.sweep()
	require.Equal(t, from+60_000, h.stays(id)["ada"].To, "leaving waits for no store, and is noted when there is one")

	b := h.createAs("ben")
	h.drop("ben")
	dropped := h.clock().UnixMilli()
	h.pass(10 * time.Second)
	h.sweep()
	require.Equal(t, dropped, h.stays(b)["ben"].To)
	h.pass(31 * 24 * time.Hour)
	require.NoError(t, h.PurgeStays(t.Context(), 30*24*time.Hour))
	require.Empty(t, h.stays(id))
}

func TestAStayThatCantBeNotedIsNone(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.store.set("open stay", true)
	refused(t, h.tryJoin(id, "ben"), protocol.Unavailable)
	require.Equal(t, []string{"ada"}, keys(h.roles(id)))
	h.store.set("open stay", false)
	h.join(id, "ben")
}

func TestStaysOfACrashAreEnded(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.pass(time.Minute)
	h.join(id, "ben")
	last := h.clock().UnixMilli()
	h.pass(time.Hour)
	h.restart()
	for _, s := range h.stays(id) {
		require.Equal(t, last, s.To, "no later than the store knows of")
	}
}

func TestSending(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	p := protocol.SessionSendParams{SessionID: id, Kind: "chat", Data: []byte(`"hi"`)}
	require.NoError(t, h.CheckSend(t.Context(), "ada", &p))
	refused(t, h.CheckSend(t.Context(), "zoe", &p), protocol.NotInSession)
	p.SessionID = "none"
	refused(t, h.CheckSend(t.Context(), "zoe", &p), protocol.SessionNotFound)
	p.SessionID, p.Data = id, make([]byte, 4097)
	field(t, h.CheckSend(t.Context(), "ada", &p), "data")
}

func TestMembersAreShownToMembers(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	h.join(id, "ben", "cem")
	members, err := h.Members(t.Context(), "cem", id)
	require.NoError(t, err)
	require.Len(t, members, 3)
	_, err = h.Members(t.Context(), "zoe", id)
	refused(t, err, protocol.NotInSession)
	_, err = h.Members(t.Context(), "zoe", "none")
	refused(t, err, protocol.SessionNotFound)

	where, m, ok, err := h.SharedMember(t.Context(), "ada", "ben")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, id, where)
	require.Equal(t, "ben", m.User.ID)
	h.createAs("ben")
	_, _, ok, err = h.SharedMember(t.Context(), "ada", "ben")
	require.NoError(t, err)
	require.False(t, ok)
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

func TestMayJoinIsWhatTheJoinAnswers(t *testing.T) {
	h := newHouse(t)
	open, full, locked, secret := h.create(persistent), h.create(capacity(1), persistent), h.create(persistent), h.create(password("x"), persistent)
	h.join(full, "ben")
	h.lock(locked, true)
	for id, want := range map[string]protocol.Reason{open: "", full: protocol.SessionFull, locked: protocol.SessionLocked, secret: "", "none": protocol.SessionNotFound} {
		refusal, err := h.MayJoin(t.Context(), "zoe", id)
		require.NoError(t, err)
		if want == "" {
			require.Nil(t, refusal)
		} else {
			require.Equal(t, want, refusal.Reason())
		}
	}
	refusal, err := h.MayJoin(t.Context(), "ben", full)
	require.NoError(t, err)
	require.Nil(t, refusal, "a member may")
}

func TestThreeHundredForTheLastPlace(t *testing.T) {
	h := newHouse(t)
	id := h.create(capacity(3), password("x"))
	right := "x"
	_, _, err := h.Join(t.Context(), actor("ben"), protocol.SessionJoinParams{SessionID: id, Password: &right})
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make([]error, 300)
	for i := range errs {
		wg.Go(func() {
			_, _, errs[i] = h.Join(t.Context(), actor(fmt.Sprint("u", i)), protocol.SessionJoinParams{SessionID: id, Password: &right})
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
	counts, err := h.Sessions(t.Context(), []string{id})
	require.NoError(t, err)
	require.Equal(t, len(in), counts[id].MemberCount)
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
