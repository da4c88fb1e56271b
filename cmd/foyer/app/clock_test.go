package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestAClockThatCouldNotBeReadIsReadAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCommon(now)
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

// A grace that runs as somebody sets the machine's clock would else end at once, or not for as long as it was set back.
func TestAMachineWhoseClockIsSetTakesNoNodeAlong(t *testing.T) {
	var by time.Duration
	c := newCommon(func() time.Time { return set(time.Now(), by) })
	before := c.now()
	for _, by = range []time.Duration{time.Hour, -time.Hour} {
		require.InDelta(t, by, c.machine().Round(0).Sub(before.Round(0)), float64(time.Minute), "it is set")
		require.WithinDuration(t, before.Round(0), c.now().Round(0), time.Minute)
	}
}

// set is t as it had been read from a clock that was set by so many seconds since the program began: another time of day,
// the same monotonic one. Only the layout of a time can say so.
func set(t time.Time, by time.Duration) time.Time {
	const second = 1 << 30 // of the first word, where there is a monotonic reading
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) * second
	return t
}
