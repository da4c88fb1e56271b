package redis

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// errAway says that a call was not tried, since Redis did not answer a moment ago.
var errAway = errors.New("out of reach")

// breaker has calls fail at once while Redis is known to be away, so that what goes on without it is not held up.
type breaker struct{ open atomic.Bool }

type trying struct{}

// try returns a context whose calls are made in any case: to find out whether Redis is back.
func try(ctx context.Context) context.Context { return context.WithValue(ctx, trying{}, true) }

func (b *breaker) refuses(ctx context.Context) bool {
	return b.open.Load() && ctx.Value(trying{}) == nil
}

// DialHook implements redis.Hook.
func (b *breaker) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

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
