package redis

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// When Redis has lost all, nobody knows who is in a session until each node that was there has written back what it knows.
// Until then nobody new gets in. The first node to find Redis empty gives the others that it knew leases, so that they
// are waited for: they come and fill in what they have, or their lease runs out. Whoever comes after that is taken for dead,
// and comes anew.

// door is what a node knows of it.
type door struct {
	peers   map[string]time.Duration // nodes seen last, and how long their leases held then
	emptied bool                     // this node has been through it with the Redis that it is registered in
	open    bool                     // everybody has filled in what they had: for good
	missing bool                     // somebody had not when it was looked at last
}

var errRefilling = errors.New("it has lost all and is being written anew")

// waitFor gives the nodes that were seen last time to fill in what they have.
func (n *Node) waitFor(ctx context.Context, peers map[string]time.Duration) error {
	for id, left := range peers {
		if err := n.expect(ctx, id, left+quietTime-lease, "GT"); err != nil {
			return err
		}
	}
	return nil
}

// expect gives a node a lease that has none ("NX"), or one that is too short ("GT").
func (n *Node) expect(ctx context.Context, id string, lease time.Duration, which string) error {
	return unreachable(expect.Run(ctx, n.c.rdb, []string{n.leases}, id, lease.Milliseconds(), which).Err())
}

var expect = redis.NewScript(`
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], ARGV[3], now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[2], ARGV[1])
return 1
`)

// admitting returns why nobody new may be let into a session: who is in it isn't known while Redis is being written anew.
func (n *Node) admitting(ctx context.Context) error {
	n.mu.Lock()
	known, open := n.known, n.door.open
	n.mu.Unlock()
	if !open {
		return n.look(ctx)
	}
	mark, err := n.c.rdb.Get(ctx, n.mark).Result()
	switch {
	case errors.Is(err, redis.Nil) || err == nil && mark != known:
		err = unreachable(errRefilling)
		n.lost(err)
		return err
	case err != nil:
		return unreachable(err)
	}
	return nil
}

// ajar answers -1 if Redis is another than was known, else how many nodes have yet to fill in what they have.
var ajar = redis.NewScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return -1 end
local filled, missing = {}, redis.call('GET', KEYS[4]) and 1 or 0
for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do filled[id] = true end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')) do
	if not filled[id] then missing = missing + 1 end
end
return missing
`)

// heldFor is how long nobody new gets in if a node made the mark that does not know whom there is to wait for.
const heldFor = 2500 * time.Millisecond

// hold returns how long nobody new may be let in, if this node has the mark made: it started while Redis was away, so the
// nodes that were there before it are about to come back.
func (n *Node) hold() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == "" && n.away != nil && !errors.Is(n.away, errNotYet) {
		return heldFor
	}
	return 0
}

// look finds out whether somebody is still waited for. A node that has just started doesn't know whom there is to wait for,
// so it looks each time.
func (n *Node) look(ctx context.Context) error {
	n.mu.Lock()
	known, knows := n.known, n.door.emptied
	n.mu.Unlock()
	missing, err := ajar.Run(ctx, n.c.rdb, []string{n.leases, n.mark, n.filled, n.held}, known).Int()
	if err != nil {
		return unreachable(err)
	}
	if missing < 0 {
		err = unreachable(errRefilling)
		n.lost(err)
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == known && n.door.emptied == knows {
		n.door.missing = missing > 0
		n.door.open = missing == 0 && (knows || time.Now().After(n.quietUntil))
	}
	if missing > 0 {
		return unreachable(errRefilling)
	}
	return nil
}

// leasesOf reads what renew says of the other nodes.
func leasesOf(got []any) map[string]time.Duration {
	peers := map[string]time.Duration{}
	for i := 0; i+1 < len(got); i += 2 {
		id, _ := got[i].(string)
		text, _ := got[i+1].(string)
		if left, err := strconv.ParseInt(text, 10, 64); err == nil && left > 0 {
			peers[id] = time.Duration(left) * time.Millisecond
		}
	}
	return peers
}
