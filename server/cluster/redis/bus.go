package redis

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"foyer/server/cluster"
)

const (
	probeEvery     = 500 * time.Millisecond
	silentAfter    = time.Second
	confirmWithin  = 2 * time.Second
	subscribeAwait = 5 * time.Second // a Subscribe waits no longer: whoever needs more has the log
	outgoingQueue  = 8192            // messages
	incomingQueue  = 16384           // messages
)

// BusStats count what went wrong. They are read while the Bus works.
type BusStats struct {
	Malformed     atomic.Int64 // messages that made no sense
	NotPublished  atomic.Int64 // messages that Redis did not get, as far as is known
	NotReceived   atomic.Int64 // messages that came faster than this node took them
	Subscriptions atomic.Int64 // connections made to listen with, the first ones too
	Silent        atomic.Int64 // connections given up since nothing came by them, not even the node's own probes
	Probe         atomic.Int64 // how long the last probe took to come back, nanoseconds
}

// Bus is one node's end. What it receives comes from Redis, but for some of its own, and all of its own while a
// subscription is down: those it hands on itself, so that whoever is here hears of each other.
type Bus struct {
	c        *Client
	self     string
	opening  string // of the header of what the node publishes
	Stats    BusStats
	receive  func(cluster.Topic, *cluster.Message)
	overhear func(*cluster.Message) // what other nodes, and scripts, have published
	renewed  func()                 // a subscription was renewed: messages may have been lost

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	out    chan outgoing
	in     chan incoming
	gap    atomic.Bool // messages were dropped: renewed is due

	mu    sync.Mutex
	lanes map[uint32]*lane // guarded by mu
}

type outgoing struct {
	channel string
	payload []byte
}

type incoming struct {
	channel string
	payload string
	own     *cluster.Message // told by the node itself; nil if it came from Redis
}

var _ cluster.Bus = (*Bus)(nil)

// NewBus returns a node's end on a Client. resubscribed, which may be nil, is called on a goroutine of its own whenever
// messages may have been lost: what they would have told is to be read anew. Close it when done.
func NewBus(c *Client, resubscribed func()) *Bus {
	b := &Bus{
		c: c, self: uuid.NewString(), renewed: resubscribed, receive: func(cluster.Topic, *cluster.Message) {}, overhear: func(*cluster.Message) {},
		out: make(chan outgoing, outgoingQueue), in: make(chan incoming, incomingQueue), lanes: map[uint32]*lane{},
	}
	b.opening = `{"from":"` + b.self + `"`
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.tasks.Go(b.write)
	b.tasks.Go(b.deliver)
	return b
}

// Close ends the Bus.
func (b *Bus) Close() {
	b.cancel()
	b.mu.Lock()
	for _, l := range b.lanes {
		l.close()
	}
	b.mu.Unlock()
	b.tasks.Wait()
}

// Receive sets who gets the messages.
func (b *Bus) Receive(fn func(cluster.Topic, *cluster.Message)) { b.receive = fn }

// Overhear sets who looks at messages that come from Redis before they are received; called once, before the first
// Subscribe. It must not block.
func (b *Bus) Overhear(fn func(*cluster.Message)) { b.overhear = fn }

// Tell hands m to this node alone.
func (b *Bus) Tell(t cluster.Topic, m *cluster.Message) {
	channel := b.c.channel(t)
	b.mu.Lock()
	l := b.lanes[b.c.lane(string(t))]
	b.mu.Unlock()
	if l != nil {
		l.ifWanted(channel, func() { b.accept(incoming{channel: channel, own: m}) })
	}
}

// Up reports whether everything that the node subscribes to is confirmed by Redis.
func (b *Bus) Up() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lanes {
		if !l.isUp() {
			return false
		}
	}
	return true
}

// Publish queues m for Redis. What finds no room is dropped and counted.
func (b *Bus) Publish(t cluster.Topic, m *cluster.Message) {
	channel := b.c.channel(t)
	flags := byte(0)
	if b.own(t, channel, m) {
		flags = looped
	}
	payload, err := encode(b.self, flags, m)
	if err != nil {
		b.Stats.NotPublished.Add(1)
		return
	}
	b.queue(outgoing{channel, payload})
}

func (b *Bus) queue(o outgoing) {
	select {
	case b.out <- o:
	default:
		b.Stats.NotPublished.Add(1)
	}
}

// own has the node tell itself, without the way to Redis and back, and reports whether it did: what has a revision, or
// only says that something is to be read anew, at once, so that an answer and what follows from it don't come apart.
// Everything else has one order on all nodes, Redis's, and is told so only while the subscription is down.
func (b *Bus) own(t cluster.Topic, channel string, m *cluster.Message) (told bool) {
	b.mu.Lock()
	l := b.lanes[b.c.lane(string(t))]
	b.mu.Unlock()
	ahead := m.Kind == cluster.KindChange || m.Kind == cluster.KindTouched
	if l != nil && (ahead || !l.isUp()) {
		l.ifWanted(channel, func() {
			told = true
			b.accept(incoming{channel: channel, own: m})
		})
	}
	return told
}

// accept queues a message for the receiver. It never blocks: what is too much is a gap.
func (b *Bus) accept(i incoming) {
	select {
	case b.in <- i:
	default:
		b.Stats.NotReceived.Add(1)
		b.gap.Store(true)
	}
}

// Wanted reports true: who subscribes on other nodes is not known here.
func (b *Bus) Wanted(cluster.Topic) bool { return true }

// Subscribe counts one more interest in t and returns when Redis has confirmed it. With Redis out of reach it returns at
// once: the subscription is made when Redis is back, and resubscribed is called.
func (b *Bus) Subscribe(ctx context.Context, t cluster.Topic) error {
	return b.laneOf(t).add(ctx, b.c.channel(t))
}

// Unsubscribe counts one interest less in t.
func (b *Bus) Unsubscribe(t cluster.Topic) { b.laneOf(t).remove(b.c.channel(t)) }

// laneOf returns the lane of t, from now on listened to.
func (b *Bus) laneOf(t cluster.Topic) *lane {
	n := b.c.lane(string(t))
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lanes[n]
	if l == nil {
		l = newLane(b, b.c.tagged(n, "probe:"+b.self))
		b.lanes[n] = l
		if b.ctx.Err() == nil {
			b.tasks.Go(l.run)
			b.tasks.Go(l.watch)
		}
	}
	return l
}

// deliver hands messages to the receiver, one after the other.
func (b *Bus) deliver() {
	for {
		select {
		case <-b.ctx.Done():
			return
		case i := <-b.in:
			b.hand(i)
		}
		if len(b.in) == 0 && b.gap.CompareAndSwap(true, false) {
			b.tell()
		}
	}
}

func (b *Bus) hand(i incoming) {
	if i.own != nil {
		b.receive(b.c.topic(i.channel), i.own)
		return
	}
	m, err := decode(i.payload)
	if err != nil {
		b.Stats.Malformed.Add(1)
		return
	}
	b.overhear(m)
	b.receive(b.c.topic(i.channel), m)
}

// told reports whether a message is a copy of what the node has told itself. Most of what comes is, so it isn't decoded.
func (b *Bus) told(payload string) bool {
	return len(payload) > fixed && payload[1]&looped != 0 && strings.HasPrefix(payload[fixed:], b.opening)
}

// tell has the owner read anew what messages may have been lost of.
func (b *Bus) tell() {
	if b.renewed != nil && b.ctx.Err() == nil {
		b.tasks.Go(b.renewed)
	}
}

// write sends what is queued, as much at once as there is.
func (b *Bus) write() {
	for {
		select {
		case <-b.ctx.Done():
			return
		case first := <-b.out:
			b.send(first)
		}
	}
}

const (
	batchMessages = 512
	batchBytes    = 1 << 20
)

func (b *Bus) send(o outgoing) {
	pipe := b.c.rdb.Pipeline()
	size := 0
	for more := true; more; {
		if b.c.sharded {
			pipe.SPublish(b.ctx, o.channel, o.payload)
		} else {
			pipe.Publish(b.ctx, o.channel, o.payload)
		}
		size += len(o.payload)
		if pipe.Len() >= batchMessages || size >= batchBytes {
			break
		}
		select {
		case o = <-b.out:
		default:
			more = false
		}
	}
	ctx, cancel := context.WithTimeout(try(b.ctx), silentAfter)
	defer cancel()
	count := pipe.Len()
	if _, err := pipe.Exec(ctx); err != nil {
		b.Stats.NotPublished.Add(int64(count))
	}
}
