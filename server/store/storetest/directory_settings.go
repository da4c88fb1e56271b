package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/protocol"
	"foyer/server/store"
)

func settingsRevision(t *testing.T, u *users) {
	u.named(t, "Ada")
	got, err := u.Settings(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, protocol.SettingsResult{Settings: protocol.DefaultSettings()}, got)

	changed := protocol.Settings{InvitableBy: protocol.InvitableByNobody, FindableByName: true, FindableByEmail: true, RecentPeople: true}
	p := protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableByNobody), FindableByEmail: ptr(true), EmailReminders: ptr(false)}
	r, e := u.update(t, "ada", p)
	require.Equal(t, protocol.SettingsResult{Settings: changed, Rev: 1}, r)
	require.Equal(t, []directory.SettingsChange{{UserID: "ada", Notification: protocol.SettingsChanged{Rev: 1, Settings: changed}}}, e.Settings)

	r, e = u.update(t, "ada", p)
	require.Equal(t, protocol.SettingsResult{Settings: changed, Rev: 1}, r, "what changes nothing has no revision")
	require.Empty(t, e.Settings)
	r, e = u.update(t, "ada", protocol.SettingsUpdateParams{})
	require.Equal(t, int64(1), r.Rev)
	require.Empty(t, e.Settings)

	require.NoError(t, u.store.View(t.Context(), func(tx *store.Tx) error {
		log, err := tx.Log("ada", 0, u.now.UnixMilli())
		require.NoError(t, err)
		require.True(t, log.Complete)
		require.Len(t, log.Changes, 1)
		require.Equal(t, directory.ChangeSettings, log.Changes[0].Kind)
		n, err := directory.Render(log.Changes[0].Rev, log.Changes[0].Body)
		require.Equal(t, protocol.SettingsChanged{Rev: 1, Settings: changed}, n)
		return err
	}))
	_, _, err = u.UpdateSettings(t.Context(), directory.Operation{UserID: "ada"}, protocol.SettingsUpdateParams{InvitableBy: ptr(protocol.InvitableBy("cats"))})
	require.ErrorIs(t, err, protocol.InvalidParams("invitable_by", ""))
	user, _ := u.hello(t, directory.Claims{Subject: "ada", Name: "Ada II"})
	require.Equal(t, changed, user.Settings, "a token changes no settings")
	require.Equal(t, int64(1), user.Rev)
}

func settingsOperation(t *testing.T, u *users) {
	u.named(t, "Ada")
	op := directory.Operation{UserID: "ada", OpID: "1", Method: protocol.MethodSettingsUpdate, Digest: "d"}
	off := protocol.SettingsUpdateParams{RecentPeople: ptr(false)}
	first, e, err := u.UpdateSettings(t.Context(), op, off)
	require.NoError(t, err)
	require.Len(t, e.Settings, 1)
	u.update(t, "ada", protocol.SettingsUpdateParams{RecentPeople: ptr(true)})
	again, e, err := u.UpdateSettings(t.Context(), op, off)
	require.NoError(t, err)
	require.Equal(t, first, again, "answered alike")
	require.Empty(t, e.Settings)
	now, err := u.Settings(t.Context(), "ada")
	require.NoError(t, err)
	require.True(t, now.Settings.RecentPeople, "and not carried out again")
	require.Equal(t, int64(2), now.Rev)
	op.Digest = "other"
	_, _, err = u.UpdateSettings(t.Context(), op, off)
	require.ErrorIs(t, err, protocol.Refuse(protocol.OpIDConflict))
	op.Digest, op.Method = "d", protocol.MethodUserBlock
	_, _, err = u.UpdateSettings(t.Context(), op, off)
	require.ErrorIs(t, err, protocol.Refuse(protocol.OpIDConflict))
	op.Method = protocol.MethodSettingsUpdate
	u.wait(24 * time.Hour)
	_, e, err = u.UpdateSettings(t.Context(), op, off)
	require.NoError(t, err)
	require.Len(t, e.Settings, 1, "after a day it is forgotten")
}

func durablePresence(t *testing.T, u *users) {
	u.named(t, "Ada")
	until := u.now.Add(time.Hour)
	_, err := u.SetPresence(t.Context(), "ada", directory.PresenceChange{Invisible: ptr(true), Note: ptr("lunch 🍜"), NoteUntil: &until})
	require.NoError(t, err)
	u.wait(time.Minute)
	user, _ := u.hello(t, directory.Claims{Subject: "ada", Name: "Ada"})
	rev := user.ShownRev
	newer := func() {
		require.Greater(t, user.ShownRev, rev)
		rev = user.ShownRev
	}
	require.True(t, user.Invisible)
	require.Equal(t, "lunch 🍜", user.Note)
	require.Equal(t, until, user.NoteUntil)
	require.True(t, user.VisibleSince.IsZero())
	user, err = u.SetPresence(t.Context(), "ada", directory.PresenceChange{Invisible: ptr(false)})
	require.NoError(t, err)
	require.Equal(t, u.now, user.VisibleSince)
	require.Equal(t, "lunch 🍜", user.Note, "what isn't given stays")
	newer()
	user, err = u.SetPresence(t.Context(), "ada", directory.PresenceChange{Note: ptr("back")})
	require.NoError(t, err)
	require.True(t, user.NoteUntil.IsZero(), "a new note has its own end")
	newer()
	user, err = u.SetPresence(t.Context(), "ada", directory.PresenceChange{Note: ptr("")})
	require.NoError(t, err)
	require.Empty(t, user.Note)
	newer()
	user, err = u.SetPresence(t.Context(), "ada", directory.PresenceChange{Note: ptr("")})
	require.NoError(t, err)
	require.Equal(t, rev, user.ShownRev, "nothing changed")
	got, err := u.Find(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, user, got)
}
