package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"foyer/server/cluster"
	"foyer/session"
)

const (
	lease      = 15 * time.Second // without a renewal; then whoever hangs on the node is gone
	renewEvery = time.Second
	// quietTime is how long a node takes nobody for dead after Redis was away: others need a moment to renew their leases.
	quietTime = 20 * time.Second
)

// NodeStats count what a Node went through. They are read while it works.
type NodeStats struct {
	Away      atomic.Int64 // Redis was taken for away
	Fenced    atomic.Int64 // this node was taken for dead
	Refill    atomic.Int64 // Redis was found empty
	Renewed   atomic.Int64 // renewals of the lease
	Buried    atomic.Int64 // other nodes that this one took for dead
	Abandoned atomic.Int64 // users who had, or had had, devices on a dead node that this one cleared away after
}

// Node is this process among the nodes: a name, and an epoch that is new with each start, and again after others have
// taken it for dead. What hangs on a node has its ID; when its lease runs out, any other node clears that away.
type Node struct {
	c        *Client
	name     string
	devices  *Devices
	registry *Registry
	owner    Owner
	Stats    NodeStats

	leases, dying, mark string
	filled, buried      string // who has written back what Redis lost; who was taken for dead
	held                string // is there while nobody new may be let in, whoever has filled

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	check sync.Mutex    // one check at a time
	wake  chan struct{} // the next check is due

	mu         sync.Mutex // guards what follows
	id         string
	known      string // the mark of the Redis that this node was registered in
	away       error  // why the last check failed, or a call since
	owes       bool   // something was decided alone since the last check
	filling    bool   // what this node knows is being written back
	quietUntil time.Time
	door       door
	auditAt    time.Time // when to look next for what isn't here any more; zero: not
	audits     int       // that are still to come
}

// Owner is whose node it is: it is told what happens, and asked what it knows.
type Owner interface {
	told
	asked
}

type told interface {
	// Fenced is called, on a goroutine of its own, when others have taken the node for dead: whoever hangs on it has been
	// cleared away, and has to come anew.
	Fenced()
	// Away is called by each check that finds Redis out of reach, with the reason. Returned follows once it is back.
	Away(err error)
	// Reached is called when Redis answers that was away, before anything else is asked of it but with this context.
	Reached(ctx context.Context)
	// Returned is called when Redis is back, and has again what this node knows: what others did meanwhile is to be read.
	// anew says that Redis had lost all, or was away since the node's start: what it has to know is to be written, and other
	// nodes may still be at it.
	Returned(anew bool)
	// Replaced is called when a device hangs on two sockets, as nobody could be told that it came to another node: this one
	// is to be closed. If it is one of this node's own, it may be the one in use.
	Replaced(cluster.Device)
}

type asked interface {
	// Hangs reports whether a device hangs on this node by the socket of that incarnation.
	Hangs(userID, deviceID, incarnation string) bool
	// Lasting returns those of the sessions that have not ended.
	Lasting(ctx context.Context, sessionIDs []string) (map[string]bool, error)
	// Profiles returns users' profiles as they now are.
	Profiles(ctx context.Context, userIDs []string) (map[string]cluster.Profile, error)
}

// NewNode returns a node of that name, and begins to renew its lease. Close it when done.
func NewNode(devices *Devices, registry *Registry, name string, owner Owner) *Node {
	c := registry.c
	n := &Node{
		c: c, name: name, devices: devices, registry: registry, owner: owner, done: make(chan struct{}), wake: make(chan struct{}, 1),
		leases: c.tagged(0, "leases"), dying: c.tagged(0, "dying"), mark: c.tagged(0, "mark"),
		filled: c.tagged(0, "filled"), buried: c.tagged(0, "buried"), held: c.tagged(0, "held"),
		quietUntil: time.Now().Add(quietTime), away: errNotYet,
	}
	n.id = n.newID()
	devices.self, devices.now, registry.self = n.ID, registry.now, n.ID
	devices.lost, registry.lost, registry.admitting, registry.unmarked = n.lost, n.lost, n.admitting, n.unmarked
	devices.seen.own, registry.seen.own = devices.kept.has, devices.kept.has
	n.ctx, n.cancel = context.WithCancel(context.Background())
	go n.run()
	return n
}

var errNotYet = errors.New("not connected yet")

func (n *Node) newID() string { return n.name + "#" + uuid.NewString() }

// ID names the node and its epoch.
func (n *Node) ID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.id
}

// knows returns the mark of the Redis that the node was registered in.
func (n *Node) knows() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.known
}

// lost says that a call failed, and that this node goes on without Redis. The next check, at once, finds out whether it is
// away, and has the others learn of what was decided alone. After errAway it was not asked, and may be back by now.
func (n *Node) lost(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away == nil && !n.owes {
		select {
		case n.wake <- struct{}{}:
		default:
		}
	}
	n.owes = true
	if !errors.Is(err, errAway) {
		n.c.breaker.open.Store(true)
		if n.away == nil {
			n.awayLocked(err)
		}
	}
}

func (n *Node) awayLocked(err error) {
	if n.away == nil {
		n.Stats.Away.Add(1)
	}
	n.away = err
}

// Err returns why Redis could not be reached when the node last tried, or why nobody new is let in yet; nil if all is well.
func (n *Node) Err() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away == nil && n.door.missing {
		return unreachable(errRefilling) // nobody new is let in
	}
	return n.away
}

// Close gives the lease up: what still hangs on the node is cleared away by others.
func (n *Node) Close() {
	n.cancel()
	<-n.done
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	_, _ = n.giveUp(ctx, n.ID()) // else the lease runs out
}

// run does what has to be done at each beat. The lease waits for nothing else.
func (n *Node) run() {
	defer close(n.done)
	var all sync.WaitGroup
	all.Go(func() { n.beat(n.wake, func(int) { n.Check(n.ctx) }) })
	all.Go(func() { n.beat(nil, func(int) { n.registry.refresh(n.ctx) }) })
	all.Go(func() {
		n.beat(nil, func(beat int) {
			n.bury(n.ctx)
			n.audit(n.ctx)
			if beat%tidyBeats == tidyBeats-1 {
				// What can't be taken out now stays until the next time.
				_ = n.devices.hung.tidy(n.ctx, n.ID(), n.devices.kept.has)
				_ = n.registry.hung.tidy(n.ctx, n.ID(), n.registry.kept.has)
				n.devices.grace.tidy(time.Now())
				n.registry.due.tidy(time.Now())
			}
		})
	})
	all.Wait()
}

// beat does something every second, and when it is woken.
func (n *Node) beat(wake <-chan struct{}, do func(beat int)) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for beat := 0; ; beat++ {
		do(beat)
		select {
		case <-n.ctx.Done():
			return
		case <-tick.C:
		case <-wake:
		}
	}
}

// tidyBeats is how many renewals there are from one tidying to the next.
const tidyBeats = 30

// renew registers a node, or makes its lease longer: {1, mark, other node, milliseconds that its lease holds, …}. {0, mark}
// says that it was taken for dead, or that there is no mark. The mark is another when Redis has lost something.
var renew = redis.NewScript(`
local mark = redis.call('GET', KEYS[2])
if not mark then return {0, ''} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
local late = not held
if mark ~= ARGV[3] then late = held and tonumber(held) < now end
if late or redis.call('ZSCORE', KEYS[4], ARGV[1]) then return {0, mark} end
if ARGV[3] == 'none' then redis.call('SADD', KEYS[3], ARGV[1]) end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local answer, all = {1, mark}, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
	if all[i] ~= ARGV[1] then
		answer[#answer + 1] = all[i]
		answer[#answer + 1] = string.format('%.0f', all[i + 1] - now)
	end
end
return answer
`)

// Check renews the lease, and does what has to be done if Redis was away, has lost what it knew, or others took the node
// for dead. It reports whether it called Returned.
func (n *Node) Check(ctx context.Context) (returned bool) {
	n.check.Lock()
	defer n.check.Unlock()
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	n.mu.Lock()
	id, known, away := n.id, n.known, n.away != nil
	n.mu.Unlock()
	if known == "" {
		known = "none"
	}
	asked := time.Now()
	alive, mark, peers, err := n.renew(try(ctx), id, known)
	if err != nil {
		n.c.breaker.open.Store(true)
		n.c.breaker.hangUp()
		n.mu.Lock()
		n.awayLocked(unreachable(err))
		n.mu.Unlock()
		n.owner.Away(err)
		return false
	}
	if !alive {
		n.fenced(ctx, id)
		return false
	}
	n.Stats.Renewed.Add(1)
	if away {
		n.owner.Reached(try(ctx))
	}
	n.devices.quiet.note(peers, asked)
	n.c.breaker.hold(asked, lease)
	n.mu.Lock()
	back, emptied := n.away != nil || n.owes, n.known != "" && n.known != mark
	if !emptied { // else refill does it
		n.c.breaker.open.Store(false)
	}
	late := n.known == "" && !errors.Is(n.away, errNotYet)
	if back || emptied {
		n.quietUntil = time.Now().Add(quietTime)
	}
	if n.known == "" || emptied {
		n.door.emptied, n.door.open = emptied, false
	}
	if !emptied {
		n.door.peers = leasesOf(peers)
	}
	open := n.door.open
	n.away, n.owes, n.known = nil, false, mark
	n.filling = back || emptied
	n.mu.Unlock()
	if emptied {
		n.Stats.Refill.Add(1)
	}
	if (back || emptied) && !n.refill(emptied) {
		return false
	}
	if !open {
		_ = n.look(ctx) // who joins looks too
	}
	if !back && !emptied {
		return false
	}
	n.owner.Returned(emptied || late)
	return true
}

// fenced begins anew under another ID. What may have been written late under the old one is cleared away once more.
func (n *Node) fenced(ctx context.Context, id string) {
	n.Stats.Fenced.Add(1)
	n.c.breaker.open.Store(true) // until the new lease
	n.devices.desert()
	n.registry.desert()
	_ = n.c.rdb.SAdd(try(ctx), n.dying, id).Err() // who else clears away does it too
	n.mu.Lock()
	n.id, n.known, n.away = n.newID(), "", unreachable(errAway)
	n.mu.Unlock()
	go n.owner.Fenced()
}

// refill writes what this node knows back, the rosters too if Redis has lost them, and what it decided alone. In a Redis
// that has lost something it does nothing else before: what others have written back there is not all, and would replace
// what this node knows.
func (n *Node) refill(emptied bool) bool {
	ctx, cancel := context.WithTimeout(n.ctx, quietTime)
	defer cancel()
	if emptied {
		n.devices.hung.lose()
		n.registry.hung.lose()
	}
	replaced, err := n.devices.refill(try(ctx), n.owner)
	if emptied {
		if err = errors.Join(err, n.vouch(try(ctx))); err == nil {
			n.c.breaker.open.Store(false)
		}
	}
	err = errors.Join(err, n.registry.rejoin(ctx), n.attachOwn(ctx))
	if emptied && err == nil {
		err = unreachable(filledIn.Run(ctx, n.c.rdb, []string{n.mark, n.filled}, n.knows(), n.ID()).Err())
	}
	for _, d := range replaced {
		n.owner.Replaced(d)
	}
	n.mu.Lock()
	if err != nil {
		n.awayLocked(unreachable(err)) // tried again by the next check
		if emptied {
			n.known = "another"
		}
		n.mu.Unlock()
		return false
	}
	// Others may be writing back what is no more; what they do is looked at too.
	n.auditAt, n.audits = time.Now(), 2
	n.filling = false
	n.mu.Unlock()
	return true
}

// vouch puts rosters back, and gives the nodes that others in them hang on time to come: who doesn't is dead.
func (n *Node) vouch(ctx context.Context) error {
	n.mu.Lock()
	peers := n.door.peers
	n.mu.Unlock()
	if err := n.waitFor(ctx, peers); err != nil {
		return err
	}
	nodes, err := n.registry.refill(ctx, n.owner.Lasting)
	if err != nil {
		return err
	}
	for id := range nodes {
		if err := n.expect(ctx, id, quietTime, "NX"); err != nil {
			return err
		}
	}
	// What stands there still may be older than what was written last.
	here := func(user string, d session.Device) bool { return n.owner.Hangs(user, d.ID, d.Link) }
	users := slices.Collect(maps.Keys(n.devices.kept.all()))
	return errors.Join(n.registry.takeOut(ctx, here), n.registry.mendAll(ctx, users), n.devices.grace.again(ctx), n.registry.due.again(ctx))
}
