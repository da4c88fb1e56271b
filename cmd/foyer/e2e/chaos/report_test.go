package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
)

func (w *world) add(g *group) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups = append(w.groups, g)
}

func (w *world) remove(g *group) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups = slices.DeleteFunc(w.groups, func(o *group) bool { return o == g })
}

// some returns a third of the groups' devices.
func (w *world) some(rng *rand.Rand) (picked []*device) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		for _, d := range g.devices {
			if rng.IntN(3) == 0 {
				picked = append(picked, d)
			}
		}
	}
	return picked
}

func (w *world) dropSome(rng *rand.Rand) {
	for _, d := range w.some(rng) {
		d.drop()
	}
}

// silenceSome has some devices read nothing until wake is called.
func (w *world) silenceSome(rng *rand.Rand) (wake func()) {
	var wakes []func()
	for _, d := range w.some(rng) {
		wakes = append(wakes, d.silence())
	}
	return func() {
		for _, wake := range wakes {
			wake()
		}
	}
}

// keepLogs leaves the nodes' logs where they can be read, if something was violated.
func (w *world) keepLogs() {
	dir, err := os.MkdirTemp("", fmt.Sprintf("foyer-chaos-logs-%d-", w.seed))
	require.NoError(w.t, err)
	for _, n := range w.nodes {
		log, err := os.ReadFile(n.logFile)
		require.NoError(w.t, err)
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, n.name+".log"), log, 0o600))
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, n.name+".goroutines"), n.read("/debug/pprof/goroutine?debug=2"), 0o600))
	}
	fmt.Fprintf(w.out, "the nodes' logs: %s\n", dir)
}

// report prints what the campaign was and what it found.
func (w *world) report() {
	out, s := w.out, &w.stats
	fmt.Fprintf(out, "\nseed %d, %s, %d nodes, %d faults, %d kills\n", w.seed, time.Since(w.began).Round(time.Second), len(w.nodes), s.faults.Load(), s.kills.Load())
	for _, row := range []struct {
		what string
		n    int64
	}{
		{"calls that change something", s.calls.Load()},
		{"  acknowledged", s.acknowledged.Load()},
		{"  refused", s.refused.Load()},
		{"  given up unanswered", s.givenUp.Load()},
		{"  attempts that were repeats", s.repeated.Load()},
		{"  attempts of unknown outcome", s.unknown.Load()},
		{"  refused, and an earlier attempt came later", s.stale.Load()},
		{"open panels held against fresh ones", s.panels.Load()},
		{"COMMITs cut off", w.commitsCut()},
		{"operations repeated after a lost answer, and answered", s.settled.Load()},
		{"deliveries of a revision", s.deliveries.Load()},
		{"  after the device came back", s.resumed.Load()},
		{"sockets that broke", s.reconnects.Load()},
		{"joins of a session", s.joins.Load()},
		{"rosters told", s.rosters.Load()},
		{"  of which as a whole, after a loss", s.resyncs.Load()},
		{"messages in a session", s.messages.Load()},
		{"presences told", s.presences.Load()},
		{"states in a session", s.states.Load()},
		{"groups checked whole", s.groups.Load()},
		{"histories found linearizable", s.histories.Load()},
		{"histories that took too long to judge", s.unjudged.Load()},
	} {
		fmt.Fprintf(out, "%-54s %9d\n", row.what, row.n)
	}
	w.reportLatencies(out)
	if lost := w.pulse.lost(w.began, time.Now()); lost > 0 {
		fmt.Fprintf(out, "\nthis machine had no time for the campaign for %s\n", lost.Round(time.Millisecond))
	}
	broken := w.broken()
	fmt.Fprintf(out, "\n%d violations (seed %d)\n", len(broken), w.seed)
	for i, v := range broken {
		if i == maxViolations {
			fmt.Fprintf(out, "… and %d more\n", len(broken)-i)
			break
		}
		fmt.Fprintf(out, "%3d. %s\n", i+1, v)
	}
	if len(broken) > 0 {
		w.keepLogs()
	}
}

// commitsCut is how many COMMITs the wires to PostgreSQL cut off.
func (w *world) commitsCut() (n int64) {
	for _, node := range w.nodes {
		n += node.sql.cuts.Load()
	}
	return n
}
