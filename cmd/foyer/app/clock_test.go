package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAClockThatCouldNotBeReadIsReadAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c common
		var asked atomic.Int64
		c.keep(t.Context(), func(context.Context, func() time.Time) (time.Duration, error) {
			if asked.Add(1) < 3 {
				return 0, errors.New("too long in saying what time it is")
			}
			return time.Minute, nil
		})
		<-time.After(aheadEvery / 2)
		require.Equal(t, time.Minute, c.now().Sub(now()))
		require.EqualValues(t, 3, asked.Load())
		<-time.After(aheadEvery)
		require.EqualValues(t, 4, asked.Load(), "then now and then")
	})
}
