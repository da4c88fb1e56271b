package clustertest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
)

// Pace is what every cluster.Pace keeps to. nodes are two that count together, and know nothing yet.
func Pace(t *testing.T, nodes func(t *testing.T) [2]cluster.Pace) {
	t.Run("all nodes count together, each user alone", func(t *testing.T) {
		n := nodes(t)
		now := time.Now()
		for i := range 6 {
			require.Zero(t, n[i%2].Take(t.Context(), "ada", 6, now))
		}
		for i := range n {
			wait := n[i].Take(t.Context(), "ada", 6, now)
			require.Greater(t, wait, 30*time.Second)
			require.LessOrEqual(t, wait, time.Minute)
		}
		require.Zero(t, n[1].Take(t.Context(), "bob", 6, now))
	})
	t.Run("never one too many at once", func(t *testing.T) {
		n := nodes(t)
		now := time.Now()
		var allowed atomic.Int64
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if n[i%2].Take(t.Context(), "ada", 30, now) == 0 {
					allowed.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 30, allowed.Load())
	})
}
