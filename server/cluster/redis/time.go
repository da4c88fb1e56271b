package redis

import (
	"context"
	"errors"
	"time"
)

// clockWithin is how soon Redis has to answer what its time is: half of it is how wrong the answer may be. Who is stopped
// in between would take its clock to be off by half of that.
const clockWithin = 500 * time.Millisecond

var errTooLong = errors.New("redis: too long in saying what time it is")

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
	if answered.Sub(asked) > clockWithin {
		return 0, errTooLong
	}
	return there.Sub(asked.Add(answered.Sub(asked) / 2)), nil
}
