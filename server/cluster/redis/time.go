package redis

import (
	"context"
	"time"
)

// Ahead returns how far Redis' clock is ahead of the one given; all nodes see the same there.
func (c *Client) Ahead(ctx context.Context, now func() time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	asked := now()
	there, err := c.rdb.Time(ctx).Result()
	if err != nil {
		return 0, unreachable(err)
	}
	answered := now()
	return there.Sub(asked.Add(answered.Sub(asked) / 2)), nil
}
