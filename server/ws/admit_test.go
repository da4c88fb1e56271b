package ws

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// busy is a machine that is behind, or not.
type busy bool

func (b *busy) behind() bool { return bool(*b) }

// crowd has n come to the door in one instant and returns how long each waited who came in, in order, and how many did not.
func crowd(ctx context.Context, d *door, n int) (waits []time.Duration, refused int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	began := time.Now()
	for range n {
		all.Go(func() {
			in := d.enter(ctx)
			mu.Lock()
			defer mu.Unlock()
			if in {
				waits = append(waits, time.Since(began))
			} else {
				refused++
			}
		})
	}
	all.Wait()
	return waits, refused
}

func TestACrowdComesInOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(300)
		d.load = new(busy)
		waits, refused := crowd(t.Context(), d, 400)
		require.Equal(t, 100, refused, "no more than a second's worth")
		require.Len(t, waits, 300)
		require.Zero(t, waits[29])
		for i := 30; i < 300; i++ {
			require.InDelta(t, 1.0/300, (waits[i] - waits[i-1]).Seconds(), 0.0001)
		}
		require.InDelta(t, 0.9, waits[299].Seconds(), 0.01)
	})
}

func TestAFewComeInAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, perSecond := range []int{1, 5, together} {
			waits, refused := crowd(t.Context(), newDoor(perSecond), perSecond+1)
			require.Equal(t, 1, refused)
			require.Zero(t, waits[perSecond-1])
		}
		waits, refused := crowd(t.Context(), newDoor(0), 5000)
		require.Zero(t, refused)
		require.Zero(t, waits[4999], "no limit, no line")
	})
}

func TestOnAMachineThatIsBehindFewerComeIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine := busy(true)
		d := newDoor(300)
		d.load = &machine
		in := func(seconds int) (n int) {
			for range seconds {
				waits, _ := crowd(t.Context(), d, 300)
				n += len(waits)
				time.Sleep(time.Second) //nolint:forbidigo // in a bubble
			}
			return n
		}
		second := func() int {
			began, n := time.Now(), 0
			for time.Since(began) < time.Second {
				if d.enter(t.Context()) {
					n++
				}
				time.Sleep(time.Millisecond) //nolint:forbidigo // in a bubble
			}
			return n
		}
		in(5)
		require.InDelta(t, 200, second(), 35, "two thirds, and those who come in at once")
		machine = false
		for range 3 {
			second()
		}
		require.InDelta(t, 300, second(), 10)
	})
}

func TestWhoGoesAwayDoesNotComeIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(300)
		d.load = new(busy)
		crowd(t.Context(), d, 150)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, refused := crowd(ctx, d, 30)
		require.Positive(t, refused)
	})
}

func TestAMachineWithTooMuchToRunIsBehind(t *testing.T) {
	s := newSchedule()
	var spent atomic.Int64
	var all sync.WaitGroup
	for range 200 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for n := range 100_000 {
				spent.Store(int64(n))
			}
		})
	}
	all.Wait()
	require.True(t, s.behind())
}
