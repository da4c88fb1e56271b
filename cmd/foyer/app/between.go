package app

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"foyer/server"
	"foyer/server/cluster"
	"foyer/server/cluster/redis"
	"foyer/server/config"
)

// between is this node's part of what is between nodes that share a Redis.
type between struct {
	client   *redis.Client
	bus      *redis.Bus
	devices  *redis.Devices
	registry *redis.Registry
	node     *redis.Node
	server   atomic.Pointer[server.Server]
	clock    *common
	stop     context.CancelFunc // of the clock
	log      zerolog.Logger
	away     atomic.Bool // the log says so
}

// refillTime is how long other nodes may take to write back what an empty Redis has lost.
const refillTime = 2 * time.Second

// newBetween begins to reach Redis. That it is out of reach is no error. All keys and channels are named after the store's
// epoch: what other installations have there, or this one had before it was restored, is none of its business.
func newBetween(s config.Settings, epoch string, log zerolog.Logger) (*between, error) {
	client, err := redis.Open(s.Redis, redis.Options{Prefix: "foyer:" + epoch[max(0, len(epoch)-8):] + ":"})
	if err != nil {
		return nil, err
	}
	b := &between{client: client, devices: redis.NewDevices(client), clock: newCommon(now), log: log}
	var ctx context.Context
	ctx, b.stop = context.WithCancel(context.Background())
	b.clock.keep(ctx, client.Ahead)
	b.bus = redis.NewBus(client, b.resubscribed)
	b.bus.Overhear(func(m *cluster.Message) {
		if m.Kind == cluster.KindRoster {
			b.registry.Heard(m.Session, m.Version, leavers(m)...)
		}
	})
	b.registry = redis.NewRegistry(client, redis.RegistryOptions{Message: server.RosterMessage, Tell: b.bus.Tell, EmptyAfter: s.Session.EmptyAfter, Now: b.clock.now})
	b.node = redis.NewNode(b.devices, b.registry, s.Node, b)
	log.Info().Str("redis", config.Redacted(s.Redis)).Str("node", b.node.ID()).Msg("one of several nodes")
	return b, nil
}

// leavers returns who left, as a roster's change says.
func leavers(m *cluster.Message) (users []string) {
	for i, user := range m.Users {
		if i < len(m.Numbers) && slices.Contains(m.Left, m.Numbers[i]) {
			users = append(users, user)
		}
	}
	return users
}

// Fenced has the server's devices come anew.
func (b *between) Fenced() {
	if s := b.server.Load(); s != nil {
		s.Fenced()
	}
}

// Hangs reports whether a device hangs on the server.
func (b *between) Hangs(userID, deviceID, incarnation string) bool {
	s := b.server.Load()
	return s != nil && s.Hangs(userID, deviceID, incarnation)
}

// Lasting returns those of the sessions that have not ended.
func (b *between) Lasting(ctx context.Context, sessionIDs []string) (map[string]bool, error) {
	s := b.server.Load()
	if s == nil {
		return nil, errNotStarted
	}
	return s.Lasting(ctx, sessionIDs)
}

// Profiles returns users' profiles as they now are.
func (b *between) Profiles(ctx context.Context, userIDs []string) (map[string]cluster.Profile, error) {
	s := b.server.Load()
	if s == nil {
		return nil, nil // nobody has come yet
	}
	return s.Profiles(ctx, userIDs)
}

var errNotStarted = errors.New("the server has not started yet")

// Replaced has the socket closed that a device had on another node.
func (b *between) Replaced(d cluster.Device) {
	if s := b.server.Load(); s != nil {
		s.Replaced(d)
	}
}

// Away has the log say it, once until Redis is back.
func (b *between) Away(err error) {
	if !b.away.Swap(true) {
		b.log.Warn().Err(err).Msg("Redis is out of reach; this node goes on by itself")
	}
}

// Reached puts the clock right: the graces of all would be ended by one that is ahead.
func (b *between) Reached(ctx context.Context) { b.clock.look(ctx, b.client.Ahead) }

// resubscribed has the server read anew what it may have missed, once it is known what Redis has.
func (b *between) resubscribed() {
	if !b.node.Check(context.Background()) {
		b.renew()
	}
}

// Returned does too. Redis that knows nothing is told of the sessions that there are, when other nodes have written who
// is in them.
func (b *between) Returned(anew bool) {
	if b.away.Swap(false) {
		b.log.Warn().Bool("anew", anew).Msg("Redis is back")
	}
	if !anew {
		b.renew()
		return
	}
	time.AfterFunc(refillTime, func() {
		b.renew()
		if s := b.server.Load(); s != nil {
			s.Announce()
		}
	})
}

func (b *between) renew() {
	if s := b.server.Load(); s != nil {
		s.Resubscribed()
	}
}

// parts are what the server needs.
func (b *between) parts() server.Cluster {
	return server.Cluster{Bus: b.bus, Devices: b.devices, Upkeep: b.devices, Registry: b.registry, Pace: redis.NewPace(b.client), Node: b.node.ID, Shared: true}
}

// Listening returns why messages of other nodes may not come; nil if they do.
func (b *between) Listening() error {
	if !b.bus.Up() {
		return errSilent
	}
	return nil
}

var errSilent = errors.New("not every subscription is confirmed")

// Close ends it, the lease at last.
func (b *between) Close() error {
	b.stop()
	b.registry.Stop()
	b.bus.Close()
	b.node.Close()
	return b.client.Close()
}

// metrics are Redis's own.
func (b *between) metrics() []prometheus.Collector {
	counter := func(name, help string, n *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(n.Load()) })
	}
	bus, node := &b.bus.Stats, &b.node.Stats
	return []prometheus.Collector{
		counter("foyer_redis_malformed_total", "Messages from Redis that made no sense and were dropped.", &bus.Malformed),
		counter("foyer_redis_not_published_total", "Messages that Redis did not get, as far as is known.", &bus.NotPublished),
		counter("foyer_redis_not_received_total", "Messages that came faster than this node took them.", &bus.NotReceived),
		counter("foyer_redis_subscriptions_total", "Connections made to listen with, the first ones too.", &bus.Subscriptions),
		counter("foyer_redis_silent_total", "Connections given up since not even the node's own probes came by them.", &bus.Silent),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "foyer_redis_probe_seconds", Help: "How long the last probe took through Redis and back; one goes out twice a second."}, func() float64 {
			return time.Duration(bus.Probe.Load()).Seconds()
		}),
		counter("foyer_redis_lease_renewed_total", "Renewals of this node's lease; one a second while all is well.", &node.Renewed),
		counter("foyer_redis_away_total", "Times that Redis was taken for away.", &node.Away),
		counter("foyer_redis_fenced_total", "Times that other nodes took this one for dead.", &node.Fenced),
		counter("foyer_redis_refilled_total", "Times that Redis was found empty and written to anew.", &node.Refill),
		counter("foyer_redis_buried_total", "Nodes that this one took for dead.", &node.Buried),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "foyer_redis_up", Help: "1 while this node reaches the others through Redis."}, func() float64 {
			if b.node.Err() != nil || b.Listening() != nil {
				return 0
			}
			return 1
		}),
	}
}
