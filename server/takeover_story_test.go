package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// TestDeviceThatComesBackTwiceAtOnceIsOneDevice has several sockets name the same device at the same moment: one of
// them is the device then, and keeps its place in the session; the others are told that they were replaced.
func TestDeviceThatComesBackTwiceAtOnceIsOneDevice(t *testing.T) {
	everywhere(t, free, func(w *world) {
		ben := w.arrives("ben")
		for i := range 20 {
			ada := "ada" + itoa(i)
			first := w.arrives(ada)
			there := first.creates()
			ben.joins(there)
			var all []*device
			for range 4 {
				d := w.dial()
				d.user = ada
				d.ask("hello", d.greeting(ada, resuming(first, first.hello.Rev)))
				all = append(all, d)
			}
			pass(time.Second)
			var open *device
			for _, d := range all {
				if d.closeCode() == 0 {
					require.Nil(w.t, open, "two sockets of one device")
					open = d
					continue
				}
				d.left = true
				require.Equal(w.t, int(protocol.CloseReplaced), d.closeCode())
			}
			require.NotNil(w.t, open)
			first.left = true
			forget(ben)
			open.drop()
			pass(11 * time.Second) // its grace is over, and the place with it
			require.Contains(w.t, ben.summary(), "roster v4 ~ben(host,true) -"+ada+"(dropped)")
			ben.ok("session.leave", obj{"session_id": there}, nil)
			pass(second)
			forget(ben)
		}
	})
}
