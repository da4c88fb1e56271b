package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// healthyWithin is what every change may take in which no fault has a part: the goals' bound under faults, for this
// machine may be busy with anything.
const healthyWithin = 2 * time.Second

// slack is what is allowed beyond a promise to a program that is slower than the one that keeps it.
var slack time.Duration

// took notes how long after its commit a device was told of a change, if it hung on a node all the while. Over the
// promise it is a violation, unless nothing could run here meanwhile.
func (w *world) took(d *device, x told, commit time.Time) {
	if x.since.After(commit) {
		w.stats.resumed.Add(1)
		return
	}
	if d.wasSilent(commit, x.at) {
		return
	}
	l := latency{took: max(0, x.at.Sub(commit)), within: healthyWithin}
	w.overlaps(commit, x.at, func(p *phase) bool {
		if l.fault != "" {
			l.fault += "+"
		}
		l.fault, l.within = l.fault+p.fault, min(l.within, p.within)
		return false
	})
	w.mu.Lock()
	w.latencies = append(w.latencies, l)
	w.mu.Unlock()
	if l.within > 0 && l.took > l.within+slack+w.pulse.lost(commit, x.at) && !w.excused(x.node, commit, x.at) {
		w.violate("within 2 s", "%s on %s was told of revision %d %.0f ms after its commit at %.2f s, during %q", d.name, x.node, x.rev, float64(l.took)/1e6, commit.Sub(w.began).Seconds(), l.fault)
	}
}

// excused reports whether the node itself was stopped, or the device read nothing, at some time between two moments.
func (w *world) excused(node string, from, to time.Time) bool {
	return w.overlaps(from, to, func(p *phase) bool { return p.node == node })
}

// stood reports whether a node was stopped just before: its devices may have been away for longer than they know.
func (w *world) stood(node string, at time.Time) bool {
	return w.overlaps(at.Add(-absentFor), at, func(p *phase) bool { return p.node == node && strings.HasPrefix(p.fault, "stop") })
}

// quantile returns the q-th of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// reportLatencies prints how long devices waited, by the fault that was on.
func (w *world) reportLatencies(out io.Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[string][]time.Duration{}
	promised := map[string]time.Duration{}
	for _, l := range w.latencies {
		by[l.fault] = append(by[l.fault], l.took)
		promised[l.fault] = l.within
	}
	fmt.Fprintf(out, "\nfrom the commit to a device that was there (ms)\n%-28s %9s %8s %8s %8s  %s\n", "during", "changes", "p50", "p99", "p100", "promised")
	for _, fault := range slices.Sorted(maps.Keys(by)) {
		took := by[fault]
		slices.Sort(took)
		name, promise := fault, "-"
		if name == "" {
			name = "(no fault)"
		}
		if promised[fault] > 0 {
			promise = promised[fault].String()
		}
		ms := func(q float64) float64 { return float64(quantile(took, q)) / 1e6 }
		fmt.Fprintf(out, "%-28s %9d %8.1f %8.1f %8.1f  %s\n", name, len(took), ms(0.5), ms(0.99), ms(1), promise)
	}
}
