package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// blow is one fault, or several at once.
type blow []fault

func (b blow) String() string {
	names := make([]string, len(b))
	for i, f := range b {
		names[i] = f.name
	}
	return strings.Join(names, "+")
}

// pick returns the faults named (all that fit the kind of Redis if none is), the long ones only if they are named or
// allowed. Those joined by a plus come at once.
func pick(names, kind string, long bool) (picked []blow, err error) {
	if names == "" {
		for _, f := range faults {
			if f.fits(kind) && (!f.long || long) {
				picked = append(picked, blow{f})
			}
		}
		return picked, nil
	}
	for both := range strings.SplitSeq(names, ",") {
		var b blow
		for name := range strings.SplitSeq(both, "+") {
			i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name && f.fits(kind) })
			if i < 0 {
				return nil, fmt.Errorf("no fault is called %q over this kind of Redis", name)
			}
			b = append(b, faults[i])
		}
		picked = append(picked, b)
	}
	return picked, nil
}

// paired adds another fault to one of three that can have company.
func (b blow) paired(all []blow, rng *rand.Rand) blow {
	other := all[rng.IntN(len(all))]
	if rng.IntN(3) > 0 || len(b) > 1 || len(other) > 1 || b[0].touches == "" || other[0].touches == "" || b[0].touches == other[0].touches {
		return b
	}
	return blow{b[0], other[0]}
}

// strike carries faults out, each on a node that chance picks.
func (w *world) strike(b blow, rng *rand.Rand) {
	var all sync.WaitGroup
	for _, f := range b {
		n, own := w.nodes[rng.IntN(len(w.nodes))], rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
		all.Go(func() { w.carryOut(f, n, own) })
	}
	all.Wait()
	w.house.flows(b.String())
}

// killMany kills one node after the other, however far the people have got that hung on the last one.
func (w *world) killMany(kills int64, pace time.Duration, rng *rand.Rand) {
	for i := int64(1); w.stats.kills.Load() < kills; i++ {
		next := time.Now().Add(between(rng, pace/3, 5*pace/3))
		w.carryOut(faults[0], w.nodes[rng.IntN(len(w.nodes))], rng)
		if i%10 == 0 {
			w.house.flows("ten kills")
		}
		wait(time.Until(next))
	}
}

// cutMany cuts connections off behind a COMMIT that was carried out, until so many operations were answered all the same
// under their op_id.
func (w *world) cutMany(cuts int64, rng *rand.Rand) {
	behind := fault{name: "sql-cut-behind-commits", run: func(w *world, _ *node, rng *rand.Rand) {
		for _, n := range w.nodes {
			n.sql.cutCommits(rng.Uint64(), true)
		}
		said := time.Now()
		for w.stats.settled.Load() < cuts {
			wait(100 * time.Millisecond)
			if time.Since(said) > time.Minute {
				said = time.Now()
				w.say("%d of %d operations answered under their op_id", w.stats.settled.Load(), cuts)
			}
		}
		for _, n := range w.nodes {
			n.sql.heal()
		}
		wait(time.Second)
	}}
	if cuts > 0 {
		w.strike(blow{behind}, rng)
	}
}

func (w *world) carryOut(f fault, n *node, rng *rand.Rand) {
	name := ""
	if f.one {
		name = n.name
	}
	if f.name == "ghost" { // nobody is taken for dead so soon after Redis was away
		wait(time.Until(w.calmSince("redis").Add(21 * time.Second)))
	}
	w.say("%-20s begins on %s", f.name, n.name)
	p := w.begin(f.name, f.within, name)
	f.run(w, n, rng)
	w.end(p)
	w.stats.faults.Add(1)
}
