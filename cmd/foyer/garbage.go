package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// garbageLeast is how many bytes of garbage may gather while collections follow each other: a small heap, in which many
	// sign in at once, would else be collected dozens of times a second.
	garbageLeast = 32 << 20
	// garbageCalm is how far apart collections are when they don't.
	garbageCalm = time.Second
)

// garbage decides how much of it may gather until memory is collected.
type garbage struct {
	percent int           // of what is in use, at rest
	set     func(int)     // makes a percentage the runtime's
	used    func() uint64 // is how many bytes the last collection found in use

	mu    sync.Mutex // guards what follows
	ended time.Time  // the last collection
}

// limitGarbage has memory collected as percent says, until the process ends.
func limitGarbage(percent int) {
	g := &garbage{percent: percent, set: func(p int) { debug.SetGCPercent(p) }, used: inUse}
	g.set(percent)
	g.await()
}

// await has collected called after each collection.
func (g *garbage) await() {
	runtime.AddCleanup(new(*byte), func(g *garbage) {
		g.collected()
		g.await()
	}, g)
}

// collected lets more garbage gather if this collection came soon after the one before, until none has come for a while.
func (g *garbage) collected() {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	soon := now.Sub(g.ended) < garbageCalm
	g.ended = now
	if !soon {
		return
	}
	time.AfterFunc(garbageCalm, g.calm)
	g.set(max(g.percent, int(100*garbageLeast/max(g.used(), 1)))) // #nosec G115 -- a process uses a page at least
}

// calm has less garbage gather again, if no collection came meanwhile.
func (g *garbage) calm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.ended) >= garbageCalm {
		g.set(g.percent)
	}
}

func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
