package show

import (
	"fmt"
	"io"
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
// The durations are those of a metric. A run in which something happened that must not is void.
func Table(out io.Writer, runs []Run, metric string) {
	fmt.Fprintf(out, "| run | times | devices | %s a second | p50 | p99 | longest | server, of a core | µs of it each | server, MiB | errors |\n", metric)
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
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
		fmt.Fprintf(out, "| %s%s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name, void, len(all),
			spread(all, countText, func(r *result.Result) float64 { return float64(devices(r)) }),
			spread(all, Rate, func(r *result.Result) float64 { return rate(r, metric) }),
			spread(all, milliText, quantile(metric, 50)), spread(all, milliText, quantile(metric, 99)), spread(all, milliText, quantile(metric, 100)),
			spread(all, percentText, func(r *result.Result) float64 { return serverCPU(r) / max(r.Seconds, 1e-9) }),
			spread(all, eachText, func(r *result.Result) float64 {
				return 1e6 * serverCPU(r) / max(r.Seconds, 1e-9) / max(rate(r, metric), 1e-9)
			}),
			spread(all, countText, serverMiB),
			spread(all, countText, func(r *result.Result) float64 { return float64(r.Counters["errors"]) }))
	}
}

// spread writes the median of a figure, and from which to which it was.
func spread(all []*result.Result, text func(float64) string, figure func(*result.Result) float64) string {
	values := make([]float64, 0, len(all))
	for _, r := range all {
		values = append(values, figure(r))
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
		if m := r.Metrics[metric]; m != nil {
			return float64(m.All.Quantile(p))
		}
		return 0
	}
}

// rate is how many of a metric there were in a second. Of states only some are measured, and all are counted.
func rate(r *result.Result, metric string) float64 {
	switch m := r.Metrics[metric]; {
	case metric == "state":
		return float64(r.Counters["states.arrived"]) / max(r.Seconds, 1e-9)
	case m != nil:
		return float64(m.All.Count()) / max(r.Seconds, 1e-9)
	}
	return 0
}

func devices(r *result.Result) int {
	n := 0
	for _, p := range r.Parts {
		n += p.Devices
	}
	return n
}

func serverCPU(r *result.Result) float64 {
	seconds := 0.0
	for _, s := range r.Servers {
		seconds += s.CPUSeconds
	}
	return seconds
}

func serverMiB(r *result.Result) float64 {
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
