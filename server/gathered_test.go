package server

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// crowd asks for n ids while the first read is under way, and returns what was read together.
func crowd(t *testing.T, n int, read func(ids []string) (map[string]string, error)) ([][]string, map[string]string, int) {
	t.Helper()
	var reads [][]string
	got, failed := map[string]string{}, 0
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		held := make(chan struct{})
		g := &gathered[string]{read: func(_ context.Context, ids []string) (map[string]string, error) {
			mu.Lock()
			reads = append(reads, slices.Sorted(slices.Values(ids)))
			one := len(reads) == 1
			mu.Unlock()
			if one {
				<-held
			}
			return read(ids)
		}}
		for i := range n {
			go func() {
				v, err := g.of(t.Context(), strconv.Itoa(i))
				mu.Lock()
				defer mu.Unlock()
				got[strconv.Itoa(i)] = v
				if err != nil {
					failed++
				}
			}()
			if i == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		close(held)
		synctest.Wait()
	})
	return reads, got, failed
}

func TestACrowdIsReadTogether(t *testing.T) {
	t.Parallel()
	reads, got, failed := crowd(t, 1100, func(ids []string) (map[string]string, error) {
		found := map[string]string{}
		for _, id := range ids {
			found[id] = "of " + id
		}
		return found, nil
	})
	require.Zero(t, failed)
	require.Len(t, reads, 4, "who asks while others are read is read with who asked meanwhile")
	require.Equal(t, []string{"0"}, reads[0])
	all := map[string]bool{}
	for _, ids := range reads {
		require.LessOrEqual(t, len(ids), gatherAtMost)
		for _, id := range ids {
			require.False(t, all[id], "read twice")
			all[id] = true
			require.Equal(t, "of "+id, got[id])
		}
	}
	require.Len(t, all, 1100)
}

func TestWhatCouldNotBeReadTogetherIsReadForEach(t *testing.T) {
	t.Parallel()
	_, got, failed := crowd(t, 5, func(ids []string) (map[string]string, error) {
		if slices.Contains(ids, "3") {
			return nil, errors.New("3 is not to be read")
		}
		return map[string]string{ids[0]: "of " + ids[0]}, nil
	})
	require.Equal(t, 1, failed)
	require.Equal(t, map[string]string{"0": "of 0", "1": "of 1", "2": "of 2", "3": "", "4": "of 4"}, got)
}

// A mistake in a read is nobody's presence, and keeps nobody waiting.
func TestAMistakeInAReadTogetherIsNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := make(chan struct{})
		g := &gathered[string]{last: before, read: func(_ context.Context, ids []string) (map[string]string, error) {
			if len(ids) == 1 {
				return nil, errors.New("away")
			}
			panic("mistake")
		}}
		go func() {
			defer func() { _ = recover() }()
			_, _ = g.of(t.Context(), "ada")
		}()
		synctest.Wait()
		failed := make(chan error, 1)
		go func() {
			_, err := g.of(t.Context(), "ben")
			failed <- err
		}()
		synctest.Wait()
		close(before)
		require.EqualError(t, <-failed, "away")
	})
}
