package redis

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// Redis can lose a part of what it knew: a replica takes a master's place before it had the last writes, one master of a
// Redis Cluster comes back empty, a server comes back with what it had saved some time ago. What is left doesn't show it.
// So whatever loses something loses the mark with it: in each lane stands a key that only this mark has, and each server
// has been given a script that only this mark has. Scripts are neither copied to replicas nor saved. Where either is
// missing, nothing is written any more; the first node to find that has a new mark made, and then all goes as if Redis had
// come back empty: each node writes back what it knows, and nobody new gets in meanwhile.

// errLost says that a server has not all that it was given.
var errLost = errors.New("it has lost something")

// generation is what servers have been given with a mark.
type generation struct {
	mark string
	swap *redis.Script
}

func (c *Client) generationOf(mark string) *generation {
	if g := c.current.Load(); g != nil && g.mark == mark {
		return g
	}
	return &generation{mark, redis.NewScript(swapText + "-- " + c.prefix + mark)}
}

// markTime is how long a mark lasts in which no node looks at it.
const markTime = time.Hour

// markKey is where a lane has a mark.
func (c *Client) markKey(lane uint32, mark string) string { return c.tagged(lane, "mark:"+mark) }

// markBeside is the key of the mark in the lane of another key.
func (c *Client) markBeside(key, mark string) string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(key, c.prefix), "}")
	return c.prefix + tag + "}mark:" + mark
}

// nothing are arguments with which swap does nothing, as long as no value has that version.
var nothing = []any{-1, "", 0, "1", 0}

// has reports whether all lanes, and the servers that they are on, have what they were given with the mark.
func (c *Client) has(ctx context.Context, g *generation) (bool, error) {
	pipe := c.rdb.Pipeline()
	marks, scripts := make([]*redis.BoolCmd, c.lanes), make([]*redis.Cmd, c.lanes)
	for lane := range c.lanes {
		key := c.tagged(lane, "none")
		marks[lane] = pipe.Expire(ctx, c.markKey(lane, g.mark), markTime)
		scripts[lane] = g.swap.EvalSha(ctx, pipe, []string{key, key}, nothing...)
	}
	_, _ = pipe.Exec(ctx) // each has its own error
	all := true
	for lane := range c.lanes {
		err := scripts[lane].Err()
		missing := redis.HasErrorPrefix(err, "NOSCRIPT")
		if err := errors.Join(marks[lane].Err(), err); err != nil && !missing {
			return false, err
		}
		all = all && !missing && marks[lane].Val()
	}
	return all, nil
}

// give gives all lanes and servers what the mark has.
func (c *Client) give(ctx context.Context, g *generation) error {
	pipe := c.rdb.Pipeline()
	for lane := range c.lanes {
		key := c.tagged(lane, "none")
		pipe.Set(ctx, c.markKey(lane, g.mark), "1", markTime)
		g.swap.Eval(ctx, pipe, []string{key, key}, nothing...)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// remark replaces the mark, unless somebody else was quicker. Who has written back what was lost before has to do so again.
// KEYS: mark, filled, held. ARGV: the mark before, the next one, how long nobody new is let in at least.
var remark = redis.NewScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
if ARGV[3] ~= '0' then redis.call('SET', KEYS[3], '1', 'PX', ARGV[3]) end
return 1
`)

// whole makes sure that Redis has all that it was given with the mark; "" is none. If it has not, it has a new mark made,
// and reports false.
func (n *Node) whole(ctx context.Context, mark string) (bool, error) {
	if mark != "" {
		g := n.c.generationOf(mark)
		switch all, err := n.c.has(ctx, g); {
		case err != nil:
			return false, err
		case all:
			if have := n.c.current.Load(); have != nil && have != g {
				n.c.breaker.open.Store(true) // until this node has written back what it knows
			}
			n.c.current.Store(g)
			return true, nil
		}
	}
	next := n.c.generationOf(uuid.NewString())
	if err := n.c.give(ctx, next); err != nil {
		return false, err
	}
	n.mu.Lock()
	peers := n.door.peers
	n.mu.Unlock()
	if err := n.waitFor(ctx, peers); err != nil { // their leases may be lost
		return false, err
	}
	return false, remark.Run(ctx, n.c.rdb, []string{n.mark, n.filled, n.held}, mark, next.mark, n.hold().Milliseconds()).Err()
}

// unmarked reports whether there may be another mark than the one that this node is registered with.
func (n *Node) unmarked(ctx context.Context) bool {
	mark, err := n.c.rdb.Get(ctx, n.mark).Result()
	return err != nil || mark != n.knows()
}

// renew makes the node's lease longer, in a Redis that is whole.
func (n *Node) renew(ctx context.Context, id, known string) (alive bool, mark string, peers []any, err error) {
	for range 3 {
		got, err := renew.Run(ctx, n.c.rdb, []string{n.leases, n.mark, n.filled, n.buried}, id, lease.Milliseconds(), known).Slice()
		if err == nil && len(got) < 2 {
			err = errMalformed
		}
		if err != nil {
			return false, "", nil, err
		}
		one, _ := got[0].(int64)
		mark, _ := got[1].(string)
		if whole, err := n.whole(ctx, mark); err != nil || whole {
			return one == 1, mark, got[2:], err
		}
	}
	return false, "", nil, errLost // others keep finding that it has
}

// filledIn says that a node has written back what it knew, as long as the mark is still the one.
var filledIn = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SADD', KEYS[2], ARGV[2])
return 1
`)
