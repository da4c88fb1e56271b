package show

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"foyer/cmd/foyer-bots/result"
)

// Run is a result with a name. Those of one name are repetitions.
type Run struct {
	Name   string
	Result *result.Result
}

// Table writes runs side by side, one line for each name: the median, and from least to most where there are several.
// The durations are those of a metric. What the server needed before the load is told by the device. A run in which
// something happened that must not is void.
func Table(out io.Writer, runs []Run, metric string) {
	fmt.Fprintf(out, "| run | times | devices | %s a second | p50 | p99 | longest | server, of a core | its µs for each | server, MiB | its µs to let a device in | errors |\n", metric)
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	var names []string
	for _, r := range runs {
		if !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	for _, name := range names {
		var all []*result.Result
		void := ""
		for _, r := range runs {
			if r.Name == name {
				all = append(all, r.Result)
				if r.Result.Violations.Count > 0 || r.Result.Ended != result.Complete {
					void = " (**void**)"
				}
			}
		}
		fmt.Fprintf(out, "| %s%s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, void, len(all),
			spread(all, countText, func(r *result.Result) float64 { return float64(devices(r)) }),
			spread(all, Rate, func(r *result.Result) float64 { return rate(r, metric) }),
			spread(all, milliText, quantile(metric, 50)), spread(all, milliText, quantile(metric, 99)), spread(all, milliText, quantile(metric, 100)),
			spread(all, percentText, func(r *result.Result) float64 { return serverCPU(r) / max(r.Seconds, 1e-9) }),
			spread(all, eachText, func(r *result.Result) float64 { return each(r, metric) }),
			spread(all, countText, serverMiB),
			spread(all, countText, arrivalEach),
			spread(all, countText, func(r *result.Result) float64 { return float64(r.Counters["errors"]) }))
	}
}

// spread writes the median of a figure, and from which to which it was; a dash if no result has it.
func spread(all []*result.Result, text func(float64) string, figure func(*result.Result) float64) string {
	values := make([]float64, 0, len(all))
	for _, r := range all {
		if v := figure(r); !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return "–"
	}
	slices.Sort(values)
	median := values[len(values)/2]
	if len(values)%2 == 0 {
		median = (median + values[len(values)/2-1]) / 2
	}
	least, most := text(values[0]), text(values[len(values)-1])
	if least == most {
		return least
	}
	return fmt.Sprintf("%s (%s-%s)", text(median), least, most)
}

func quantile(metric string, p float64) func(*result.Result) float64 {
	return func(r *result.Result) float64 {
		all, _ := during(r, metric)
		return float64(all.Quantile(p))
	}
}

// rate is how many of a metric there were in a second. Of states only some are measured, and all are counted.
func rate(r *result.Result, metric string) float64 {
	if metric == "state" {
		return float64(r.Counters["states.arrived"]) / max(r.Seconds, 1e-9)
	}
	all, seconds := during(r, metric)
	return float64(all.Count()) / max(seconds, 1e-9)
}

// during returns the durations of a metric in whole intervals of the load, and how long these are: joins there were
// before too. Of connecting, which is before the load, all counts.
func during(r *result.Result, metric string) (all *result.Histogram, seconds float64) {
	all = result.NewHistogram()
	m := r.Metrics[metric]
	if m == nil || len(m.Slots) == 0 {
		return all, 0
	}
	from := r.Started.Add(time.Duration(r.Interval)*time.Second-1).Unix() / r.Interval * r.Interval
	to := r.Started.Add(time.Duration(r.Seconds*float64(time.Second))).Unix() / r.Interval * r.Interval
	for _, slot := range m.Slots {
		if slot.T >= from && slot.T < to {
			all.Merge(slot.All)
		}
	}
	if all.Count() > 0 && metric != connect {
		return all, float64(to - from)
	}
	return m.All, float64(m.Slots[len(m.Slots)-1].T - m.Slots[0].T + r.Interval)
}

// connect is the metric of what happens before the load.
const connect = "connect"

// each is the processor time of the server's that one of a metric took, in microseconds.
func each(r *result.Result, metric string) float64 {
	if metric == connect {
		return arrivalEach(r)
	}
	return 1e6 * serverCPU(r) / max(r.Seconds, 1e-9) / rate(r, metric)
}

func devices(r *result.Result) int {
	n := 0
	for _, p := range r.Parts {
		n += p.Devices
	}
	return n
}

// serverCPU is the processor time that the target's processes used during the load, in seconds. Like all figures of theirs
// it is no number (NaN) if none of them was looked at.
func serverCPU(r *result.Result) float64 {
	if len(r.Servers) == 0 {
		return math.NaN()
	}
	seconds := 0.0
	for _, s := range r.Servers {
		seconds += s.CPUSeconds
	}
	return seconds
}

// arrivalEach is the processor time of the server's for a device until it was there, in microseconds.
func arrivalEach(r *result.Result) float64 {
	if len(r.Servers) == 0 {
		return math.NaN()
	}
	seconds := 0.0
	for _, s := range r.Servers {
		seconds += s.ArrivalCPUSeconds
	}
	return 1e6 * seconds / max(1, float64(devices(r)))
}

func serverMiB(r *result.Result) float64 {
	if len(r.Servers) == 0 {
		return math.NaN()
	}
	n := int64(0)
	for _, s := range r.Servers {
		n += s.RSSBytes
	}
	return float64(n >> 20)
}

func eachText(v float64) string    { return fmt.Sprintf("%.1f", v) }
func countText(v float64) string   { return Count(int64(v)) }
func milliText(v float64) string   { return result.Short(time.Duration(v)) }
func percentText(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }
