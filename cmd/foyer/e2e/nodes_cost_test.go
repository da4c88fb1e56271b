package e2e_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/store/testservice"
)

// TestWhatASessionCostsBetweenNodes counts what is published of a session over two of three nodes: at most one message a
// node and tick, whoever writes and however often, and none to the node without a member.
func TestWhatASessionCostsBetweenNodes(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	store := testservice.PostgreSQL(t)
	one, two, idle := newNode(t, store, "one", redis.URL), newNode(t, store, "two", redis.URL), newNode(t, store, "idle", redis.URL)
	host := one.guest("host", nil)
	made, err := host.CreateSession(t.Context(), protocol.SessionCreateParams{Name: "Den", Visibility: protocol.VisibilityPublic})
	require.NoError(t, err)
	writers := []*guest{host}
	for i := range 7 {
		g := []*server{one, two}[i%2].guest(fmt.Sprint("u", i), nil)
		_, err := g.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
		require.NoError(t, err)
		writers = append(writers, g)
	}
	idle.guest("elsewhere", nil)
	epoch := host.Hello().Epoch
	listeners, err := redis.Command("PUBLISH foyer:" + epoch[len(epoch)-8:] + ":{0}s:" + made.Session.ID + " none")
	require.NoError(t, err)
	require.Equal(t, ":2", listeners, "a message reaches the nodes with a member, and no other")

	const hz, nodes, lasting = 20, 2, 3 * time.Second
	before, began := published(t, redis), time.Now()
	tick := time.NewTicker(time.Second / 60)
	defer tick.Stop()
	for n := 0; time.Since(began) < lasting; n++ {
		<-tick.C
		for i, g := range writers {
			g.WriteState([]byte(fmt.Sprint(i, n)))
		}
	}
	took := time.Since(began).Seconds()
	count := published(t, redis) - before
	probes := 3 * (took/0.5 + 2)
	require.LessOrEqual(t, float64(count), nodes*hz*took+nodes+probes)
	require.Greater(t, float64(count), nodes*hz*took/4, "states are told at all")
}

// published is how many messages Redis was given to publish.
func published(t *testing.T, redis *redistest.Server) int {
	t.Helper()
	stats, err := redis.Text("INFO commandstats")
	require.NoError(t, err)
	found := regexp.MustCompile(`cmdstat_publish:calls=(\d+)`).FindStringSubmatch(stats)
	require.NotNil(t, found)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}
