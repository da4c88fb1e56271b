package server_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// audit asks the server for all that each device was told, and requires that it is the same.
func (w *world) audit() {
	pass(3 * time.Second) // presence goes out once a second
	for _, d := range w.devices {
		require.Empty(w.t, d.problems(), "frames to %s", d.user)
	}
	for _, d := range w.devices {
		if d.there() {
			d.auditRevision()
			d.auditRelations()
			d.auditPresences()
			d.auditFocus()
			d.auditPlace()
		}
	}
	for _, d := range w.devices {
		require.Empty(w.t, d.problems(), "frames to %s in the audit", d.user)
	}
}

func (d *device) problems() []string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ledger.problems
}

func (d *device) auditRevision() {
	log, err := d.w.store.Log(d.w.t.Context(), d.user, -1)
	require.NoError(d.w.t, err)
	rev := log.Rev
	require.Equal(d.w.t, rev, d.known().rev, "the last revision that %s was told", d.user)
	var settings protocol.SettingsResult
	d.ok("settings.get", map[string]any{}, &settings)
	require.Equal(d.w.t, rev, settings.Rev)
	if d.known().settings != nil {
		require.Equal(d.w.t, *d.known().settings, settings.Settings)
	}
	var list protocol.InvitationListResult
	d.ok("invitation.list", map[string]any{"box": "received"}, &list)
	require.Equal(d.w.t, rev, list.Rev)
	if d.known().unseen >= 0 {
		require.Equal(d.w.t, d.known().unseen, list.Unseen, "%s's badge", d.user)
	}
}

func (d *device) auditRelations() {
	all := map[string]protocol.Relation{}
	page := map[string]any{"limit": 200}
	for {
		var list protocol.RelationListResult
		d.ok("relation.list", page, &list)
		maps.Copy(all, list.Relations)
		if list.NextCursor == "" {
			break
		}
		page["cursor"] = list.NextCursor
	}
	for user, told := range d.known().relations {
		listed, in := all[user]
		if !in {
			listed = protocol.Relation{State: protocol.RelationNone}
		}
		require.Equal(d.w.t, listed.State, told.State, "%s and %s", d.user, user)
		if listed.Invitation != nil {
			require.NotNil(d.w.t, told.Invitation, "%s and %s", d.user, user)
			require.Equal(d.w.t, listed.Invitation.ID, told.Invitation.ID)
			require.Equal(d.w.t, listed.Invitation.ExpiresAt, told.Invitation.ExpiresAt)
		}
	}
}

func (d *device) auditPresences() {
	var list protocol.ConnectionListResult
	d.ok("connection.list", map[string]any{"limit": 200}, &list)
	for _, p := range list.People {
		if told, ok := d.known().presences[p.User.ID]; ok {
			require.NotNil(d.w.t, p.Presence, "%s in %s's list", p.User.ID, d.user)
			same(d.w, *p.Presence, told, "%s as %s was told", p.User.ID, d.user)
		}
	}
}

func (d *device) auditFocus() {
	if d.known().focus == nil {
		return
	}
	told := into[protocol.Focus](d.known().focus)
	var now protocol.Focus
	d.ok("people.focus", map[string]any{"user_id": told.Person.User.ID}, &now)
	same(d.w, now, told, "%s's panel", d.user)
}

func (d *device) auditPlace() {
	p := d.known().place
	if p == nil {
		return
	}
	members := slices.Collect(maps.Values(p.members))
	byNumber := func(a, b protocol.Member) int { return cmp.Compare(a.Number, b.Number) }
	slices.SortFunc(members, byNumber)
	var answered []protocol.Member
	if d.companion {
		var in protocol.PeopleInSessionResult
		d.ok("people.in_session", map[string]any{"session_id": p.id, "limit": 200}, &in)
		for _, person := range in.People {
			answered = append(answered, *person.Member)
		}
	} else {
		version := p.version
		var again protocol.SessionJoinResult
		d.ok("session.join", map[string]any{"session_id": p.id}, &again)
		require.Equal(d.w.t, again.Version, version, "the version that %s knows", d.user)
		answered = again.Members
	}
	slices.SortFunc(answered, byNumber)
	same(d.w, answered, members, "the roster that %s has", d.user)
}

// same compares as clients do: by the JSON.
func same(w *world, want, have any, message ...any) {
	w.t.Helper()
	a, err := json.Marshal(want)
	require.NoError(w.t, err)
	b, err := json.Marshal(have)
	require.NoError(w.t, err)
	require.JSONEq(w.t, string(a), string(b), message...)
}
