package session

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// cast are how people can stand to a session that ada made.
var cast = map[string]standingIn{
	"creator":              {userID: "ada", role: protocol.RoleHost, creator: true},
	"creator as cohost":    {userID: "ada", role: protocol.RoleCohost, creator: true},
	"creator away":         {userID: "ada", creator: true},
	"host by hand-over":    {userID: "ben", role: protocol.RoleHost},
	"cohost":               {userID: "cem", role: protocol.RoleCohost},
	"member":               {userID: "dan", role: protocol.RoleMember},
	"inherited host":       {userID: "eve", role: protocol.RoleHost, bound: true},
	"cohost under an heir": {userID: "fay", role: protocol.RoleCohost, bound: true},
	"stranger":             {userID: "gus"},
	"member who left":      {userID: "hal", role: protocol.RoleMember, recent: true},
	"cohost who left":      {userID: "ida", role: protocol.RoleCohost, recent: true},
	"another member":       {userID: "jon", role: protocol.RoleMember},
	"another cohost":       {userID: "kim", role: protocol.RoleCohost},
	"another host":         {userID: "leo", role: protocol.RoleHost},
}

func TestWhatEachRoleMayDo(t *testing.T) {
	const ok, no, out = "", protocol.Forbidden, protocol.NotInSession
	type row struct{ rename, password, mute, kick, ban, role, bans, close protocol.Reason }
	for who, want := range map[string]row{
		"creator":              {ok, ok, ok, ok, ok, ok, ok, ok},
		"creator as cohost":    {ok, ok, ok, ok, ok, no, ok, no},
		"creator away":         {ok, ok, out, ok, ok, out, ok, ok},
		"host by hand-over":    {ok, ok, ok, ok, ok, ok, ok, ok},
		"cohost":               {ok, ok, ok, ok, ok, no, ok, no},
		"member":               {no, no, no, no, no, no, no, no},
		"inherited host":       {ok, no, ok, ok, no, ok, ok, no},
		"cohost under an heir": {ok, no, ok, ok, no, no, ok, no},
		"stranger":             {out, out, out, out, out, out, out, out},
		"member who left":      {out, out, out, out, out, out, out, out},
		"cohost who left":      {out, out, out, out, out, out, out, out},
	} {
		a, target, text := cast[who], cast["another member"], "x"
		secret := protocol.VisibilityPrivate
		got := row{
			rename: reason(a.mayUpdate(&protocol.SessionUpdateParams{Name: &text})), password: reason(a.mayUpdate(&protocol.SessionUpdateParams{Password: &text})),
			mute: reason(a.mayMute(target)), kick: reason(a.mayKick(target)), ban: reason(a.mayBan(target)),
			role: reason(a.maySetRole(target)), bans: reason(a.mayManage()), close: reason(a.mayClose()),
		}
		require.Equal(t, want, got, who)
		require.Equal(t, want.password, reason(a.mayUpdate(&protocol.SessionUpdateParams{Visibility: &secret})), who)
		require.Equal(t, want.password, reason(a.mayDecide()), who)
	}
}

func reason(err *protocol.Error) protocol.Reason {
	if err == nil {
		return ""
	}
	return err.Reason()
}

func TestWhoMayBeKickedByWhom(t *testing.T) {
	const ok, no, gone = "", protocol.Forbidden, protocol.UserNotFound
	for who, targets := range map[string]map[string]protocol.Reason{
		"creator": {
			"creator": no, "member": ok, "cohost": ok, "stranger": gone, "member who left": ok, "cohost who left": ok, "another host": ok,
		},
		"host by hand-over": {
			"host by hand-over": no, "creator": no, "creator as cohost": no, "creator away": no, "member": ok, "cohost": ok, "stranger": gone,
		},
		"cohost": {
			"cohost": no, "another cohost": no, "another host": no, "creator": no, "member": ok, "member who left": ok, "cohost who left": no, "stranger": gone,
		},
		"inherited host": {"creator away": no, "member": ok, "another cohost": ok, "member who left": ok},
	} {
		for target, want := range targets {
			require.Equal(t, want, reason(cast[who].mayKick(cast[target])), "%s kicks %s", who, target)
		}
	}
}

func TestOnlyMembersGetRolesAndAreMuted(t *testing.T) {
	host := cast["creator"]
	for _, target := range []string{"stranger", "member who left", "creator away"} {
		require.Equal(t, protocol.UserNotFound, reason(host.maySetRole(cast[target])), target)
		require.Equal(t, protocol.UserNotFound, reason(host.mayMute(cast[target])), target)
	}
	require.Empty(t, reason(cast["cohost"].mayMute(cast["another host"])), "a cohost may mute even the host")
}

func TestAdmission(t *testing.T) {
	right, wrong := func() bool { return true }, func() bool { return false }
	full := applicant{userID: "ben", visible: true, passwordRight: right}
	open := Record{Creator: "ada"}
	all := Record{Creator: "ada", Locked: true, PasswordHash: "h"}
	for _, c := range []struct {
		what   string
		record Record
		change func(*applicant)
		want   protocol.Reason
	}{
		{"an open session", open, func(*applicant) {}, ""},
		{"not to be seen comes first", all, func(a *applicant) { a.visible, a.banned, a.passwordRight = false, true, wrong }, protocol.SessionNotFound},
		{"then banned", all, func(a *applicant) { a.banned, a.passwordRight = true, wrong }, protocol.Banned},
		{"then locked", all, func(a *applicant) { a.passwordRight = wrong }, protocol.SessionLocked},
		{"then the password", Record{PasswordHash: "h"}, func(a *applicant) { a.passwordRight = wrong }, protocol.WrongPassword},
		{"the right password", Record{PasswordHash: "h"}, func(*applicant) {}, ""},
		{"no password is asked of an open session", open, func(a *applicant) { a.passwordRight = nil }, ""},
		{"a member needs nothing", all, func(a *applicant) { *a = applicant{userID: "ben", member: true, passwordRight: wrong} }, ""},
		{"the creator passes lock and password", all, func(a *applicant) { a.userID, a.passwordRight = "ada", wrong }, ""},
		{"the creator knows of it whoever is host", all, func(a *applicant) { a.userID, a.visible = "ada", false }, ""},
		{"nobody is the creator of a session of the server's", Record{Locked: true}, func(a *applicant) { a.userID = "" }, protocol.SessionLocked},
	} {
		a := full
		c.change(&a)
		require.Equal(t, c.want, reason(admission(&c.record, a)), c.what)
	}
}

func TestWhoMayKnowOfASession(t *testing.T) {
	const public, friends, private = protocol.VisibilityPublic, protocol.VisibilityConnections, protocol.VisibilityPrivate
	for _, c := range []struct {
		v                  protocol.Visibility
		host               string
		connected, blocked bool
		want               bool
	}{
		{public, "ada", false, false, true},
		{public, "ada", true, true, false},
		{public, "", false, false, true},
		{friends, "ada", false, false, false},
		{friends, "ada", true, false, true},
		{friends, "ada", true, true, false},
		{friends, "", false, false, false},
		{private, "ada", false, false, true},
		{private, "ada", false, true, false},
		{private, "", false, false, true},
	} {
		require.Equal(t, c.want, visible(c.v, c.host, c.connected, c.blocked), "%+v", c)
	}
}

func TestAttributesAreMergedByKey(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	old := protocol.Attributes{"hand": raw(`true`), "color": raw(`"red"`)}
	got, err := mergeAttributes(old, protocol.Attributes{"hand": raw(`null`), "x": raw(`{ "a" : 1 }`), "none": raw(` null `)})
	require.Nil(t, err)
	require.Equal(t, protocol.Attributes{"color": raw(`"red"`), "x": raw(`{"a":1}`)}, got)
	require.Len(t, old, 2, "what was is not touched")
	got, err = mergeAttributes(nil, nil)
	require.Nil(t, err)
	require.Equal(t, protocol.Attributes{}, got)
}

func TestAttributesAreSmallAfterMerging(t *testing.T) {
	text := func(n int) json.RawMessage {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'x'
		}
		return json.RawMessage(`"` + string(b) + `"`)
	}
	got, err := mergeAttributes(nil, protocol.Attributes{"a": text(1016)})
	require.Nil(t, err)
	encoded, jsonErr := json.Marshal(got)
	require.NoError(t, jsonErr)
	require.Len(t, encoded, 1024)
	_, err = mergeAttributes(nil, protocol.Attributes{"a": text(1017)})
	require.Equal(t, "attributes", err.Data.Field)
	_, err = mergeAttributes(protocol.Attributes{"a": text(600)}, protocol.Attributes{"b": text(600)})
	require.Equal(t, "attributes", err.Data.Field)
	_, err = mergeAttributes(protocol.Attributes{"a": text(600)}, protocol.Attributes{"a": text(700)})
	require.Nil(t, err)
}

func TestMuting(t *testing.T) {
	on, off, null, other := json.RawMessage(`true`), json.RawMessage(`false`), json.RawMessage(`null`), json.RawMessage(`1`)
	edit := func(actor, target string, member Member, a protocol.Attributes) (MemberEdit, protocol.Reason) {
		e, err := attributesEdit(cast[actor], cast[target], &member, a)
		if err != nil && err.Data.Field != "" {
			return e, protocol.Reason(err.Data.Field)
		}
		return e, reason(err)
	}
	muted := Member{Role: protocol.RoleMember, Muted: true, Attributes: protocol.Attributes{"muted": on}}

	e, refused := edit("cohost", "member", Member{}, protocol.Attributes{"muted": on})
	require.Empty(t, refused)
	require.True(t, *e.Muted)
	_, refused = edit("member", "member", muted, protocol.Attributes{"muted": off})
	require.Equal(t, protocol.Forbidden, refused, "who was muted by a host can't unmute themselves")
	_, refused = edit("member", "member", muted, protocol.Attributes{"muted": null, "hand": on})
	require.Equal(t, protocol.Forbidden, refused, "nor by deleting it")
	_, refused = edit("member", "member", muted, protocol.Attributes{"muted": on, "hand": on})
	require.Empty(t, refused)
	e, refused = edit("cohost", "member", muted, protocol.Attributes{"muted": off})
	require.Empty(t, refused)
	require.False(t, *e.Muted)
	e, refused = edit("member", "member", Member{Attributes: protocol.Attributes{"muted": on}}, protocol.Attributes{"muted": null})
	require.Empty(t, refused, "who muted themselves can unmute")
	require.Nil(t, e.Muted)
	_, refused = edit("cohost", "member", Member{}, protocol.Attributes{"muted": on, "hand": on})
	require.Equal(t, protocol.Forbidden, refused, "only muted can be set for others")
	_, refused = edit("another member", "member", Member{}, protocol.Attributes{"muted": on})
	require.Equal(t, protocol.Forbidden, refused)
	_, refused = edit("cohost", "member", Member{}, protocol.Attributes{"muted": other})
	require.Equal(t, protocol.Reason("attributes.muted"), refused)
	host := muted
	host.Role = protocol.RoleHost
	_, refused = edit("host by hand-over", "host by hand-over", host, protocol.Attributes{"muted": off})
	require.Empty(t, refused, "a host answers to nobody")
}

func TestCursors(t *testing.T) {
	p := Position{At: 123, ID: "id:with:colons"}
	c := encodeCursor(cursorSessions, p)
	got, limit, err := readPage(cursorSessions, protocol.Page{Cursor: c})
	require.Nil(t, err)
	require.Equal(t, p, got)
	require.Equal(t, 50, limit)
	for _, bad := range []string{"x", "!", c + "=", encodeCursor(cursorBans, p), encodeCursor(cursorSessions, Position{ID: "a"}), encodeCursor(cursorSessions, Position{At: 1})} {
		_, _, err = readPage(cursorSessions, protocol.Page{Cursor: bad})
		require.Equal(t, "cursor", err.Data.Field, bad)
	}
	for _, bad := range []int{0, -1, 201} {
		_, _, err = readPage(cursorSessions, protocol.Page{Limit: &bad})
		require.Equal(t, "limit", err.Data.Field)
	}
}

func TestPasswords(t *testing.T) {
	p := newPasswords(4)
	long := string(make([]byte, 200))
	for _, password := range []string{"a", "correct horse", long} {
		hash, err := p.hash(password)
		require.NoError(t, err)
		require.True(t, p.right(hash, password))
		require.False(t, p.right(hash, password+"x"), "every character counts")
		require.False(t, p.right(hash, ""))
	}
	hash, err := p.hash("")
	require.NoError(t, err)
	require.Empty(t, hash)
}
