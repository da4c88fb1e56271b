package redis

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// errAway says that a call was not tried, since Redis did not answer a moment ago.
var errAway = errors.New("out of reach")

// breaker has calls fail at once while Redis is known to be away, so that what goes on without it is not held up.
// It does so too once the node's lease may have run out: from then on others may have taken it for dead.
type breaker struct {
	open  atomic.Bool
	valid atomic.Int64 // until when the lease holds, since began; 0 without a lease

	mu    sync.Mutex
	lines map[*line]struct{} // connections that calls are made on; guarded by mu
}

var began = time.Now()

// hold has calls be made until a lease runs out that was asked for at the given time.
func (b *breaker) hold(asked time.Time, lease time.Duration) {
	b.valid.Store(int64(asked.Sub(began) + lease))
}

type trying struct{}

// try returns a context whose calls are made in any case: to find out whether Redis is back.
func try(ctx context.Context) context.Context { return context.WithValue(ctx, trying{}, true) }

func (b *breaker) refuses(ctx context.Context) bool {
	if ctx.Value(trying{}) != nil {
		return false
	}
	valid := b.valid.Load()
	return b.open.Load() || valid > 0 && time.Since(began) > time.Duration(valid)
}

// DialHook implements redis.Hook.
func (b *breaker) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (b *breaker) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if b.refuses(ctx) {
			cmd.SetErr(errAway)
			return errAway
		}
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook implements redis.Hook.
func (b *breaker) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if b.refuses(ctx) {
			for _, cmd := range cmds {
				cmd.SetErr(errAway)
			}
			return errAway
		}
		return next(ctx, cmds)
	}
}
