package load

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEachRosterIsReadAsItIs has many devices read rosters at the same time, more than are kept.
func TestEachRosterIsReadAsItIs(t *testing.T) {
	c := newRosterCache()
	var frames [][]byte
	for n := range 2 * len(c.ring) {
		frames = append(frames, fmt.Appendf(nil, `%s"params":{"session_id":"s","version":%d,"joined":[],"updated":[],"left":[]}}`, rosterPrefix, n))
	}
	var all sync.WaitGroup
	wrong := make(chan string, 8)
	for reader := range cap(wrong) {
		all.Go(func() {
			for i := range 20_000 {
				n := (i/4 + reader) % len(frames)
				if got := c.read(frames[n]); got == nil || got.Version != int64(n) {
					wrong <- fmt.Sprintf("version %d was read as %v", n, got)
					return
				}
			}
		})
	}
	all.Wait()
	close(wrong)
	require.Empty(t, <-wrong)
}
