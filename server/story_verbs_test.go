package server_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// What people do, in one word each.

type obj = map[string]any

func to(user string) obj { return obj{"to": obj{"user_id": user}} }

func toEmail(user string) obj { return obj{"to": obj{"email": user + "@example.org"}} }

func id(invitation string) obj { return obj{"invitation_id": invitation} }

func userID(user string) obj { return obj{"user_id": user} }

func itoa(n int) string { return strconv.Itoa(n) }

// invites sends an invitation and returns its id.
func (d *device) invites(user string) string {
	d.w.t.Helper()
	var r protocol.InvitationSendResult
	d.ok("invitation.send", to(user), &r)
	require.NotNil(d.w.t, r.Invitation)
	return r.Invitation.ID
}

// does makes a call about a pair and returns the relation that it answers.
func (d *device) does(method string, params obj) protocol.RelationResult {
	d.w.t.Helper()
	var r protocol.RelationResult
	d.ok(method, params, &r)
	return r
}

// unchanged is a call that succeeds and does nothing.
func (d *device) unchanged(method string, params obj) protocol.Relation {
	d.w.t.Helper()
	r := d.does(method, params)
	require.True(d.w.t, r.Unchanged, "%s: %s %v", d.user, method, params)
	return r.Relation
}

// connect makes two users connected and forgets what they were told.
func connect(a, b *device) {
	a.w.t.Helper()
	b.does("invitation.accept", id(a.invites(b.user)))
	forget(a, b)
}

// relation asks for the relation to a user.
func (d *device) relation(user string) protocol.Relation {
	d.w.t.Helper()
	var all protocol.RelationListResult
	d.ok("relation.list", obj{"limit": 200}, &all)
	if r, ok := all.Relations[user]; ok {
		return r
	}
	return protocol.Relation{State: protocol.RelationNone}
}

// lists asks for a list of invitations.
func (d *device) lists(box, state string) protocol.InvitationListResult {
	d.w.t.Helper()
	var list protocol.InvitationListResult
	p := obj{"box": box, "limit": 200}
	if state != "" {
		p["state"] = state
	}
	d.ok("invitation.list", p, &list)
	return list
}

// focuses opens a panel and returns its line.
func (d *device) focuses(user string) string {
	d.w.t.Helper()
	var f protocol.Focus
	d.ok("people.focus", userID(user), &f)
	return focusLine(f)
}

// creates makes a session and returns its id.
func (d *device) creates(edit ...obj) string {
	d.w.t.Helper()
	p := obj{"name": "Lobby"}
	for _, e := range edit {
		for k, v := range e {
			p[k] = v
		}
	}
	var r protocol.SessionJoinResult
	d.ok("session.create", p, &r)
	return r.Session.ID
}

// joins enters a session.
func (d *device) joins(session string) protocol.SessionJoinResult {
	d.w.t.Helper()
	var r protocol.SessionJoinResult
	d.ok("session.join", obj{"session_id": session}, &r)
	return r
}

// lobby makes a session of the first with all the others in it, and forgets what they were told.
func lobby(host *device, others ...*device) string {
	host.w.t.Helper()
	session := host.creates()
	for _, d := range others {
		d.joins(session)
	}
	pass(second)
	forget(append(others, host)...)
	return session
}

var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// anonymous replaces ids by the order in which they first show, so that two runs of a story can be compared.
func anonymous(frames [][]byte) []string {
	seen := map[string]string{}
	out := make([]string, len(frames))
	for i, f := range frames {
		out[i] = uuids.ReplaceAllStringFunc(string(f), func(s string) string {
			if seen[s] == "" {
				seen[s] = (strconv.Itoa(len(seen)) + "#####################################")[:len(s)]
			}
			return seen[s]
		})
	}
	return out
}

func mustJSON(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
