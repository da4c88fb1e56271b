package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// errStalled is why a request isn't even tried.
var errStalled = errors.New("the database doesn't answer")

const (
	probeEvery    = 500 * time.Millisecond // the pause between two probes
	probePatience = time.Second            // for one step of a probe
)

// gate keeps requests from waiting one after the other for a database that doesn't answer. Once one has waited for long,
// a probe goes out in the background; as long as that isn't answered either, everybody is turned away at once, and
// another probe follows. Nobody's request is the one that tries.
type gate struct {
	reads, writes door
	// probe asks the database. It tells read whether that can be read, and returns whether it can be written to.
	probe func(ctx context.Context, read func(bool)) bool

	probes sync.WaitGroup
	life   context.Context // ends with the store
	end    context.CancelFunc

	mu      sync.Mutex // guards what follows, and the end of life
	probing bool
}

// door is the gate for one kind of transaction: a database may answer readers and yet commit nothing.
type door struct {
	// open ends when the database is found not to answer. It is nil from then on until it does.
	open atomic.Pointer[doorway]
}

type doorway struct {
	context.Context

	shut context.CancelCauseFunc
}

func newGate(probe func(ctx context.Context, read func(bool)) bool) *gate {
	g := &gate{probe: probe}
	g.life, g.end = context.WithCancel(context.Background())
	g.reads.set(true)
	g.writes.set(true)
	return g
}

// set opens or shuts the door.
func (d *door) set(answers bool) {
	if answers {
		w := &doorway{}
		w.Context, w.shut = context.WithCancelCause(context.Background())
		d.open.CompareAndSwap(nil, w)
	} else if w := d.open.Swap(nil); w != nil {
		w.shut(errStalled)
	}
}

// suspect has a probe find out whether the database answers. Only one at a time is on its way.
func (g *gate) suspect() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.probing || g.life.Err() != nil {
		return
	}
	g.probing = true
	g.probes.Go(func() {
		for answers := false; !answers && g.life.Err() == nil; {
			answers = g.probe(g.life, g.reads.set)
			g.writes.set(answers)
			select {
			case <-time.After(probeEvery):
			case <-g.life.Done():
			}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.probing = false
	})
}

// close ends the probing.
func (g *gate) close() {
	g.mu.Lock()
	g.end()
	g.mu.Unlock()
	g.probes.Wait()
}
