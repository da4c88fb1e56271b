package redistest

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Cluster is several servers: a Redis Cluster, or what Sentinels watch.
type Cluster struct {
	t       testing.TB
	Servers []*Server // the masters first, as they were at the start
	URL     string
}

// slots is how many slots a Redis Cluster has.
const slots = 16384

// settledWithin is how long servers may take to agree on something.
const settledWithin = 30 * time.Second

// StartCluster starts a Redis Cluster of three masters, and a replica for each if wanted. A master that is silent for a
// second is taken for failed.
func StartCluster(t testing.TB, replicas bool) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	count := 3
	if replicas {
		count = 6
	}
	urls := make([]string, count)
	for i := range count {
		_, bus, err := net.SplitHostPort(freeAddress(t))
		require.NoError(t, err)
		s := Start(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "1000")
		if i < 3 {
			s.must("CLUSTER ADDSLOTSRANGE %d %d", i*slots/3, (i+1)*slots/3-1)
		}
		s.must("CLUSTER SET-CONFIG-EPOCH %d", i+1)
		if i > 0 {
			h, p, err := net.SplitHostPort(c.Servers[0].Addr)
			require.NoError(t, err)
			s.must("CLUSTER MEET %s %s %s", h, p, c.Servers[0].bus)
		}
		s.bus = bus
		c.Servers = append(c.Servers, s)
		urls[i] = s.URL
	}
	c.URL = strings.Join(urls, ",")
	c.agree(count)
	for i := 3; i < count; i++ {
		master, err := c.Servers[i-3].Text("CLUSTER MYID")
		require.NoError(t, err)
		c.Servers[i].must("CLUSTER REPLICATE %s", master)
	}
	c.Settle()
	return c
}

// StartSentinels starts a master with two replicas, and three Sentinels that put one of these in its place if it is silent
// for a second.
func StartSentinels(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{t: t, Servers: []*Server{Start(t)}}
	h, p, err := net.SplitHostPort(c.Servers[0].Addr)
	require.NoError(t, err)
	for range 2 {
		c.Servers = append(c.Servers, Start(t, "--replicaof", h+" "+p))
	}
	c.Settle()
	sentinels := make([]string, 3)
	for i := range sentinels {
		sentinels[i] = Sentinel(t, fmt.Sprintf("sentinel monitor foyer %s %s 2\nsentinel down-after-milliseconds foyer 1000\nsentinel failover-timeout foyer 5000\n", h, p)).Addr
	}
	c.URL = "redis://" + sentinels[0] + "/0?master_name=foyer&addr=" + sentinels[1] + "&addr=" + sentinels[2]
	return c
}

// agree waits until all servers know each other.
func (c *Cluster) agree(count int) {
	c.t.Helper()
	for _, s := range c.Servers {
		require.Eventually(c.t, func() bool {
			info, err := s.Text("CLUSTER INFO")
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", count))
		}, settledWithin, 20*time.Millisecond, "the Cluster does not come together")
	}
}

// Settle waits until each server answers, has all slots served if it is of a Redis Cluster, and has copied its master if it
// is a replica.
func (c *Cluster) Settle() {
	c.t.Helper()
	for _, s := range c.Servers {
		require.Eventually(c.t, func() bool {
			info, err := s.Text("CLUSTER INFO")
			if err == nil && !strings.Contains(info, "cluster_state:ok") {
				return false // an error says that it is of none
			}
			role, err := s.Text("INFO replication")
			return err == nil && (strings.Contains(role, "role:master") || strings.Contains(role, "master_link_status:up"))
		}, settledWithin, 20*time.Millisecond, "the Cluster is not well")
	}
}

// Masters returns the servers that are masters and answer.
func (c *Cluster) Masters() []*Server { return c.those("role:master") }

// Replicas returns the servers that are replicas and answer.
func (c *Cluster) Replicas() []*Server { return c.those("role:slave") }

func (c *Cluster) those(role string) (all []*Server) {
	for _, s := range c.Servers {
		if info, err := s.Text("INFO replication"); err == nil && strings.Contains(info, role) {
			all = append(all, s)
		}
	}
	return all
}

// Move moves a slot with all its keys to another master, as redis-cli --cluster reshard does. It does nothing if it is
// there.
func (c *Cluster) Move(slot int, to *Server) {
	c.t.Helper()
	from := c.owner(slot)
	if from == nil || from == to {
		return
	}
	ids := map[*Server]string{}
	for _, s := range []*Server{from, to} {
		id, err := s.Text("CLUSTER MYID")
		require.NoError(c.t, err)
		ids[s] = id
	}
	to.must("CLUSTER SETSLOT %d IMPORTING %s", slot, ids[from])
	from.must("CLUSTER SETSLOT %d MIGRATING %s", slot, ids[to])
	h, p, err := net.SplitHostPort(to.Addr)
	require.NoError(c.t, err)
	for {
		keys, err := from.List(fmt.Sprintf("CLUSTER GETKEYSINSLOT %d 10", slot))
		require.NoError(c.t, err)
		if len(keys) == 0 {
			break
		}
		answer, err := from.Command(fmt.Sprintf("MIGRATE %s %s \"\" 0 2000 KEYS %s", h, p, strings.Join(keys, " ")))
		require.NoError(c.t, err)
		require.Contains(c.t, []string{"+OK", "+NOKEY"}, answer)
	}
	to.must("CLUSTER SETSLOT %d NODE %s", slot, ids[to])
	for _, s := range c.Masters() {
		s.must("CLUSTER SETSLOT %d NODE %s", slot, ids[to])
	}
	for _, s := range c.Servers { // who moves it on before that has them disagree for good
		require.Eventually(c.t, func() bool {
			nodes, err := s.Text("CLUSTER NODES")
			return err != nil || has(nodes, ids[to], slot)
		}, settledWithin, 10*time.Millisecond, "the servers don't agree on a slot")
	}
}

// owner returns the master that a slot is on.
func (c *Cluster) owner(slot int) *Server {
	for _, s := range c.Masters() {
		nodes, err := s.Text("CLUSTER NODES")
		require.NoError(c.t, err)
		if has(nodes, "myself", slot) {
			return s
		}
	}
	return nil
}

// has reads of what a server says of the Cluster whether a slot is on a server, by its ID, or "myself".
func has(nodes, server string, slot int) bool {
	for line := range strings.Lines(nodes) {
		fields := strings.Fields(line)
		if len(fields) < 8 || fields[0] != server && !strings.Contains(fields[2], server) {
			continue
		}
		for _, span := range fields[8:] {
			var first, last int
			if n, _ := fmt.Sscanf(span, "%d-%d", &first, &last); n == 1 {
				last = first
			} else if n == 0 {
				continue // a slot that is moving
			}
			if first <= slot && slot <= last {
				return true
			}
		}
	}
	return false
}

// must has a server carry out what can't fail.
func (s *Server) must(format string, args ...any) {
	s.t.Helper()
	answer, err := s.Command(fmt.Sprintf(format, args...))
	require.NoError(s.t, err)
	require.Equal(s.t, "+OK", answer, format, args)
}
