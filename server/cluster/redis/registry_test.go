package redis

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/cluster/registrytest"
	"foyer/session"
)

// message is what a flush is published as: its frame, which has all of it.
func message(f session.Flush) (cluster.Topic, *cluster.Message) {
	return cluster.SessionTopic(f.SessionID), &cluster.Message{Kind: cluster.KindRoster, Session: f.SessionID, Version: f.Version, Frame: f.Frame}
}

func newRegistry(t *testing.T, c *Client) *Registry {
	r := NewRegistry(c, RegistryOptions{Message: message})
	t.Cleanup(r.Stop)
	return r
}

// flushOf makes a flush of what it was published as.
func flushOf(t *testing.T, m *cluster.Message) session.Flush {
	var frame struct{ Params protocol.SessionRoster }
	if err := json.Unmarshal(m.Frame, &frame); err != nil {
		t.Errorf("frame %s: %v", m.Frame, err)
	}
	return session.Flush{SessionID: m.Session, Version: m.Version, Frame: m.Frame, Change: frame.Params}
}

// heardSessions are those of the Registry's suite.
var heardSessions = []string{"s", "t", "a", "b", "c", "other"}

// audience hands what is published of sessions to publish. It listens without a Bus, which takes a silence of a second,
// as a busy machine may have it, for a fault.
func audience(t *testing.T, c *Client, publish session.Publish) {
	subscribe := c.rdb.Subscribe
	if c.sharded {
		subscribe = c.rdb.SSubscribe
	}
	for _, id := range heardSessions {
		ps := subscribe(t.Context(), c.channel(cluster.SessionTopic(id)))
		t.Cleanup(func() { _ = ps.Close() })
		_, err := ps.Receive(t.Context())
		require.NoError(t, err)
		listen(t, ps, publish)
	}
}

// listen hands what comes to publish until ps is closed.
func listen(t *testing.T, ps *redis.PubSub, publish session.Publish) {
	go func() {
		for {
			got, err := ps.ReceiveMessage(context.Background())
			if err != nil {
				return // closed
			}
			m, err := decode(got.Payload)
			if err != nil {
				t.Errorf("message %q: %v", got.Payload, err)
				return
			}
			publish(flushOf(t, m))
		}
	}()
}

func direct(t *testing.T, test func(t *testing.T)) { test(t) }

func TestRegistry(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	registrytest.Run(t, func(t *testing.T, publish session.Publish) session.Registry {
		c := newClient(t, server.URL, newPrefix())
		audience(t, c, publish)
		return newRegistry(t, c)
	}, direct)
}

// TestRegistryOnABadLine has a way to Redis on which each call takes its time: what is asked for many has to go together.
func TestRegistryOnABadLine(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	registrytest.Run(t, func(t *testing.T, publish session.Publish) session.Registry {
		w := newWire(t, server.Addr)
		w.fault(`{"name":"slow","type":"latency","stream":"downstream","attributes":{"latency":4,"jitter":2}}`)
		c := newClient(t, w.url, newPrefix())
		audience(t, c, publish)
		return newRegistry(t, c)
	}, direct)
}

// nodes are several Registries of one cluster: whatever is asked is asked of another one than before.
type nodes struct {
	next atomic.Int64
	all  []*Registry
}

func (n *nodes) one() *Registry { return n.all[int(n.next.Add(1))%len(n.all)] }

func TestRegistryOnThreeNodes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	registrytest.Run(t, func(t *testing.T, publish session.Publish) session.Registry {
		prefix := newPrefix()
		n := &nodes{}
		for range 3 {
			n.all = append(n.all, newRegistry(t, newClient(t, server.URL, prefix)))
		}
		audience(t, newClient(t, server.URL, prefix), publish)
		return n
	}, direct)
}

func (n *nodes) Join(ctx context.Context, j session.Join) (session.Joined, error) {
	return n.one().Join(ctx, j)
}
func (n *nodes) Leave(ctx context.Context, l session.Leave) (session.Left, error) {
	return n.one().Leave(ctx, l)
}
func (n *nodes) Edit(ctx context.Context, e session.Edit) ([]session.Member, error) {
	return n.one().Edit(ctx, e)
}
func (n *nodes) SetRules(ctx context.Context, id string, r session.Rules) error {
	return n.one().SetRules(ctx, id, r)
}
func (n *nodes) End(ctx context.Context, id string, at int64) ([]session.Departure, error) {
	return n.one().End(ctx, id, at)
}
func (n *nodes) Attach(ctx context.Context, user string, d session.Device) (string, error) {
	return n.one().Attach(ctx, user, d)
}
func (n *nodes) Detach(ctx context.Context, user string, d session.Device, at, until int64) error {
	return n.one().Detach(ctx, user, d, at, until)
}
func (n *nodes) Standings(ctx context.Context, id string, users ...string) (session.Standings, error) {
	return n.one().Standings(ctx, id, users...)
}
func (n *nodes) Roster(ctx context.Context, id string) (session.Snapshot, error) {
	return n.one().Roster(ctx, id)
}
func (n *nodes) Resync(ctx context.Context, id, user string) (session.Joined, error) {
	return n.one().Resync(ctx, id, user)
}
func (n *nodes) Summaries(ctx context.Context, ids []string) (map[string]session.Summary, error) {
	return n.one().Summaries(ctx, ids)
}
func (n *nodes) Places(ctx context.Context, users []string) (map[string]string, error) {
	return n.one().Places(ctx, users)
}
func (n *nodes) Sweep(ctx context.Context, now int64) (session.Swept, error) {
	return n.one().Sweep(ctx, now)
}
func (n *nodes) Restore(ctx context.Context, id string, r session.Rules, m []session.Member) error {
	return n.one().Restore(ctx, id, r, m)
}
func (n *nodes) All(ctx context.Context) ([]session.Snapshot, error) { return n.one().All(ctx) }
