package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"foyer/protocol"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// histogram takes durations from 1 µs to a minute.
type histogram struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

func newHistogram() *histogram {
	return &histogram{h: hdrhistogram.New(1, time.Minute.Microseconds(), 3)}
}

func (h *histogram) add(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.h.RecordValue(min(max(1, d.Microseconds()), time.Minute.Microseconds()))
}

func (h *histogram) since(began time.Time) { h.add(time.Since(began)) }

// quantile returns the duration below which q per cent are.
func (h *histogram) quantile(q float64) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Duration(h.h.ValueAtQuantile(q)) * time.Microsecond
}

func (h *histogram) count() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.h.TotalCount()
}

// report collects what the bots saw.
type report struct {
	connects, sends, withdrawals, accepts, states *histogram

	written, arrived, offline, skipped, lost atomic.Int64

	mu         sync.Mutex // guards what follows
	refusals   map[string]int
	violations []string
	from, to   time.Time
}

func newReport() *report {
	return &report{
		connects: newHistogram(), sends: newHistogram(), withdrawals: newHistogram(), accepts: newHistogram(),
		states: newHistogram(), refusals: map[string]int{},
	}
}

func (r *report) begin() { r.from = time.Now() }
func (r *report) end()   { r.to = time.Now() }

// await waits for a change to reach a screen.
func (r *report) await(what string, seen <-chan time.Duration, h *histogram) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case d := <-seen:
		h.add(d)
	case <-timer.C:
		r.lost.Add(1)
		r.violation("an acknowledged %s was not seen within %s", what, patience)
	}
}

// refused counts an error by its reason.
func (r *report) refused(err error) {
	reason := err.Error()
	var refusal *protocol.Error
	if errors.As(err, &refusal) && refusal.Reason() != "" {
		reason = string(refusal.Reason())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusals[reason]++
}

// violation notes something that must never happen.
func (r *report) violation(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations = append(r.violations, fmt.Sprintf(format, args...))
}

// progress writes a line every few seconds until ctx ends.
func (r *report) progress(ctx context.Context, out io.Writer, bots int) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for before := int64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			arrived := r.arrived.Load()
			fmt.Fprintf(out, "%5s  %d bots  %d withdrawals, p50 %s, p99 %s  %d states/s  %d sockets broken\n",
				time.Since(r.from).Round(time.Second), bots, r.withdrawals.count(),
				short(r.withdrawals.quantile(50)), short(r.withdrawals.quantile(99)), (arrived-before)/5, r.offline.Load())
			before = arrived
		}
	}
}

func short(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

// finish writes the report. It returns an error if something happened that must not, or an objective was missed.
func (r *report) finish(out io.Writer, o options) error {
	fmt.Fprintf(out, "\n%d bots, %s of load\n\n", o.Bots, r.to.Sub(r.from).Round(time.Millisecond))
	fmt.Fprintf(out, "%-34s %9s %10s %10s %10s\n", "", "count", "p50", "p99", "max")
	for _, row := range []struct {
		name string
		h    *histogram
	}{
		{"connect and hello", r.connects},
		{"invitation to the other's screen", r.sends},
		{"withdrawal to the other's screen", r.withdrawals},
		{"acceptance to the other's screen", r.accepts},
		{"state to the others (sampled)", r.states},
	} {
		if row.h.count() > 0 {
			fmt.Fprintf(out, "%-34s %9d %10s %10s %10s\n", row.name, row.h.count(),
				short(row.h.quantile(50)), short(row.h.quantile(99)), short(row.h.quantile(100)))
		}
	}
	share := r.share(o)
	fmt.Fprintf(out, "\nstates written %d, arrived %d (%.1f %%)\n", r.written.Load(), r.arrived.Load(), 100*share)
	fmt.Fprintf(out, "sockets broken %d, invitations not begun in time %d\n", r.offline.Load(), r.skipped.Load())
	refused := r.list(out)
	return errors.Join(r.judge(o, share, refused), r.broken(out))
}

// share returns which part of the states written arrived at those who should get them.
func (r *report) share(o options) float64 {
	due := r.written.Load() * int64(min(o.SessionSize, o.Bots)-1)
	if due <= 0 {
		return 1
	}
	return float64(r.arrived.Load()) / float64(due)
}

// list writes the refusals and returns their number.
func (r *report) list(out io.Writer) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	reasons := make([]string, 0, len(r.refusals))
	for reason, n := range r.refusals {
		total += n
		reasons = append(reasons, fmt.Sprintf("  %6d  %s", n, reason))
	}
	slices.Sort(reasons)
	fmt.Fprintf(out, "calls refused %d\n", total)
	for _, line := range slices.Backward(reasons) {
		fmt.Fprintln(out, line)
	}
	return total
}

// judge compares with the objectives.
func (r *report) judge(o options, share float64, refused int) error {
	missed := []string{}
	for name, h := range map[string]*histogram{"invitations": r.sends, "withdrawals": r.withdrawals} {
		if p99 := h.quantile(99); o.MaxP99 > 0 && p99 > o.MaxP99 {
			missed = append(missed, fmt.Sprintf("p99 of %s is %s, above %s", name, short(p99), o.MaxP99))
		}
	}
	if share < o.MinStates {
		missed = append(missed, fmt.Sprintf("%.3f of the states arrived, below %.3f", share, o.MinStates))
	}
	if o.MaxRefused >= 0 && refused > o.MaxRefused {
		missed = append(missed, fmt.Sprintf("%d calls were refused, above %d", refused, o.MaxRefused))
	}
	if len(missed) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %v", errMissed, missed)
}

// broken writes what must never happen; none is the only good number.
func (r *report) broken(out io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.violations) == 0 {
		fmt.Fprintln(out, "every bot was told exactly what the server holds")
		return nil
	}
	for i, v := range r.violations {
		if i == 20 {
			break
		}
		fmt.Fprintln(out, "violation:", v)
	}
	return fmt.Errorf("%d violations", len(r.violations))
}
