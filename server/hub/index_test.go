package hub

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestIndexIsAMapOfSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := NewIndex[string, int](), map[string][]int{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			k, v := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), rapid.IntRange(0, 4).Draw(t, "value")
			have := slices.Contains(model[k], v)
			if rapid.Bool().Draw(t, "add") {
				require.Equal(t, !have, x.Add(k, v))
				if !have {
					model[k] = append(model[k], v)
				}
			} else {
				require.Equal(t, have, x.Remove(k, v))
				if i := slices.Index(model[k], v); i >= 0 {
					model[k] = slices.Delete(model[k], i, i+1)
				}
			}
		}
		all := map[string][]int{}
		for k, set := range x.All() {
			all[k] = set
		}
		for k, want := range model {
			require.ElementsMatch(t, want, x.Of(k))
			require.ElementsMatch(t, want, all[k])
		}
	})
}

func TestWhatOfReturnsDoesNotChange(t *testing.T) {
	x := NewIndex[string, int]()
	x.Add("a", 1)
	x.Add("a", 2)
	before := x.Of("a")
	x.Add("a", 3)
	x.Remove("a", 1)
	require.Equal(t, []int{1, 2}, before)
	require.Equal(t, []int{2, 3}, x.Of("a"))
}

func TestIndexBearsManyAtOnce(t *testing.T) {
	x := NewIndex[int, int]()
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for n := range 500 {
				x.Add(n%7, i)
				for _, v := range x.Of(n % 7) {
					require.Less(t, v, 32)
				}
				x.Remove(n%7, i)
			}
		})
	}
	wg.Wait()
	for range x.All() {
		require.Fail(t, "everything was removed")
	}
}
