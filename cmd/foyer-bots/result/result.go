package result

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Format is the version of the JSON.
const Format = 1

// Result is what came of a load.
type Result struct {
	Format   int      `json:"format"`
	Version  string   `json:"version"` // of the program
	Scenario Scenario `json:"scenario"`
	Targets  []string `json:"targets"`
	Parts    []Part   `json:"parts"`

	Started  time.Time `json:"started"` // of the load: all who are there from the start have come
	Seconds  float64   `json:"seconds"` // of the load
	Interval int64     `json:"interval_seconds"`
	Ended    Ending    `json:"ended"`

	Metrics  map[string]*Metric  `json:"metrics"`
	Counters map[string]int64    `json:"counters"`
	Series   map[string][]Number `json:"series"`
	// Refused and Closed count by what was said: "invitation.send: reinvite_cooldown", "4000 too slow".
	Refused map[string]int64 `json:"refused"`
	Closed  map[string]int64 `json:"closed"`

	// Servers are the target's processes, as far as they were looked at.
	Servers []Server `json:"servers,omitempty"`

	Violations Violations `json:"violations"`
	Objectives []Outcome  `json:"objectives,omitempty"`
}

// Scenario is what was done.
type Scenario struct {
	Name   string `json:"name"`
	About  string `json:"about,omitempty"`
	Source string `json:"source"`
}

// Ending is why a load ended.
type Ending string

// The endings.
const (
	Complete    Ending = "complete"
	Interrupted Ending = "interrupted"  // by who started it
	OutOfMemory Ending = "memory bound" // its own
	Unreachable Ending = "target unreachable"
)

// Part is what one process says of itself.
type Part struct {
	Part       string  `json:"part"` // 2/4
	People     int     `json:"people"`
	Devices    int     `json:"devices"` // at most at a time
	Cores      int     `json:"cores"`
	CPUSeconds float64 `json:"cpu_seconds"` // during the load
	Seconds    float64 `json:"seconds"`
	RSSBytes   int64   `json:"rss_bytes"`
	System     string  `json:"system"` // linux/amd64, go1.26
}

// Server is what a process of the target's used: the processor until everybody had come and during the load, memory at
// its end.
type Server struct {
	PID               int     `json:"pid"`
	ArrivalCPUSeconds float64 `json:"arrival_cpu_seconds"`
	CPUSeconds        float64 `json:"cpu_seconds"`
	RSSBytes          int64   `json:"rss_bytes"`
}

// MiB is the memory in mebibytes.
func (p Part) MiB() int64 { return p.RSSBytes >> 20 }

// MiB is the memory in mebibytes.
func (s Server) MiB() int64 { return s.RSSBytes >> 20 }

// Metric has the durations of one kind: all, and those of each interval.
type Metric struct {
	All   *Histogram `json:"histogram"`
	Slots []Slot     `json:"slots"`
	// For people who read the JSON; made anew from All at each writing.
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Most  float64 `json:"max_ms"`
}

// Slot has the durations that ended in an interval. T is its beginning in Unix seconds, a multiple of the interval.
type Slot struct {
	T   int64      `json:"t"`
	All *Histogram `json:"histogram"`
}

// Number is a value in an interval: how many, or for "online" how many at its end.
type Number struct {
	T int64   `json:"t"`
	V float64 `json:"v"`
}

// Violations must never happen: one, and the run has failed.
type Violations struct {
	Count  int64            `json:"count"`
	Kinds  map[string]int64 `json:"kinds"`
	Sample []Violation      `json:"sample"` // the first ones
}

// Violation says what was wrong, and at whose device.
type Violation struct {
	Kind string    `json:"kind"`
	Who  string    `json:"who"`
	What string    `json:"what"`
	At   time.Time `json:"at"`
}

// MaxSample is how many violations are kept word by word.
const MaxSample = 50

// Names returns the metrics that have durations, the known ones in their order.
func (r *Result) Names() []string {
	order := map[string]int{}
	for i, m := range Metrics {
		order[m.Name] = i - len(Metrics)
	}
	var names []string
	for name, m := range r.Metrics {
		if m.All.Count() > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(order[a], order[b]), cmp.Compare(a, b)) })
	return names
}

// Failed reports whether an objective was missed.
func (r *Result) Failed() bool {
	return slices.ContainsFunc(r.Objectives, func(o Outcome) bool { return !o.Met })
}

// Delivered returns which part of the states that members should have got arrived, 1 if there were none to get.
func (r *Result) Delivered() float64 {
	due := r.Counters["states.due"]
	if due == 0 {
		return 1
	}
	return min(1, float64(r.Counters["states.arrived"])/float64(due)) // who comes and goes meanwhile is counted roughly
}

// Write writes r as JSON.
func (r *Result) Write(out io.Writer) error {
	for _, m := range r.Metrics {
		m.Count, m.P50, m.P99, m.Most = m.All.Count(), Millis(m.All.Quantile(50)), Millis(m.All.Quantile(99)), Millis(m.All.Max())
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// Millis returns a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// maxFile bounds a result's JSON.
const maxFile = 256 << 20

// Read reads what Write wrote.
func Read(in io.Reader) (*Result, error) {
	var r Result
	if err := json.NewDecoder(io.LimitReader(in, maxFile)).Decode(&r); err != nil {
		return nil, fmt.Errorf("no result of foyer-bots: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("a result of format %d; this program reads %d", r.Format, Format)
	}
	for name, m := range r.Metrics {
		if m == nil || m.All == nil || slices.ContainsFunc(m.Slots, func(s Slot) bool { return s.All == nil }) {
			return nil, fmt.Errorf("metric %s has no histogram", name)
		}
	}
	if r.Interval < 1 {
		return nil, fmt.Errorf("interval of %d s", r.Interval)
	}
	return &r, nil
}
