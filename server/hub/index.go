// Package hub indexes this node's devices: by user, by session, by the person whose focus panel is open. Package
// server asks it who is to be told. It holds no store, asks nobody, calls nothing under a lock and never blocks.
package hub

import (
	"hash/maphash"
	"iter"
	"sync"
)

const shards = 64

// Index maps keys to sets of values. It is safe for concurrent use. What Of returns is a snapshot that later changes
// don't touch, so that delivering to many needs no lock.
type Index[K comparable, V comparable] struct {
	seed   maphash.Seed
	shards [shards]shard[K, V]
}

type shard[K comparable, V comparable] struct {
	mu   sync.RWMutex
	sets map[K][]V // guarded by mu; slices are never changed in place
}

// NewIndex returns an empty Index.
func NewIndex[K comparable, V comparable]() *Index[K, V] {
	x := &Index[K, V]{seed: maphash.MakeSeed()}
	for i := range x.shards {
		x.shards[i].sets = map[K][]V{}
	}
	return x
}

func (x *Index[K, V]) shard(k K) *shard[K, V] {
	return &x.shards[maphash.Comparable(x.seed, k)%shards]
}

// Add puts v into k's set and reports whether it was not there yet.
func (x *Index[K, V]) Add(k K, v V) bool {
	s := x.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.sets[k]
	for _, have := range old {
		if have == v {
			return false
		}
	}
	s.sets[k] = append(append(make([]V, 0, len(old)+1), old...), v)
	return true
}

// Remove takes v out of k's set and reports whether it was there.
func (x *Index[K, V]) Remove(k K, v V) bool {
	s := x.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.sets[k]
	for i, have := range old {
		if have != v {
			continue
		}
		if len(old) == 1 {
			delete(s.sets, k)
		} else {
			s.sets[k] = append(append(make([]V, 0, len(old)-1), old[:i]...), old[i+1:]...)
		}
		return true
	}
	return false
}

// Of returns k's set, in the order of adding. It must not be changed.
func (x *Index[K, V]) Of(k K) []V {
	s := x.shard(k)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sets[k]
}

// All yields every key with its set as it stands when it is reached.
func (x *Index[K, V]) All() iter.Seq2[K, []V] {
	return func(yield func(K, []V) bool) {
		for i := range x.shards {
			s := &x.shards[i]
			s.mu.RLock()
			keys := make([]K, 0, len(s.sets))
			for k := range s.sets {
				keys = append(keys, k)
			}
			s.mu.RUnlock()
			for _, k := range keys {
				if set := x.Of(k); len(set) > 0 && !yield(k, set) {
					return
				}
			}
		}
	}
}
