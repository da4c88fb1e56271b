package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An invitation that its recipient does not see must look, to its sender, like one that is simply not answered. Each of
// these worlds is lived through twice by Ada, once with a Ben who does nothing. All that she gets is compared, byte by
// byte: frames, their number and size, revisions, times, errors, lists, search results and panels. Ids are random: they
// are replaced by the order in which they come.

// ways are all by which an invitation becomes hidden. early is what Ben does before Ada's first invitation, first while
// it is open, then while the second is.
var ways = []struct {
	name               string
	early, first, then func(ben *device, inv string)
}{
	{name: "declined", then: func(ben *device, inv string) { ben.does("invitation.decline", id(inv)) }},
	{name: "declined and blocked", then: func(ben *device, inv string) {
		ben.does("invitation.decline", obj{"invitation_id": inv, "block": true})
	}},
	{name: "suppressed", first: func(ben *device, inv string) { ben.does("invitation.decline", id(inv)) }},
	{name: "blocked from the start", early: func(ben *device, _ string) { ben.does("user.block", userID("ada")) }},
	{name: "blocked while open", first: func(ben *device, _ string) { ben.does("user.block", userID("ada")) }},
	{name: "blocked while the second is open", then: func(ben *device, _ string) { ben.does("user.block", userID("ada")) }},
	{name: "blocked and unblocked", then: func(ben *device, _ string) {
		ben.does("user.block", userID("ada"))
		ben.does("user.unblock", userID("ada"))
	}},
	{name: "one too many received", early: func(ben *device, _ string) {
		cem := ben.w.arrives("cem")
		cem.invites("ben")
		cem.hangUp()
	}},
}

func TestHiddenAndPendingLookTheSameToTheSender(t *testing.T) {
	for _, end := range []string{"withdraws by id", "withdraws by person", "withdraws all", "lets it expire"} {
		t.Run(end, func(t *testing.T) {
			plain := lives(t, end, nil, nil, nil)
			require.Greater(t, len(plain), 30)
			for _, way := range ways {
				t.Run(way.name, func(t *testing.T) {
					other := lives(t, end, way.early, way.first, way.then)
					require.Len(t, other, len(plain), "frames")
					for i := range plain {
						require.Equal(t, plain[i], other[i])
					}
				})
			}
		})
	}
}

// lives is Ada's life with Ben, and returns every frame that she got.
func lives(t *testing.T, end string, early, first, then func(ben *device, inv string)) (frames []string) {
	flags := []string{"--limits.received=1", "--invitations.expiry=100s", "--invitations.pair-window=150s", "--invitations.pair-max=2", "--invitations.outstanding=2"}
	everybody := func(fn func(*device, string), ben *device, inv string) {
		if fn != nil {
			fn(ben, inv)
		}
		pass(second)
		ben.raw()
	}
	story(t, flags, func(w *world) {
		began := time.Now()
		until := func(d time.Duration) { pass(time.Until(began.Add(d))) }
		w.arrives("ada").hangUp()
		ben := w.arrives("ben")
		everybody(early, ben, "")
		until(30 * second)
		ada := w.arrives("ada")
		ada.focuses("ben")
		inv := ada.invites("ben")
		everybody(first, ben, inv)
		until(50 * second)
		ada.does("invitation.withdraw", id(inv))
		until(110 * second)
		var got [][]byte
		see := func(method string, params any) {
			ada.write(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"same","method":%q,"params":%s}`, method, mustJSON(t, params)))
			pass(second)
			got = append(got, ada.raw()...)
		}
		look := func() {
			see("invitation.list", obj{"box": "sent"})
			see("invitation.list", obj{"box": "sent", "state": "history"})
			see("relation.list", obj{})
			see("people.search", obj{"query": "name of ben"})
			see("connection.list", obj{})
			see("people.focus", userID("ben"))
		}
		see("invitation.send", obj{"to": obj{"user_id": "ben"}, "message": "It is me"})
		inv = ada.lists("sent", "").Invitations[0].ID
		until(120 * second)
		everybody(then, ben, inv)
		until(130 * second)
		look()
		see("invitation.send", to("ben"))
		see("invitation.accept", id(inv))
		see("invitation.decline", id(inv))
		switch end {
		case "withdraws by id":
			see("invitation.withdraw", id(inv))
			see("invitation.withdraw", id(inv))
		case "withdraws by person":
			see("invitation.withdraw", userID("ben"))
			see("invitation.withdraw", userID("ben"))
		case "withdraws all":
			see("invitation.withdraw_many", obj{"all": true})
			see("invitation.withdraw_many", obj{"invitation_ids": []string{inv}})
		}
		look()
		see("invitation.send", to("ben"))
		until(230 * second)
		got = append(got, ada.raw()...)
		look()
		see("invitation.withdraw", id(inv))
		frames = anonymous(got)
	})
	return frames
}
