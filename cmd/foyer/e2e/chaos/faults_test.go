package chaos

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is something that is done to the cluster, healing included: when run returns, all is whole again.
type fault struct {
	name string
	// within is how soon changes have to be told meanwhile; 0 where nothing is promised.
	within time.Duration
	// one says that one node has the fault, and that its devices are promised nothing meanwhile.
	one bool
	// long ones are left out of short campaigns.
	long bool
	// on is the kind of Redis that it needs; "" if it comes over any.
	on string
	// touches says what it is done to: two at once are done to different things. "" ones come alone.
	touches string
	run     func(w *world, n *node, rng *rand.Rand)
}

const soon = 2 * time.Second

// faults are all there are.
var faults = []fault{
	{name: "kill", touches: "node", within: soon, one: true, run: func(_ *world, n *node, rng *rand.Rand) {
		n.kill()
		wait(between(rng, 100*time.Millisecond, time.Second))
		n.start()
	}},
	{name: "stop-3s", touches: "node", within: soon, one: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.pause()
		wait(3 * time.Second)
		n.resume()
		wait(time.Second)
	}},
	{name: "stop-30s", touches: "node", within: soon, one: true, long: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.pause()
		wait(30 * time.Second)
		n.resume()
		wait(3 * time.Second)
	}},
	{name: "drain", touches: "node", within: soon, one: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.drain()
		n.start()
	}},
	{name: "ghost", within: soon, one: true, long: true, run: func(w *world, n *node, rng *rand.Rand) {
		w.house.ghost(n, rng)
	}},
	{name: "rolling-restart", touches: "node", within: soon, long: true, run: func(w *world, _ *node, _ *rand.Rand) {
		for _, n := range w.nodes {
			n.drain()
			n.start()
			wait(time.Second)
		}
	}},
	{name: "clock-ahead", touches: "node", within: soon, one: true, long: true, run: func(_ *world, n *node, _ *rand.Rand) { n.timeTravel("90s") }},
	{name: "clock-behind", touches: "node", within: soon, one: true, long: true, run: func(_ *world, n *node, _ *rand.Rand) { n.timeTravel("-90s") }},
	{name: "redis-restart", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		w.redis.Kill()
		wait(between(rng, 0, 4*time.Second))
		w.redis.Restart()
		wait(5 * time.Second)
	}},
	{name: "redis-stop-5s", on: single, touches: "redis", within: soon, run: func(w *world, _ *node, _ *rand.Rand) {
		w.redis.Pause()
		wait(5 * time.Second)
		w.redis.Resume()
		wait(5 * time.Second)
	}},
	{name: "redis-cut", on: single, touches: "redis", within: soon, run: func(_ *world, n *node, rng *rand.Rand) {
		n.redis.sever()
		wait(between(rng, time.Second, 6*time.Second))
		n.redis.heal()
		wait(5 * time.Second)
	}},
	{name: "redis-cut-30s", on: single, touches: "redis", within: soon, long: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.redis.sever()
		n.apart(30 * time.Second)
		n.redis.heal()
		wait(5 * time.Second)
	}},
	{name: "redis-deaf", on: single, touches: "redis", within: soon, run: func(_ *world, n *node, rng *rand.Rand) {
		n.redis.down.shut()
		wait(between(rng, 2*time.Second, 6*time.Second))
		n.redis.heal()
		wait(5 * time.Second)
	}},
	{name: "redis-mute", on: single, touches: "redis", within: soon, run: func(_ *world, n *node, rng *rand.Rand) {
		n.redis.up.shut()
		wait(between(rng, 2*time.Second, 6*time.Second))
		n.redis.heal()
		wait(5 * time.Second)
	}},
	{name: "redis-deaf-30s", on: single, touches: "redis", within: soon, long: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.redis.down.shut()
		n.apart(30 * time.Second)
		n.redis.heal()
		wait(5 * time.Second)
	}},
	{name: "redis-away-60s", on: single, touches: "redis", within: soon, long: true, run: func(w *world, _ *node, _ *rand.Rand) {
		w.redis.Kill()
		wait(*awayFlag)
		w.redis.Restart()
		w.healthySoon(5 * time.Second)
	}},
	{name: "redis-away-at-start", on: single, within: soon, one: true, run: func(w *world, n *node, _ *rand.Rand) {
		w.redis.Kill()
		n.kill()
		n.start()
		wait(*awayFlag / 30)
		w.redis.Restart()
		w.healthySoon(25 * time.Second) // a node died while all was lost: the others wait until it surely has
	}},
	{name: "sql-restart", touches: "sql", run: func(w *world, _ *node, _ *rand.Rand) {
		require.NoError(w.t, w.postgres.Stop())
		require.NoError(w.t, w.postgres.Restart(w.t.Context()))
		wait(2 * time.Second)
	}},
	{name: "sql-crash", touches: "sql", run: func(w *world, _ *node, _ *rand.Rand) {
		require.NoError(w.t, w.postgres.Crash())
		require.NoError(w.t, w.postgres.Restart(w.t.Context()))
		wait(2 * time.Second)
	}},
	{name: "sql-stop-3s", touches: "sql", run: func(w *world, _ *node, _ *rand.Rand) {
		require.NoError(w.t, w.postgres.Pause())
		wait(3 * time.Second)
		require.NoError(w.t, w.postgres.Resume())
		wait(2 * time.Second)
	}},
	{name: "sql-stop-15s", touches: "sql", long: true, run: func(w *world, _ *node, _ *rand.Rand) {
		require.NoError(w.t, w.postgres.Pause())
		wait(15 * time.Second)
		require.NoError(w.t, w.postgres.Resume())
		wait(3 * time.Second)
	}},
	{name: "sql-drop", touches: "sql", one: true, run: func(_ *world, n *node, rng *rand.Rand) {
		for range 5 {
			n.sql.drop()
			wait(between(rng, 50*time.Millisecond, 300*time.Millisecond))
		}
		wait(time.Second)
	}},
	{name: "sql-cut-at-commit", touches: "sql", one: true, run: func(_ *world, n *node, rng *rand.Rand) {
		n.sql.cutCommits(rng.Uint64(), false)
		wait(3 * time.Second)
		n.sql.heal()
		wait(time.Second)
	}},
	{name: "sql-deaf", touches: "sql", one: true, run: func(_ *world, n *node, _ *rand.Rand) {
		n.sql.down.shut()
		wait(3 * time.Second)
		n.sql.heal()
		wait(2 * time.Second)
	}},
	{name: "sockets-drop", touches: "sockets", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		for range 10 {
			w.dropSome(rng)
			wait(200 * time.Millisecond)
		}
	}},
	{name: "slow-readers", touches: "sockets", within: soon, run: func(w *world, _ *node, rng *rand.Rand) {
		wake := w.silenceSome(rng)
		wait(12 * time.Second)
		wake()
		wait(2 * time.Second)
	}},
}

func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(rng.Int64N(int64(most-least)+1))
}

// cutCommits cuts off every third connection that commits, half of them before the server has heard of it, or with
// behind all of them after it was carried out.
func (p *proxy) cutCommits(seed uint64, behind bool) {
	var n atomic.Uint64
	watch := func(message []byte) (cut, deliver bool) {
		if !strings.Contains(string(message), "COMMIT") {
			return false, false
		}
		roll := rand.New(rand.NewPCG(seed, n.Add(1))).IntN(6)
		return roll < 2, roll == 0 || behind
	}
	p.watch.Store(&watch)
}
