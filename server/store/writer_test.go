package store

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhoWasAnsweredGoesOnBeforeTheNextCommit is about a machine with one core, on which the writer would else keep all
// others from running for as long as there is something to write.
func TestWhoWasAnsweredGoesOnBeforeTheNextCommit(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s, err := Open(t.Context(), "sqlite::memory:", Options{BatchMax: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	const requests = 200
	var carriedOut, goneOn, early atomic.Int64
	var all sync.WaitGroup
	for range requests {
		all.Go(func() {
			err := s.Update(t.Context(), func(*Tx) error {
				if carriedOut.Load() == 0 {
					for range requests { // until all wait
						runtime.Gosched()
					}
				}
				if carriedOut.Add(1)-1 > goneOn.Load() {
					early.Add(1)
				}
				return nil
			})
			goneOn.Add(1)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	// The scheduler may prefer the writer now and then.

	require.Less(t, early.Load(), int64(requests/2))
}

// TestThoseOfOneCommitGoOnInOrder keeps devices from hearing of a later change first, which has them read the log.
func TestThoseOfOneCommitGoOnInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := open(t, "sqlite::memory:")
	const rounds, requests = 400, 8
	lastFirst := 0
	for range rounds {
		var all sync.WaitGroup
		var last, first atomic.Int64
		for i := range int64(requests) {
			all.Go(func() {
				err := s.Update(t.Context(), func(*Tx) error {
					if last.Swap(i+1) == 0 {
						for range 2 * requests { // until all wait
							runtime.Gosched()
						}
					}
					return nil
				})
				first.CompareAndSwap(0, i+1)
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if last.Load() == first.Load() {
			lastFirst++
		}
	}
	// The scheduler throws dice when races are looked for.
	require.Less(t, lastFirst, rounds*3/8)
}
