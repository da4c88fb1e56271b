package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAClockThatCouldNotBeReadIsReadAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c common
		asked := 0
		c.keep(t.Context(), func(context.Context, func() time.Time) (time.Duration, error) {
			if asked++; asked < 3 {
				return 0, errors.New("too long in saying what time it is")
			}
			return time.Minute, nil
		})
		<-time.After(aheadEvery / 2)
		require.Equal(t, time.Minute, c.now().Sub(now()))
		require.Equal(t, 3, asked)
		<-time.After(aheadEvery)
		require.Equal(t, 4, asked, "then now and then")
	})
}
