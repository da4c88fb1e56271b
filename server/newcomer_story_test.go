package server_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/auth"
)

// TestWhatIsDoneToANewcomerWhileTheySignInIsNotMissed: nothing is read of somebody who was not known, so what others do
// to them before their device is registered must be found otherwise.
func TestWhatIsDoneToANewcomerWhileTheySignInIsNotMissed(t *testing.T) {
	for _, c := range []struct {
		name     string
		act      func(ben *device)
		relation protocol.RelationState
		unseen   int
		rev      int64
		hears    bool
	}{
		{"nothing", func(*device) {}, protocol.RelationNone, 0, 0, true},
		{"invited", func(ben *device) { ben.invites("eve") }, protocol.RelationReceived, 1, 1, true},
		{"blocked", func(ben *device) { ben.does("user.block", userID("eve")) }, protocol.RelationNone, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			everywhere(t, free, func(w *world) {
				for _, n := range w.nodes {
					n.app.Server().AttachesLate("eve", second)
				}
				ada, ben := w.arrives("ada"), w.arrives("ben")
				session := lobby(ada, ben)
				eve := w.dial()
				eve.user = "eve"
				hello := eve.ask("hello", eve.greeting("eve", with(token(t, auth.Claims{Subject: "eve", Name: "Eve"}))))
				pass(second / 2)
				c.act(ben)
				pass(second)
				answer := eve.wait(hello)
				require.Nil(t, answer.Error)
				require.NoError(t, json.Unmarshal(answer.Result, &eve.hello))
				require.Equal(t, c.rev, eve.hello.Rev)
				require.Equal(t, c.unseen, eve.hello.Unseen)
				require.Equal(t, c.relation, eve.relation("ben").State)
				eve.joins(session)
				forget(eve)
				ben.ok("session.send", at(session, obj{"kind": "k", "data": 1}), nil)
				if c.hears {
					require.Len(t, eve.told(), 1)
				} else {
					eve.silent()
				}
			})
		})
	}
}
