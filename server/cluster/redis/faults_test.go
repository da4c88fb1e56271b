package redis

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/server/cluster"
	"foyer/server/cluster/clustertest"
	"foyer/server/cluster/redis/redistest"
)

const (
	waitAtMost = 20 * time.Second
	waitEvery  = 10 * time.Millisecond
)

// wire is a way to Redis that can be cut.
type wire struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
	url   string
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), t.Name(), "127.0.0.1:0", to)
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	_, port, err := net.SplitHostPort(proxy.Listen)
	require.NoError(t, err)
	return &wire{t, proxy, "redis://127.0.0.1:" + port}
}

func (w *wire) fault(json string) {
	w.t.Helper()
	_, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(json))
	require.NoError(w.t, err)
}

func (w *wire) heal() { w.proxy.Toxics.ResetToxics(context.Background()) }

const (
	deafen = `{"name":"deaf","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`
	mute   = `{"name":"mute","type":"timeout","stream":"upstream","attributes":{"timeout":0}}`
	slow   = `{"name":"slow","type":"latency","stream":"downstream","attributes":{"latency":30,"jitter":10}}`
	crumbs = `{"name":"crumbs","type":"slicer","stream":"downstream","attributes":{"average_size":500,"size_variation":400,"delay":10}}`
)

// heard counts what a node is told of a topic.
type heard struct {
	mu   sync.Mutex
	revs map[int64]int // how often each came; guarded by mu
}

func (h *heard) take(_ cluster.Topic, m *cluster.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revs[m.Rev]++
}

func (h *heard) times(rev int64) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.revs[rev]
}

// pair is a node behind a wire, and one beside Redis.
type pair struct {
	t        *testing.T
	far      *Bus
	near     *Bus
	told     *heard // to far
	renewed  atomic.Int64
	sequence int64
}

var topic = cluster.UserTopic("ada")

func newPair(t *testing.T, redisURL, wireURL string) *pair {
	p := &pair{t: t, told: &heard{revs: map[int64]int{}}}
	prefix := newPrefix()
	p.far = newBus(t, newClient(t, wireURL, prefix), func() { p.renewed.Add(1) })
	p.near = newBus(t, newClient(t, redisURL, prefix), nil)
	p.far.Receive(p.told.take)
	require.NoError(t, p.far.Subscribe(t.Context(), topic))
	require.True(t, p.passes())
	return p
}

// passes reports whether a message of near's comes to far at once.
func (p *pair) passes() bool {
	p.sequence++
	rev := p.sequence
	p.near.Publish(topic, &cluster.Message{Kind: cluster.KindChange, Rev: rev})
	for range 20 {
		if p.told.times(rev) > 0 {
			return true
		}
		<-time.After(waitEvery)
	}
	return false
}

func (p *pair) healed(before int64) {
	p.t.Helper()
	require.Eventually(p.t, p.passes, waitAtMost, waitEvery)
	require.Eventually(p.t, func() bool { return p.renewed.Load() > before }, waitAtMost, waitEvery, "nobody reads anew what was missed")
	require.Eventually(p.t, p.stays, waitAtMost, waitEvery, "the new subscription stays")
}

// stays reports whether far's subscription stays for longer than a silent one would.
func (p *pair) stays() bool {
	before := p.far.Stats.Subscriptions.Load()
	<-time.After(2 * silentAfter)
	return p.far.Up() && p.far.Stats.Subscriptions.Load() == before
}

// ownIsHeard checks that who is here hears of each other, once.
func (p *pair) ownIsHeard() {
	p.t.Helper()
	p.sequence++
	rev := p.sequence
	p.far.Publish(topic, &cluster.Message{Kind: cluster.KindChange, Rev: rev})
	require.Eventually(p.t, func() bool { return p.told.times(rev) == 1 }, waitAtMost, waitEvery)
	p.t.Cleanup(func() { require.Equal(p.t, 1, p.told.times(rev)) })
}

func TestASubscriptionThatIsSilentIsRenewed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, fault := range map[string]string{"cut towards the node": deafen, "cut towards Redis": mute} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, server.Addr)
			p := newPair(t, server.URL, w.url)
			w.fault(fault)
			require.Eventually(t, func() bool { return !p.far.Up() }, 4*time.Second, waitEvery)
			p.ownIsHeard()
			require.NoError(t, p.far.Subscribe(t.Context(), cluster.UserTopic("ben")), "who comes meanwhile is not refused")
			before := p.renewed.Load()
			w.heal()
			p.healed(before)
		})
	}
}

func TestABusOnABadLineKeepsThePromises(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, fault := range map[string]string{"late": slow, "in crumbs": crumbs} {
		t.Run(name, func(t *testing.T) {
			clustertest.Bus(t, func(t *testing.T) clustertest.Ends {
				prefix := newPrefix()
				w := newWire(t, server.Addr)
				w.fault(fault)
				return newEnds(t, newClient(t, w.url, prefix), newClient(t, w.url, prefix))
			})
		})
	}
}

func TestABusOutlivesItsRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := newPair(t, server.URL, server.URL)
	server.Kill()
	require.Eventually(t, func() bool { return !p.far.Up() }, 4*time.Second, waitEvery)
	p.ownIsHeard()
	before := p.renewed.Load()
	server.Restart()
	p.healed(before)

	server.Pause()
	require.Eventually(t, func() bool { return !p.far.Up() }, 4*time.Second, waitEvery)
	before = p.renewed.Load()
	server.Resume()
	p.healed(before)
}

func TestABusStartsWithoutRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Kill()
	told := &heard{revs: map[int64]int{}}
	b := newBus(t, newClient(t, server.URL, newPrefix()), nil)
	b.Receive(told.take)
	require.NoError(t, b.Subscribe(t.Context(), topic))
	require.False(t, b.Up())
	b.Publish(topic, &cluster.Message{Kind: cluster.KindChange, Rev: 1})
	require.Eventually(t, func() bool { return told.times(1) == 1 }, waitAtMost, waitEvery)
	server.Restart()
	require.Eventually(t, b.Up, waitAtMost, waitEvery)
	b.Publish(topic, &cluster.Message{Kind: cluster.KindChange, Rev: 2})
	require.Eventually(t, func() bool { return told.times(2) == 1 }, waitAtMost, waitEvery)
}

func TestWhatIsNoMessageIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := newPair(t, server.URL, server.URL)
	good, err := encode("somebody", 0, &cluster.Message{Kind: cluster.KindPush})
	require.NoError(t, err)
	bad := [][]byte{{}, {layout}, []byte("hello"), good[:len(good)-1], append([]byte{9}, good[1:]...), []byte("\x01\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00{}")}
	for _, payload := range bad {
		require.NoError(t, p.near.c.rdb.Publish(t.Context(), p.near.c.channel(topic), payload).Err())
	}
	require.Eventually(t, func() bool { return p.far.Stats.Malformed.Load() == int64(len(bad)) }, waitAtMost, waitEvery)
	require.True(t, p.passes())
}
