package redis

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
	"foyer/server/cluster/clustertest"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/cluster/registrytest"
	"foyer/session"
)

// rights are all that a node needs of Redis: docs/operations.md names them.
const rights = "resetkeys ~foyer:* resetchannels &foyer:* -@all +ping +hello +auth " +
	"+eval +evalsha +time +get +set +del +expire +pexpire +pttl +hget +hmget +hset +sadd +srem +smembers " +
	"+zadd +zrem +zscore +zcard +zrange +zrangebyscore +zremrangebyscore +publish +subscribe +unsubscribe"

// onCluster are the rights that a Cluster asks for besides.
const onCluster = " +spublish +ssubscribe +sunsubscribe +cluster|slots +command"

func TestAUserWithFewRightsIsEnough(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	answer, err := server.Command("ACL SETUSER node on >secret " + rights)
	require.NoError(t, err)
	require.Equal(t, "+OK", answer)
	url := "redis://node:secret@" + server.Addr
	prefix := func() string { return "foyer:" + newPrefix() }
	clustertest.Bus(t, func(t *testing.T) clustertest.Ends {
		p := prefix()
		return newEnds(t, newClient(t, url, p), newClient(t, url, p))
	})
	clustertest.Devices(t, func(t *testing.T) clustertest.Registered { return NewDevices(newClient(t, url, prefix())) })
	p := prefix()
	one, two := newMember(t, url, p, "one"), newMember(t, url, p, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	_, err = one.r.End(t.Context(), "s", time.Now().UnixMilli())
	require.NoError(t, err)
	_, err = one.r.Sweep(t.Context(), time.Now().Add(time.Hour).UnixMilli())
	require.NoError(t, err)
	_, err = one.d.Reap(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, one.d.hung.tidy(t.Context(), one.ID(), func(string) bool { return false }))
	_, err = one.giveUp(t.Context(), two.ID())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return two.fences.Load() == 1 }, waitAtMost, waitEvery)
	refused, err := server.Command("ACL LOG 1")
	require.NoError(t, err)
	require.Equal(t, "*0", refused, "nothing was refused")
	_, err = newClient(t, url, prefix()).rdb.Keys(t.Context(), "*").Result()
	require.ErrorContains(t, err, "NOPERM")
}

// newCluster starts a Redis Cluster of three masters.
func newCluster(t *testing.T) (servers []*redistest.Server, url string) {
	c := redistest.StartCluster(t, false)
	for _, s := range c.Servers {
		answer, err := s.Command("ACL SETUSER node on >secret " + rights + onCluster)
		require.NoError(t, err)
		require.Equal(t, "+OK", answer)
	}
	return c.Servers, strings.ReplaceAll(c.URL, "redis://", "redis://node:secret@")
}

func TestThreeMasters(t *testing.T) {
	t.Parallel()
	servers, url := newCluster(t)
	t.Run("bus", func(t *testing.T) {
		clustertest.Bus(t, func(t *testing.T) clustertest.Ends {
			prefix := "foyer:" + newPrefix()
			return newEnds(t, newClient(t, url, prefix), newClient(t, url, prefix))
		})
	})
	t.Run("devices", func(t *testing.T) {
		clustertest.Devices(t, func(t *testing.T) clustertest.Registered { return NewDevices(newClient(t, url, "foyer:"+newPrefix())) })
	})
	t.Run("registry", func(t *testing.T) {
		registrytest.Run(t, func(t *testing.T, publish session.Publish) session.Registry {
			c := newClient(t, url, "foyer:"+newPrefix())
			audience(t, c, publish)
			return newRegistry(t, c)
		}, direct)
	})
	prefix := "foyer:" + newPrefix()
	one, two := newMember(t, url, prefix, "one"), newMember(t, url, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	require.Equal(t, []string{"ada", "ben"}, one.users(t))
	keys := 0
	for _, s := range servers {
		size, err := s.Command("DBSIZE")
		require.NoError(t, err)
		if size != ":0" {
			keys++
		}
	}
	require.Equal(t, 3, keys, "spread over the servers")
	for _, s := range servers {
		refused, err := s.Command("ACL LOG 1")
		require.NoError(t, err)
		require.Equal(t, "*0", refused)
	}
}

// TestAMasterThatFails has Sentinels put a replica in its place: what it had not copied is lost, and the nodes go on.
func TestAMasterThatFails(t *testing.T) {
	t.Parallel()
	sentinels := redistest.StartSentinels(t)
	url, master := sentinels.URL, sentinels.Servers[0]
	prefix := newPrefix()
	one, two := newMember(t, url, prefix, "one"), newMember(t, url, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	told := &heard{revs: map[int64]int{}}
	b := newBus(t, one.c, nil)
	b.Receive(told.take)
	require.NoError(t, b.Subscribe(t.Context(), cluster.SessionTopic("x")))
	before := one.returned.Load()
	master.Kill()
	require.Eventually(t, func() bool { return one.Err() != nil }, waitAtMost, waitEvery)
	require.Eventually(t, func() bool { return one.returned.Load() > before && two.Err() == nil }, 2*waitAtMost, waitEvery)
	require.Equal(t, []string{"ada", "ben"}, one.users(t))
	require.Eventually(t, func() bool {
		_, err := two.r.Join(t.Context(), two.join("cem"))
		return err == nil
	}, waitAtMost, waitEvery)
	require.Equal(t, []string{"ada", "ben", "cem"}, one.users(t))
	other := newBus(t, two.c, nil)
	rev := int64(0)
	require.Eventually(t, func() bool {
		rev++
		other.Publish(cluster.SessionTopic("x"), &cluster.Message{Kind: cluster.KindMessage, Rev: rev})
		<-time.After(10 * waitEvery)
		return told.times(rev) == 1
	}, waitAtMost, waitEvery)
}
