package chaos

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster/redis/redistest"
)

// The kinds of Redis that a campaign can have.
const (
	single    = "single"   // one server, with a wire to it from each node that can fail
	sentinels = "sentinel" // a master with two replicas, watched by three Sentinels
	clustered = "cluster"  // a Redis Cluster of three masters, each with a replica
)

// startRedis starts what the campaign was told to have.
func (w *world) startRedis(t testing.TB, kind string) {
	switch kind {
	case single:
		w.redis = redistest.Start(t)
	case sentinels:
		w.replicated = redistest.StartSentinels(t)
	case clustered:
		w.replicated = redistest.StartCluster(t, true)
	default:
		require.FailNow(t, "no kind of Redis is called "+kind)
	}
}

// redisURL is where a node finds Redis.
func (n *node) redisURL() string {
	if n.redis == nil {
		return n.w.replicated.URL
	}
	return "redis://" + n.redis.addr
}

// fits reports whether a fault can come over a kind of Redis.
func (f fault) fits(kind string) bool {
	return f.on == "" || f.on == kind || f.on == replicated && kind != single
}

// replicated is what faults are on that a Redis with replicas has.
const replicated = "replicated"

// replicatedFaults are those of a Redis whose masters have replicas.
var replicatedFaults = []fault{
	// What the replica had not copied is lost.
	{name: "redis-master-kill", on: replicated, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		w.killFor(one(w.replicated.Masters(), rng), between(rng, 4*time.Second, 8*time.Second)) // a replica takes its place after two
		wait(2 * time.Second)
	}},
	// It comes back before a replica takes its place, with nothing in it.
	{name: "redis-master-empties", on: replicated, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		w.killFor(one(w.replicated.Masters(), rng), between(rng, 0, 300*time.Millisecond))
		wait(5 * time.Second)
	}},
	// All slots of one server are gone, and it never was away.
	{name: "redis-master-flush", on: replicated, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		answer, err := one(w.replicated.Masters(), rng).Command("FLUSHALL")
		require.NoError(w.t, err)
		require.Equal(w.t, "+OK", answer)
		wait(5 * time.Second)
	}},
	// It wakes up, and is a replica of the one that took its place.
	{name: "redis-master-stop", on: replicated, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		master := one(w.replicated.Masters(), rng)
		master.Pause()
		wait(between(rng, 500*time.Millisecond, 8*time.Second))
		master.Resume()
		w.replicated.Settle()
		wait(2 * time.Second)
	}},
	{name: "redis-replica-kill", on: replicated, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		w.killFor(one(w.replicated.Replicas(), rng), between(rng, time.Second, 4*time.Second))
	}},
	{name: "redis-slots-move", on: clustered, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		masters := w.replicated.Masters()
		for range 8 { // of the 64 slots that Foyer uses
			answer, err := masters[0].Command(fmt.Sprintf("CLUSTER KEYSLOT {%d}", rng.IntN(64)))
			require.NoError(w.t, err)
			slot, err := strconv.Atoi(strings.TrimPrefix(answer, ":"))
			require.NoError(w.t, err)
			w.replicated.Move(slot, one(masters, rng))
			wait(between(rng, 0, 300*time.Millisecond))
		}
	}},
}

func init() { faults = append(faults, replicatedFaults...) }

// killFor kills a server, and starts it again after a while.
func (w *world) killFor(s *redistest.Server, away time.Duration) {
	s.Kill()
	wait(away)
	s.Restart()
	w.replicated.Settle()
}

func one(servers []*redistest.Server, rng *rand.Rand) *redistest.Server {
	return servers[rng.IntN(len(servers))]
}
