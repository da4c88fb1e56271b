package server_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func (d *device) says(session, kind string, more ...obj) int64 {
	d.w.t.Helper()
	var r protocol.SeqResult
	d.ok("session.send", at(session, append(more, obj{"kind": kind, "data": obj{"x": 1}})...), &r)
	return r.Seq
}

func TestAMessageReachesTheOthersInOrder(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		desk := w.arrives("ada", kind("desktop"))
		session := lobby(ada, ben, cem, desk)
		for i := range 3 {
			require.EqualValues(t, i+1, ada.says(session, "wave"))
		}
		want := []string{`message from=ada seq=1 wave {"x":1}`, `message from=ada seq=2 wave {"x":1}`, `message from=ada seq=3 wave {"x":1}`}
		ben.hears(want...)
		cem.hears(want...)
		desk.hears(want...)
		ada.silent()
		ada.says(session, "whisper", obj{"to": []string{"ben", "nobody"}})
		ben.hears(`message from=ada seq=4 whisper {"x":1}`)
		desk.hears(`message from=ada seq=4 whisper {"x":1}`)
		cem.silent()
		ada.says(session, "void", obj{"to": []string{}})
		ben.silent()
	})
}

func TestOnlyMembersSendAndNotTooMuch(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada)
		ben.refused(protocol.NotInSession, "session.send", at(session, obj{"kind": "k", "data": 1}))
		ben.refused(protocol.SessionNotFound, "session.send", at("none", obj{"kind": "k", "data": 1}))
		ada.wrong("data", "session.send", at(session, obj{"kind": "k", "data": strings.Repeat("x", 4095)}))
		ada.ok("session.send", at(session, obj{"kind": "k", "data": strings.Repeat("x", 4094)}), nil)
		ada.wrong("kind", "session.send", at(session, obj{"data": 1}))
	})
}

func TestMessagesDoNotPassABlock(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben, cem := w.arrives("ada"), w.arrives("ben"), w.arrives("cem")
		session := lobby(cem, ada, ben)
		ada.does("user.block", userID("ben"))
		forget(ada)
		ada.says(session, "k")
		ben.says(session, "k", obj{"to": []string{"ada"}})
		ben.silent()
		ada.silent()
		require.Len(t, cem.summary(), 1)
		ben.drop()
		again := w.arrives("ben", resuming(ben, 0))
		again.joins(session)
		ada.says(session, "k")
		again.silent()
		ada.does("user.unblock", userID("ben"))
		pass(second)
		forget(ada, again)
		ada.says(session, "k")
		again.hears(`message from=ada seq=3 k {"x":1}`)
	})
}

func TestWhoeverMayHaveMissedMessagesIsTold(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ben.drop()
		ada.says(session, "k")
		again := w.arrives("ben", resuming(ben, 0))
		ada.says(session, "k")
		again.silent()
		require.True(t, again.joins(session).Missed)
		ada.says(session, "k")
		again.hears(`message from=ada seq=3 k {"x":1}`)
	})
}

func TestTheSequenceGrowsOverALostSocket(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, ben := w.arrives("ada"), w.arrives("ben")
		session := lobby(ada, ben)
		ada.says(session, "k")
		ada.drop()
		again := w.arrives("ada", resuming(ada, 0))
		require.EqualValues(t, 2, again.says(session, "k"))
		third := w.arrives("ada", resuming(again, 0)) // while it still hangs
		require.Greater(t, third.says(session, "k"), int64(2))
		third.joins(session)
	})
}
