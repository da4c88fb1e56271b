package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestSettingsShowOnEveryDeviceOnce(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, desk, ben := w.arrives("ada"), w.arrives("ada", kind("desktop")), w.arrives("ben")
		var r protocol.SettingsResult
		ada.ok("settings.get", obj{}, &r)
		require.Equal(t, protocol.DefaultSettings(), r.Settings)
		desk.ok("settings.update", obj{"invitable_by": "nobody", "recent_people": false}, &r)
		require.EqualValues(t, 1, r.Rev)
		for _, d := range []*device{ada, desk} {
			f := d.told()
			require.Len(t, f, 1)
			require.Equal(t, r, into[protocol.SettingsResult](f[0].Params))
		}
		desk.ok("settings.update", obj{"invitable_by": "nobody"}, &r)
		require.EqualValues(t, 1, r.Rev, "what changes nothing has no revision")
		ada.silent()
		ben.silent()
		ada.wrong("invitable_by", "settings.update", obj{"invitable_by": "friends"})
	})
}

func TestSeenIsToldToTheOtherDevices(t *testing.T) {
	everywhere(t, nil, func(w *world) {
		ada, desk, ben, cem := w.arrives("ada"), w.arrives("ada", kind("desktop")), w.arrives("ben"), w.arrives("cem")
		ben.invites("ada")
		first := ada.known().rev
		cem.invites("ada")
		require.Equal(t, 2, ada.known().unseen)
		forget(ada, desk)
		var r protocol.UnseenResult
		ada.ok("invitation.mark_seen", obj{"rev": first}, &r)
		require.Equal(t, 1, r.Unseen)
		ada.silent()
		desk.hears(`invitation.seen {"unseen":1}`)
		ada.counts(1)
		desk.ok("invitation.mark_seen", obj{}, &r)
		require.Zero(t, r.Unseen)
		ada.hears(`invitation.seen {"unseen":0}`)
		desk.counts(0)
		require.Zero(t, w.arrives("ada", kind("web")).hello.Unseen)
	})
}

func TestAnOpIdIsCarriedOutOnce(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ada, desk, ben := w.arrives("ada"), w.arrives("ada", kind("desktop")), w.arrives("ben")
		send := obj{"to": obj{"user_id": "ben"}, "op_id": "one"}
		var first, again protocol.InvitationSendResult
		ada.ok("invitation.send", send, &first)
		forget(ada, desk, ben)
		desk.ok("invitation.send", send, &again)
		same(w, first, again, "answered alike, on whichever device")
		ada.silent()
		ada.refused(protocol.OpIDConflict, "invitation.send", obj{"to": obj{"user_id": "cem"}, "op_id": "one"})
		ada.refused(protocol.OpIDConflict, "user.block", obj{"user_id": "ben", "op_id": "one"})
		ben.does("user.block", obj{"user_id": "ada", "op_id": "one"}) // another user's are their own
		ben.does("user.unblock", userID("ada"))

		ada.refused(protocol.CannotInviteSelf, "invitation.send", obj{"to": obj{"user_id": "ada"}, "op_id": "two"})
		ada.does("invitation.withdraw", obj{"user_id": "ben", "op_id": "two"}) // a refusal is not remembered
		ada.does("invitation.withdraw", obj{"user_id": "ben", "op_id": "two"})

		var one, two protocol.SessionJoinResult
		ada.ok("session.create", obj{"name": "Lobby", "op_id": "three"}, &one)
		ada.ok("session.create", obj{"name": "Lobby", "op_id": "three"}, &two)
		require.Equal(t, one.Session.ID, two.Session.ID)
		ada.refused(protocol.OpIDConflict, "session.create", obj{"name": "Other", "op_id": "three"})
		ada.ok("settings.update", obj{"findable_by_email": true, "op_id": "four"}, nil)
		ada.ok("settings.update", obj{"findable_by_email": true, "op_id": "four"}, nil)
	})
}
