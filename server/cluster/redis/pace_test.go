package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
	"foyer/server/cluster/clustertest"
	"foyer/server/cluster/redis/redistest"
)

func TestPace(t *testing.T) {
	server := redistest.Start(t)
	clustertest.Pace(t, func(t *testing.T) [2]cluster.Pace {
		prefix := newPrefix()
		return [2]cluster.Pace{NewPace(newClient(t, server.URL, prefix)), NewPace(newClient(t, server.URL, prefix))}
	})
}

func TestPaceIsKeptByOneselfWhileRedisIsAway(t *testing.T) {
	server := redistest.Start(t)
	p := NewPace(newClient(t, server.URL, newPrefix()))
	server.Kill()
	now := time.Now()
	for range 3 {
		require.Zero(t, p.Take(t.Context(), "ada", 3, now))
	}
	require.Equal(t, time.Minute, p.Take(t.Context(), "ada", 3, now))
	require.Zero(t, p.Take(t.Context(), "ada", 3, now.Add(time.Minute)))
}
