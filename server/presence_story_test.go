package server_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// sees is what d's list of connections says of a user.
func (d *device) sees(user string) protocol.Presence {
	d.w.t.Helper()
	var list protocol.ConnectionListResult
	d.ok("connection.list", obj{"query": "name of " + user}, &list)
	require.Len(d.w.t, list.People, 1)
	require.NotNil(d.w.t, list.People[0].Presence)
	return *list.People[0].Presence
}

func (d *device) sets(status string, more ...obj) {
	d.w.t.Helper()
	p := obj{"status": status}
	for _, m := range more {
		for k, v := range m {
			p[k] = v
		}
	}
	d.ok("presence.set", p, nil)
}

func TestConnectionsAreToldWhoIsThere(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ben.does("invitation.accept", id(ada.invites("ben")))
		require.Contains(t, ada.summary(), "presence ben=online", "when the connection is new")
		require.Contains(t, ben.summary(), "presence ada=online")
		pass(2 * second)
		ben.sets("busy")
		ada.hears("presence ben=busy")
		session := ben.creates()
		pass(second)
		ada.hears("presence ben=busy@Lobby")
		ben.ok("session.leave", at(session), nil)
		pass(second)
		ada.hears("presence ben=busy")
		ben.drop()
		pass(9 * second)
		ada.silent()
		pass(2 * second)
		ada.hears("presence ben=offline")
		require.Equal(t, protocol.Presence{Status: protocol.StatusOffline, Devices: []protocol.Kind{}}, ada.sees("ben"))
		again := w.arrives("ben")
		pass(second)
		ada.hears("presence ben=online")
		again.hangUp()
		pass(second)
		ada.hears("presence ben=offline")
	})
}

func TestAPendingInvitationOpensNothing(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		ada.invites("ben")
		forget(ada, ben)
		ben.sets("busy")
		pass(2 * second)
		ada.silent()
		var f protocol.Focus
		ada.ok("people.focus", userID("ben"), &f)
		require.Nil(t, f.Person.Presence)
		connect(ben, w.arrives("cem"))
	})
}

func TestPresenceIsFoldedOverAllDevices(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		desk, tablet := w.arrives("ben", kind("desktop")), w.arrives("ben", companion)
		ben.sets("away")
		require.Equal(t, protocol.StatusOnline, ada.sees("ben").Status, "the desktop is")
		desk.sets("away")
		require.Equal(t, protocol.StatusAway, ada.sees("ben").Status)
		require.Equal(t, []protocol.Kind{protocol.KindHeadset, protocol.KindDesktop}, ada.sees("ben").Devices, "companions are in none")
		tablet.sets("busy")
		require.Equal(t, protocol.StatusBusy, ada.sees("ben").Status, "a companion counts once it has chosen")
		ben.hangUp()
		desk.hangUp()
		require.Equal(t, protocol.StatusBusy, ada.sees("ben").Status)
		require.Empty(t, ada.sees("ben").Devices)
	})
}

func TestChangesOfOnePersonAreToldOnceASecondAndTheLastAlways(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		pass(2 * second)
		forget(ada)
		for _, s := range []string{"busy", "away", "online", "busy", "away"} {
			ben.sets(s)
		}
		ada.hears("presence ben=busy")
		pass(second)
		ada.hears("presence ben=away")
		pass(5 * second)
		ada.silent()
	})
}

func TestInvisibleIsWhatOfflineLooksLike(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, ben)
		session := lobby(cem, ben)
		pass(2 * second)
		forget(ada, ben)
		desk := w.arrives("ben", kind("desktop"))
		pass(2 * second)
		forget(ada)
		var r protocol.PresenceSetResult
		ben.ok("presence.set", obj{"status": "invisible", "note": "hush"}, &r)
		require.Equal(t, protocol.StatusOffline, r.Presence.Status)
		require.True(t, desk.known().presences["ben"].Invisible, "one's own devices know")
		f := ada.told()
		require.Len(t, f, 1)
		require.JSONEq(t, `{"people":[{"user_id":"ben","presence":{"status":"offline","devices":[]}}]}`, string(f[0].Params))
		require.Equal(t, protocol.Presence{Status: protocol.StatusOffline, Devices: []protocol.Kind{}}, ada.sees("ben"))
		for _, s := range []func(){
			func() { desk.sets("invisible") }, func() { ben.creates() }, func() { ben.joins(session) },
			func() { desk.hangUp() }, func() { ben.sets("invisible", obj{"note": "still"}) },
		} {
			s()
			pass(2 * second)
			ada.silent()
		}
		var in protocol.PeopleInSessionResult
		cem.ok("people.in_session", at(session), &in)
		require.Equal(t, protocol.StatusOnline, in.People[1].Presence.Status, "members of the same session see them")
		ben.hangUp()
		pass(2 * second)
		ada.silent()
		again := w.arrives("ben")
		pass(2 * second)
		ada.silent() // it is durable
		again.sets("online")
		ada.hears("presence ben=online")
		require.Equal(t, "still", ada.sees("ben").Note)
		require.WithinDuration(t, time.Now(), ada.sees("ben").Since.Time, second, "not since when they were there unseen")
	})
}

func TestANoteEndsByItself(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		pass(2 * second)
		ben.sets("online", obj{"note": "at lunch", "note_until": time.Now().Add(time.Minute).UTC().Format("2006-01-02T15:04:05.000Z")})
		require.Equal(t, "at lunch", ada.sees("ben").Note)
		forget(ada)
		pass(time.Minute + second)
		ada.hears("presence ben=online")
		require.Empty(t, ada.sees("ben").Note)
		ben.wrong("note", "presence.set", obj{"status": "online", "note": string(make([]byte, 129))})
	})
}

func TestAPrivateSessionIsNamedToItsMembersOnly(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		connect(ada, ben)
		session := ben.creates(obj{"visibility": "private", "name": "Den"})
		pass(2 * second)
		require.Nil(t, ada.sees("ben").Session)
		forget(ada)
		ada.joins(session)
		pass(2 * second)
		require.Equal(t, "Den", ada.sees("ben").Session.Name)
		ada.ok("session.leave", at(session), nil)
		pass(2 * second)
		require.Nil(t, ada.sees("ben").Session)
	})
}

func TestABlockActsOnPresenceAtOnce(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		connect(ada, ben)
		session := lobby(cem, ada, ben)
		sees := func(d *device, user string) bool {
			var f protocol.Focus
			d.ok("people.focus", userID(user), &f)
			return f.Person.Presence != nil
		}
		require.True(t, sees(ada, "ben"))
		ada.does("user.block", userID("ben"))
		require.False(t, sees(ada, "ben"))
		require.False(t, sees(ben, "ada"))
		require.True(t, sees(cem, "ada"))
		ada.does("user.unblock", userID("ben"))
		require.True(t, sees(ada, "ben"), "both are in the session")
		forget(ada, ben)
		ben.sets("busy")
		pass(2 * second)
		_ = session
	})
}

// A connection becomes known, in several ways at once, while the presence changes: what is told last is the newest.
func TestAPresenceIsNotToldAfterANewerOne(t *testing.T) {
	cast(t, 1, free, func(w *world) {
		ben, ada := w.arrives("ben"), []*device{w.arrives("ada")}
		ben.does("invitation.accept", id(ada[0].invites("ben")))
		for range 7 {
			ada = append(ada, w.arrives("ada"))
		}
		s := w.nodes[0].app.Server()
		for i := range 12 { // after 30 s the node reads everything anew
			pass(2 * second)
			for _, d := range ada {
				d.told()
			}
			var all sync.WaitGroup
			rewatch := func() { _ = s.Rewatch(t.Context(), "ada", "ben") }
			note := fmt.Sprint("note ", i)
			for range 10 {
				all.Go(rewatch)
			}
			all.Go(func() { s.PresenceCame("ben", note) })
			for range 10 {
				all.Go(rewatch)
			}
			all.Wait()
			synctest.Wait()
			for _, d := range ada {
				told := d.told()
				var last protocol.PresenceChanged
				require.NoError(t, json.Unmarshal(told[len(told)-1].Params, &last))
				require.Equal(t, note, last.People[0].Presence.Note)
			}
		}
		ben.sets("online")
		pass(2 * second)
	})
}
