package server

import (
	"context"
	"errors"
	"sync"
)

// gathered reads together what many ask for by themselves: whoever asks while a read is under way is in the next one. So
// what anybody gets was read after they asked, and a crowd that arrives at once costs a few ways to the database and Redis.
type gathered[T any] struct {
	read func(ctx context.Context, ids []string) (map[string]T, error)

	mu   sync.Mutex
	next *gathering[T] // that one can still be in; guarded by mu
	last chan struct{} // the end of the read that was asked for last; guarded by mu
}

// gathering is one read.
type gathering[T any] struct {
	ids   []string      // guarded by gathered.mu until it is read, the same from then on
	after chan struct{} // the end of the read before; nil: there was none
	done  chan struct{}
	found map[string]T
	err   error
}

// gatherAtMost is how many are read together.
const gatherAtMost = 500

var errNotRead = errors.New("not read")

// of returns what belongs to id.
func (g *gathered[T]) of(ctx context.Context, id string) (T, error) {
	g.mu.Lock()
	r := g.next
	first := r == nil || len(r.ids) == gatherAtMost
	if first {
		r = &gathering[T]{after: g.last, done: make(chan struct{}), err: errNotRead}
		g.next, g.last = r, r.done
	}
	r.ids = append(r.ids, id)
	g.mu.Unlock()
	if first {
		g.carryOut(ctx, r)
	}
	<-r.done
	if r.err == nil || len(r.ids) == 1 {
		return r.found[id], r.err
	}
	found, err := g.read(ctx, []string{id}) // somebody else may be why it failed
	return found[id], err
}

// carryOut reads r when it is its turn.
func (g *gathered[T]) carryOut(ctx context.Context, r *gathering[T]) {
	defer close(r.done) // whatever becomes of the read
	if r.after != nil {
		<-r.after
	}
	g.mu.Lock()
	if g.next == r {
		g.next = nil
	}
	ids := r.ids
	g.mu.Unlock()
	r.found, r.err = g.read(ctx, ids)
}
