package main

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHowMuchGarbageMayGather covers that more may while collections follow each other, and no longer than that.
func TestHowMuchGarbageMayGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var percent atomic.Int64
		used := uint64(8 << 20)
		g := &garbage{percent: 50, set: func(p int) { percent.Store(int64(p)) }, used: func() uint64 { return used }}
		after := func(d time.Duration, want int64) {
			t.Helper()
			time.Sleep(d) //nolint:forbidigo // of the bubble's clock
			synctest.Wait()
			g.collected()
			require.Equal(t, want, percent.Load())
		}
		g.set(50)
		after(0, 50) // the first one
		after(garbageCalm-1, 400)
		used = 32 << 20
		after(garbageCalm-1, 100)
		used = 128 << 20
		after(garbageCalm-1, 50)
		used = 8 << 20
		after(garbageCalm-1, 400)
		time.Sleep(garbageCalm) //nolint:forbidigo // of the bubble's clock
		synctest.Wait()
		require.EqualValues(t, 50, percent.Load(), "calm again")
		after(0, 50)
	})
}

// TestCollectionsAreNoticed covers what the runtime has to do with it.
func TestCollectionsAreNoticed(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	noticed := make(chan struct{}, 1)
	g := &garbage{percent: 50, used: inUse, set: func(int) {
		select {
		case noticed <- struct{}{}:
		default:
		}
	}}
	g.await()
	for n := 0; n < 2; {
		runtime.GC()
		select {
		case <-noticed:
			n++
		case <-time.After(10 * time.Millisecond): // cleanups run a moment later
		}
	}
	require.Positive(t, inUse())
}
