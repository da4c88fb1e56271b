package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

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
	found, err := h.Records(t.Context(), []string{id, stays})
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
	found, err := h.Records(t.Context(), []string{id, stays})
	require.NoError(t, err)
	require.Len(t, found, 2)
	h.pass(60 * time.Second)
	h.sweep()
	found, err = h.Records(t.Context(), []string{id, stays})
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
	now, err := h.registry.Roster(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, before.Members, now.Members, "what is saved is a copy")

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

// With several nodes, the one that should have noted the end of a stay may have died before it could.
func TestAStayThatNobodyNotedTheEndOfEnds(t *testing.T) {
	h := newHouse(t)
	id := h.create()
	began := h.clock().UnixMilli()
	require.NoError(t, h.store.OpenStay(t.Context(), session.Stay{SessionID: id, UserID: "dan", From: began}))
	require.NoError(t, h.store.OpenStay(t.Context(), session.Stay{SessionID: id, UserID: "ada", From: began - 1}))
	require.NoError(t, h.EndLost(t.Context()))
	h.pass(11 * time.Minute)
	noticed := h.clock().UnixMilli()
	require.NoError(t, h.EndLost(t.Context()))
	require.Zero(t, h.stays(id)["dan"].To, "the Registry may be about to be filled again")
	h.pass(time.Hour)
	require.NoError(t, h.store.OpenStay(t.Context(), session.Stay{SessionID: id, UserID: "eve", From: noticed}))
	require.NoError(t, h.EndLost(t.Context()))
	all, err := h.store.Attendance(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []session.Stay{
		{SessionID: id, UserID: "ada", From: began - 1, To: noticed},
		{SessionID: id, UserID: "ada", From: began},
		{SessionID: id, UserID: "dan", From: began, To: noticed},
		{SessionID: id, UserID: "eve", From: noticed},
	}, all, "ada is still there, by her later stay")
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
