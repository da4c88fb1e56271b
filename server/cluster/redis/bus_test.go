package redis

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

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

// newEnds returns two nodes' ends of one Bus.
func newEnds(t *testing.T, one, two *Client) clustertest.Ends {
	a, b := newBus(t, one, nil), newBus(t, two, nil)
	return clustertest.Ends{One: a, Two: b, Lost: func() bool { return a.lost() || b.lost() }}
}

// lost reports whether messages may have been lost, as the Bus itself counts it.
func (b *Bus) lost() bool {
	return b.Stats.NotPublished.Load()+b.Stats.NotReceived.Load()+b.Stats.Silent.Load() > 0
}

func TestBus(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	clustertest.Bus(t, func(t *testing.T) clustertest.Ends {
		prefix := newPrefix()
		return newEnds(t, newClient(t, server.URL, prefix), newClient(t, server.URL, prefix))
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
	clustertest.Bus(t, func(t *testing.T) clustertest.Ends {
		prefix := newPrefix()
		url := server.URL + "?addr=" + server.Addr
		return newEnds(t, newClient(t, url, prefix), newClient(t, url, prefix))
	})
}
