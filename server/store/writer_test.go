package store

import (
	"errors"
	"fmt"
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

// TestWhoFailsAmongOthersIsUndoneAlone covers the first time, when all of the transaction runs again, and those after it.
func TestWhoFailsAmongOthersIsUndoneAlone(t *testing.T) {
	s := open(t, "sqlite::memory:")
	w := s.engine.(*sqlite).writer
	refused := errors.New("refused")
	const requests = 9
	for round := range 3 {
		var all sync.WaitGroup
		runs, errs := make([]int, requests), make([]error, requests+1)
		var read int
		begun, queued := make(chan struct{}), make(chan struct{})
		request := func(i int) {
			errs[i] = s.Update(t.Context(), func(tx *Tx) error {
				if runs[i]++; i == 0 && runs[i] == 1 {
					close(begun)
					<-queued
				}
				if _, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, '')`, fmt.Sprint(round, " ", i)); err != nil {
					return err
				}
				if i == requests/2 {
					return refused
				}
				return nil
			})
		}
		all.Go(func() { request(0) })
		<-begun
		for i := 1; i < requests; i++ {
			all.Go(func() { request(i) })
		}
		all.Go(func() {
			errs[requests] = s.View(t.Context(), func(tx *Tx) error { return tx.row(`SELECT COUNT(*) FROM meta`).Scan(&read) })
		})
		for len(w.queue) < requests {
			runtime.Gosched()
		}
		close(queued)
		all.Wait()
		require.Positive(t, read)
		require.Equal(t, refused, errs[requests/2])
		errs[requests/2] = nil
		require.NoError(t, errors.Join(errs...))
		again := 0
		for i, n := range runs {
			if n == 2 {
				again++
			} else {
				require.Equal(t, 1, n, i)
			}
		}
		if round == 0 {
			require.Positive(t, again)
		} else {
			require.Zero(t, again, "each has a savepoint now")
		}
	}
	var names []string
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		names = nil
		return tx.rows(`SELECT name FROM meta WHERE name <> 'epoch' ORDER BY name`, func(r scanner) error {
			var name string
			err := r.Scan(&name)
			names = append(names, name)
			return err
		})
	}))
	require.Len(t, names, 3*(requests-1))
	for round := range 3 {
		require.NotContains(t, names, fmt.Sprint(round, " ", requests/2))
	}
}
