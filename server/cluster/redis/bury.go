package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// bury takes a node for dead: from now on it can't renew its lease, and what hangs on it is to be cleared away.
var bury = redis.NewScript(`
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], 0, ARGV[1])
redis.call('EXPIRE', KEYS[4], 86400)
return 1
`)

// expired returns nodes whose lease is out.
var expired = redis.NewScript(`
local now = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now[1] * 1000 + math.floor(now[2] / 1000), 'LIMIT', 0, 16)
`)

// bury clears away what hangs on nodes that are no more. Each step may be repeated, by whichever node. A node does nothing
// of it before it has written back what it knows: who came from there while Redis was away hangs there still, by what Redis
// has.
func (n *Node) bury(ctx context.Context) {
	n.mu.Lock()
	owes, wait := n.away != nil || n.owes || n.filling, time.Now().Before(n.quietUntil)
	n.mu.Unlock()
	if owes {
		return
	}
	if !wait {
		dead, err := expired.Run(ctx, n.c.rdb, []string{n.leases}).StringSlice()
		if err != nil {
			return // the next look tries again
		}
		for _, id := range dead {
			if took, err := n.giveUp(ctx, id); err == nil && took == 1 {
				n.Stats.Buried.Add(1)
			}
		}
	}
	dying, err := n.c.rdb.SMembers(ctx, n.dying).Result()
	if err != nil {
		return // as above
	}
	for _, id := range dying {
		if n.clear(ctx, id) != nil {
			return // as above
		}
	}
}

// giveUp has a node taken for dead, and returns 1 if it was not before.
func (n *Node) giveUp(ctx context.Context, id string) (took int, err error) {
	return bury.Run(ctx, n.c.rdb, []string{n.leases, n.dying, n.filled, n.buried}, id).Int()
}

func (n *Node) clear(ctx context.Context, id string) error {
	now := n.registry.now()
	users, err := n.devices.Abandon(ctx, id, now, n.owner.Profiles)
	if err != nil {
		return err
	}
	n.Stats.Abandoned.Add(int64(len(users)))
	if err := n.registry.Abandon(ctx, id, now.UnixMilli()); err != nil {
		return err
	}
	if err := n.registry.mendAll(ctx, users); err != nil {
		return err
	}
	if err := errors.Join(n.devices.hung.end(ctx, id), n.registry.hung.end(ctx, id)); err != nil {
		return err
	}
	return n.c.rdb.SRem(ctx, n.dying, id).Err()
}
