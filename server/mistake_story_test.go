package server_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server"
)

func TestAMistakeInHelloEndsThatDeviceAlone(t *testing.T) {
	for _, where := range []string{server.InVerifying, server.InLoading, server.InPublishing} {
		t.Run(where, func(t *testing.T) {
			story(t, free, func(w *world) {
				ada := w.arrives("ada")
				mend := w.nodes[0].app.Server().Mistaken(where)
				for _, user := range []string{"ben", "cem"} {
					d := w.dial()
					d.ask("hello", d.greeting(user))
					pass(second)
					if where == server.InLoading {
						answers := d.raw()
						require.Len(t, answers, 1)
						require.Contains(t, string(answers[0]), "trace_id")
						require.Zero(t, d.closeCode(), "it may say hello again")
						d.hangUp()
					} else {
						require.EqualValues(t, protocol.CloseOverload, d.closeCode())
					}
				}
				mend()
				require.Zero(t, ada.closeCode())
				connect(ada, w.arrives("ben"))
				connect(ada, w.arrives("cem"))
			})
		})
	}
}
