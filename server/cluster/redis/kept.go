package redis

import (
	"maps"
	"sync"
	"time"
)

// kept is what this node has written and somebody of its own is in: what it writes back when Redis has lost it.
type kept[T comparable] struct {
	mu sync.Mutex
	by map[string]T // guarded by mu
}

func (k *kept[T]) put(id string, v T, ours bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !ours {
		delete(k.by, id)
		return
	}
	if k.by == nil {
		k.by = map[string]T{}
	}
	k.by[id] = v
}

func (k *kept[T]) clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.by)
}

// drop forgets v, if it is what is kept.
func (k *kept[T]) drop(id string, v T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by[id] == v {
		delete(k.by, id)
	}
}

func (k *kept[T]) all() map[string]T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.by)
}

func (k *kept[T]) has(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.by[id]
	return ok
}

func (k *kept[T]) of(id string) T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.by[id]
}

// seen is what this node last read or wrote, of its own users and for as long as it reads it now and then: what it goes
// by while Redis is away.
type seen[T any] struct {
	own    func(id string) bool // whose devices hang here; set before use, may be nil
	mu     sync.Mutex
	by     map[string]sight[T] // guarded by mu
	pruned time.Time           // guarded by mu
}

type sight[T any] struct {
	v    T
	last time.Time
}

// seenFor is longer than between two looks at somebody who is watched.
const seenFor = 2 * time.Minute

func (s *seen[T]) put(id string, v T) {
	now := time.Now()
	s.note([]string{id}, map[string]T{id: v}, now)
}

func (s *seen[T]) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.by)
}

// note remembers what was found of all that was asked for at the given time. What was written later counts.
func (s *seen[T]) note(asked []string, found map[string]T, began time.Time) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]sight[T]{}
	}
	for _, id := range asked {
		if s.by[id].last.After(began) {
			continue
		}
		if v, ok := found[id]; ok {
			s.by[id] = sight[T]{v, now}
		} else {
			delete(s.by, id)
		}
	}
	if now.Sub(s.pruned) > seenFor {
		s.pruned = now
		maps.DeleteFunc(s.by, func(id string, v sight[T]) bool { return now.Sub(v.last) > seenFor && (s.own == nil || !s.own(id)) })
	}
}

// drop forgets what is remembered, if it is so.
func (s *seen[T]) drop(id string, so func(T) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.by[id]; ok && so(v.v) {
		delete(s.by, id)
	}
}

// of returns what is remembered, and remembers it for longer.
func (s *seen[T]) of(ids []string) map[string]T {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]T, len(ids))
	for _, id := range ids {
		if v, ok := s.by[id]; ok {
			out[id] = v.v
			s.by[id] = sight[T]{v.v, now}
		}
	}
	return out
}
