package redis

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// value is what stands at a key: a body, and a version that is another after each write. A key without one has version 0.
// A body of nobody is not stored.
type value struct {
	version int64
	body    string
}

// errTooEarly says that a value may not be written yet, and when it may.
type errTooEarly struct{ wait time.Duration }

// Error implements error.
func (e errTooEarly) Error() string { return "written a moment ago" }

// errBusy says that others kept writing.
var errBusy = errors.New("redis: too many writers of one value")

// swap writes a body if the version is still the one given, and answers {1, new version}, or {0, version, body} as they
// are, {2, milliseconds} if another write of the same pace was so short a time ago, or {3} if the lane has lost something.
//
// KEYS: the value, its pace, what stands beside it as long as nothing was lost (whole.go). ARGV: version, body ("" deletes), seconds to keep it (0: for ever), whether it only asks,
// the pace in milliseconds, and what to publish where, if anything.
// A version goes on from Redis's clock, so that one that was deleted does not come again.
const swapText = `
if KEYS[3] and not redis.call('GET', KEYS[3]) then return {3, '0'} end
local have = redis.call('HGET', KEYS[1], 'v') or '0'
if have ~= ARGV[1] then
	return {0, have, redis.call('HGET', KEYS[1], 'b') or ''}
end
if ARGV[4] == '1' then
	return {1, have}
end
local pace = tonumber(ARGV[5])
if pace > 0 then
	local wait = redis.call('PTTL', KEYS[2])
	if wait > 0 then return {2, tostring(wait)} end
	redis.call('SET', KEYS[2], '1', 'PX', pace)
end
local now = redis.call('TIME')
local clock = now[1] * 1000000 + now[2]
local version = string.format('%.0f', math.max(tonumber(have) + 1, clock))
if ARGV[2] == '' then
	redis.call('DEL', KEYS[1])
	version = '0'
else
	redis.call('HSET', KEYS[1], 'v', version, 'b', ARGV[2])
	if ARGV[3] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
end
if ARGV[7] then
	redis.call(ARGV[6], ARGV[7], ARGV[8])
end
return {1, version}
`

// swap is for who is no Node: it would not notice what Redis loses.
var swap = redis.NewScript(swapText)

// write is one attempt to replace a value.
type write struct {
	key     string
	over    int64  // the version that is to be replaced
	body    string // "" removes the value
	check   bool   // only ask whether over still holds
	keep    time.Duration
	paceKey string // in the same lane; "" without a pace
	pace    time.Duration
	publish []byte // nil: nothing
	channel string
}

// replace makes the attempt. Without success it returns the value as it is.
func (c *Client) replace(ctx context.Context, w write) (v value, done bool, err error) {
	check, pace := "0", int64(0)
	if w.check {
		check = "1"
	}
	keys := []string{w.key, w.key}
	if w.paceKey != "" {
		keys[1], pace = w.paceKey, w.pace.Milliseconds()
	}
	args := []any{w.over, w.body, int64(w.keep.Seconds()), check, pace}
	if w.publish != nil {
		command := "PUBLISH"
		if c.sharded {
			command = "SPUBLISH"
		}
		args = append(args, command, w.channel, w.publish)
	}
	var got []any
	if g := c.current.Load(); g == nil {
		got, err = swap.Run(ctx, c.rdb, keys, args...).Slice()
	} else if got, err = g.swap.EvalSha(ctx, c.rdb, append(keys, c.markBeside(w.key, g.mark)), args...).Slice(); redis.HasErrorPrefix(err, "NOSCRIPT") {
		err = errLost
	}
	if err != nil {
		return value{}, false, unreachable(err)
	}
	if len(got) < 2 {
		return value{}, false, unreachable(errMalformed)
	}
	kind, _ := got[0].(int64)
	number, _ := got[1].(string)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return value{}, false, unreachable(err)
	}
	switch kind {
	case 1:
		return value{n, w.body}, true, nil
	case 2:
		return value{}, false, errTooEarly{time.Duration(n) * time.Millisecond}
	case 3:
		return value{}, false, unreachable(errLost)
	}
	body, _ := got[2].(string)
	return value{n, body}, false, nil
}

// attempts is how often a value is decided on anew because others wrote it.
const attempts = 100

// update has fn decide on a value until nobody wrote it meanwhile. fn returns the body to be written, and whether there
// is anything to write.
func (c *Client) update(ctx context.Context, key string, keep time.Duration, fn func(body string) (string, bool, error)) error {
	v, err := c.load(ctx, key)
	if err != nil {
		return err
	}
	for n := range attempts {
		body, changed, err := fn(v.body)
		if err != nil || !changed {
			return err
		}
		next, done, err := c.replace(ctx, write{key: key, over: v.version, body: body, keep: keep})
		if err != nil || done {
			return err
		}
		v = next
		if n > 2 {
			if err := pause(ctx, rand.N(time.Duration(n)*time.Millisecond)); err != nil { // #nosec G404 -- spreads retries, keeps no secret
				return err
			}
		}
	}
	return unreachable(errBusy)
}

// load reads a value.
func (c *Client) load(ctx context.Context, key string) (value, error) {
	got, err := c.rdb.HMGet(ctx, key, "v", "b").Result()
	if err != nil {
		return value{}, unreachable(err)
	}
	return read(got), nil
}

// loadAll reads several values at once; they may stand on different servers.
func (c *Client) loadAll(ctx context.Context, keys []string) ([]value, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	pipe := c.rdb.Pipeline()
	asked := make([]*redis.SliceCmd, len(keys))
	for i, key := range keys {
		asked[i] = pipe.HMGet(ctx, key, "v", "b")
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, unreachable(err)
	}
	out := make([]value, len(keys))
	for i, cmd := range asked {
		out[i] = read(cmd.Val())
	}
	return out, nil
}

func read(fields []any) value {
	var v value
	if len(fields) == 2 {
		number, _ := fields[0].(string)
		v.version, _ = strconv.ParseInt(number, 10, 64) // nothing there is version 0
		v.body, _ = fields[1].(string)
	}
	return v
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
