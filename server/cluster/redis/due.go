package redis

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// due is a list of who has something to be done, and when at the latest: a sorted set by Unix milliseconds.
type due struct {
	c   *Client
	key string

	mu    sync.Mutex
	noted map[string]int64 // what this node has noted and nobody of it has looked at since; guarded by mu
}

func newDue(c *Client, key string) *due { return &due{c: c, key: key, noted: map[string]int64{}} }

// at has name looked at at the given time, if not earlier. It is called after the write that made it so.
func (d *due) at(ctx context.Context, name string, ms int64) error {
	if ms == 0 {
		return nil
	}
	d.mu.Lock()
	if have, ok := d.noted[name]; !ok || ms < have {
		d.noted[name] = ms
	}
	d.mu.Unlock()
	return d.add(ctx, redis.Z{Score: float64(ms), Member: name})
}

func (d *due) add(ctx context.Context, all ...redis.Z) error {
	return unreachable(d.c.rdb.ZAddLT(ctx, d.key, all...).Err())
}

// again notes all that this node has noted once more: Redis may have lost it.
func (d *due) again(ctx context.Context) error {
	d.mu.Lock()
	all := make([]redis.Z, 0, len(d.noted))
	for name, ms := range d.noted {
		all = append(all, redis.Z{Score: float64(ms), Member: name})
	}
	d.mu.Unlock()
	for part := range slices.Chunk(all, readAtOnce) {
		if err := d.add(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// overdue is how long something stays noted that is due: another node has looked at it by then.
const overdue = time.Minute

// tidy forgets what others have looked at.
func (d *due) tidy(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.noted, func(_ string, ms int64) bool { return ms < now.Add(-overdue).UnixMilli() })
}

// until returns at most n who are due at now, the longest due first.
func (d *due) until(ctx context.Context, now int64, n int64) ([]string, error) {
	names, err := d.c.rdb.ZRangeByScore(ctx, d.key, &redis.ZRangeBy{Min: "-inf", Max: strconv.FormatInt(now, 10), Count: n}).Result()
	return names, unreachable(err)
}

// done says that name was looked at. next is asked afterwards when it is due again, 0 for never: who wrote meanwhile has
// either been seen by it, or calls at after this.
func (d *due) done(ctx context.Context, name string, next func() (int64, error)) error {
	d.mu.Lock()
	delete(d.noted, name)
	d.mu.Unlock()
	if err := d.c.rdb.ZRem(ctx, d.key, name).Err(); err != nil {
		return unreachable(err)
	}
	ms, err := next()
	if err != nil {
		ms = 1 // looked at again soon
	}
	return errors.Join(err, d.at(ctx, name, max(ms, 0)))
}
