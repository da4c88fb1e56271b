package server_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
	"foyer/server/cluster"
)

// comings is a device of the model: what it was told on all of its sockets together.
type comings struct {
	*device // the socket that it has, or had last
	kind    string
	online  bool
	rev     int64 // that it has
}

// take takes in what came: each revision is the next one.
func (c *comings) take(t *rapid.T) {
	for _, f := range c.told() {
		if protocol.Method(f.Method) != protocol.NotifyRelationChanged {
			continue
		}
		var n protocol.RelationChanged
		require.NoError(t, json.Unmarshal(f.Params, &n))
		require.Equal(t, c.rev+1, n.Rev, "told to %s", c.user)
		c.rev = n.Rev
	}
}

// TestWhateverIsLostOnTheWayADeviceIsToldEachChangeOnce has somebody's devices break and come back on either of two
// nodes, from what they have or from elsewhere, while hints of their changes are lost or come twice.
func TestWhateverIsLostOnTheWayADeviceIsToldEachChangeOnce(t *testing.T) {
	cast(t, 2, free, func(w *world) {
		w.unaudited = true
		hints := 1 // how often each comes
		for _, n := range w.nodes {
			n.app.Server().Receives(func(m *cluster.Message) int {
				if m.Kind == cluster.KindChange && m.User[0] == 'b' {
					return hints
				}
				return 1
			})
		}
		pairs := 0
		rapid.Check(t, func(t *rapid.T) {
			pairs++
			defer func() {
				for _, d := range w.devices {
					d.hangUp()
				}
				w.devices, hints = nil, 1
			}()
			ada, ben := w.arrives(fmt.Sprintf("a%d", pairs)), fmt.Sprintf("b%d", pairs)
			devices := []*comings{{kind: "headset"}, {kind: "desktop"}} // who comes anew goes on as a device of the same kind
			for _, c := range devices {
				c.device, c.online = w.arrives(ben, kind(c.kind)), true
			}
			rev := int64(0)
			t.Repeat(map[string]func(*rapid.T){
				"change": func(t *rapid.T) {
					hints = rapid.SampledFrom([]int{1, 1, 0, 2}).Draw(t, "hints")
					if rev++; rev%2 == 1 {
						ada.invites(ben)
					} else {
						ada.does("invitation.withdraw", userID(ben))
					}
				},
				"break": func(t *rapid.T) {
					if c := rapid.SampledFrom(devices).Draw(t, "device"); c.online {
						c.take(t)
						c.drop()
						c.online = false
					}
				},
				"return": func(t *rapid.T) {
					c := rapid.SampledFrom(devices).Draw(t, "device")
					c.take(t) // one that is there puts itself out
					c.device = w.arrives(ben, kind(c.kind), resuming(c.device, c.rev))
					require.True(t, c.hello.Resumed)
					require.Equal(t, rev, c.hello.Rev)
					c.online = true
				},
				"return from elsewhere": func(t *rapid.T) {
					c := rapid.SampledFrom(devices).Draw(t, "device")
					from := rapid.Int64Range(-1, rev+2).Draw(t, "revision")
					if from < 0 {
						c.hangUp()
						c.device = w.arrives(ben, kind(c.kind))
					} else {
						c.device = w.arrives(ben, kind(c.kind), resuming(c.device, from))
					}
					require.Equal(t, from >= 0 && from <= rev, c.hello.Resumed)
					require.Equal(t, rev, c.hello.Rev)
					if c.rev, c.online = from, true; !c.hello.Resumed {
						c.rev = rev
					}
				},
				"time": func(*rapid.T) { pass(second * 2) },
				"": func(t *rapid.T) {
					for _, c := range devices {
						c.take(t)
					}
				},
			})
			pass(2 * second)
			for _, c := range devices {
				if c.take(t); c.online {
					require.Equal(t, rev, c.rev, "all was told; closed: %d", c.closeCode())
				}
			}
		})
	})
}
