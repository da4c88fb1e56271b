package server_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/session"
)

// firstVersion is what the versions of a roster begin after.
const firstVersion = session.MaxMembers / session.MembersInAnswer

// summary takes what came, one short line each.
func (d *device) summary() []string {
	out := []string{}
	for _, f := range d.told() {
		out = append(out, line(d.w.t, f))
	}
	return out
}

// line says what a notification is about, without ids and times.
func line(t *testing.T, f frame) string {
	decode := func(into any) { require.NoError(t, json.Unmarshal(f.Params, into)) }
	switch protocol.Method(f.Method) {
	case protocol.NotifyRelationChanged:
		var n protocol.RelationChanged
		decode(&n)
		other := ""
		if n.User != nil {
			other = n.User.ID
		}
		return fmt.Sprintf("relation rev=%d %s %s cause=%s notify=%t unseen=%d", n.Rev, other, n.Relation.State, n.Cause, n.Notify, n.Unseen)
	case protocol.NotifyPresenceChanged:
		var n protocol.PresenceChanged
		decode(&n)
		s := "presence"
		for _, p := range n.People {
			s += fmt.Sprintf(" %s=%s", p.UserID, p.Presence.Status)
			if p.Presence.Session != nil {
				s += "@" + p.Presence.Session.Name
			}
		}
		return s
	case protocol.NotifySessionRoster:
		var n protocol.SessionRoster
		decode(&n)
		s := fmt.Sprintf("roster v%d", n.Version-firstVersion)
		for _, m := range n.Joined {
			s += " +" + m.User.ID
		}
		for _, m := range n.Updated {
			s += fmt.Sprintf(" ~%s(%s,%t)", m.User.ID, m.Role, m.Connected)
		}
		for _, m := range n.Left {
			s += fmt.Sprintf(" -%s(%s)", m.UserID, m.Reason)
		}
		return s
	case protocol.NotifySessionEnded:
		var n protocol.SessionEnded
		decode(&n)
		return "ended " + string(n.Reason)
	case protocol.NotifySessionResync:
		var n protocol.SessionJoinResult
		decode(&n)
		return fmt.Sprintf("resync v%d members=%d missed=%t", n.Version-firstVersion, len(n.Members), n.Missed)
	case protocol.NotifySessionMessage:
		var n protocol.SessionMessage
		decode(&n)
		return fmt.Sprintf("message from=%s seq=%d %s %s", n.From, n.Seq, n.Kind, n.Data)
	case protocol.NotifyFocusChanged:
		var n protocol.Focus
		decode(&n)
		return focusLine(n)
	case "":
		return "answer " + string(f.ID)
	}
	return f.Method + " " + string(f.Params)
}

func focusLine(n protocol.Focus) string {
	s := fmt.Sprintf("focus %s %s", n.Person.User.ID, n.Person.Relation.State)
	for _, a := range n.Actions {
		s += " " + string(a.Action)
		if !a.Enabled {
			s += "!" + string(a.Reason)
		}
	}
	return s
}
