package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"foyer/server/cluster"
	"foyer/server/cluster/memory"
)

// Pace is the cluster.Pace of nodes that share a Redis: one sorted set of moments for each user, by Redis's clock.
type Pace struct {
	c   *Client
	own *memory.Pace // for as long as Redis is away
}

// NewPace returns a Pace over c.
func NewPace(c *Client) *Pace { return &Pace{c: c, own: memory.NewPace()} }

// take counts one more if there is room, else returns how many microseconds until there is.
var take = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - 60000000))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
	return 60000000 - (now - tonumber(redis.call('ZRANGE', KEYS[1], 0, 0)[1]))
end
local text = string.format('%.0f', now)
redis.call('ZADD', KEYS[1], text, text)
redis.call('PEXPIRE', KEYS[1], 60000)
return 0
`)

// Take implements cluster.Pace. now is that of this node, for what it counts while Redis is away.
func (p *Pace) Take(ctx context.Context, userID string, limit int, now time.Time) time.Duration {
	wait, err := take.Run(ctx, p.c.rdb, []string{p.c.key("pace", cluster.UserTopic(userID))}, limit).Int64()
	if err != nil {
		return p.own.Take(ctx, userID, limit, now)
	}
	return time.Duration(wait) * time.Microsecond
}
