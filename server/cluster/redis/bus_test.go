package redis

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
	"foyer/server/cluster/clustertest"
	"foyer/server/cluster/redis/redistest"
)

var prefixes atomic.Int64

// newClient returns a Client with keys and channels that no other test has.
func newClient(t *testing.T, url, prefix string) *Client {
	t.Helper()
	c, err := Open(url, Options{Prefix: prefix})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func newPrefix() string { return fmt.Sprintf("test%d:", prefixes.Add(1)) }

func newBus(t *testing.T, c *Client, resubscribed func()) *Bus {
	b := NewBus(c, resubscribed)
	t.Cleanup(b.Close)
	return b
}

func TestBus(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	clustertest.Bus(t, func(t *testing.T) (one, two cluster.Bus) {
		prefix := newPrefix()
		return newBus(t, newClient(t, server.URL, prefix), nil), newBus(t, newClient(t, server.URL, prefix), nil)
	})
}

// TestBusOnACluster has a Redis Cluster of one server: sharded channels, and a connection for each of the lanes.
func TestBusOnACluster(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--cluster-enabled", "yes")
	_, err := server.Command("CLUSTER ADDSLOTSRANGE 0 16383")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		ok, err := server.Command("SET ready yes")
		return err == nil && ok == "+OK"
	}, waitAtMost, waitEvery)
	clustertest.Bus(t, func(t *testing.T) (one, two cluster.Bus) {
		prefix := newPrefix()
		url := server.URL + "?addr=" + server.Addr
		return newBus(t, newClient(t, url, prefix), nil), newBus(t, newClient(t, url, prefix), nil)
	})
}
