package result

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Merge returns the results of several processes, which ran the same scenario at the same time, as one.
func Merge(all ...*Result) (*Result, error) {
	if len(all) == 0 {
		return nil, errors.New("nothing to merge")
	}
	first := all[0]
	out := &Result{
		Format: Format, Version: first.Version, Scenario: first.Scenario, Started: first.Started, Ended: Complete,
		Metrics: map[string]*Metric{}, Counters: map[string]int64{}, Series: map[string][]Number{},
		Refused: map[string]int64{}, Closed: map[string]int64{}, Violations: Violations{Kinds: map[string]int64{}},
	}
	var until time.Time
	for _, r := range all {
		if r.Scenario.Source != first.Scenario.Source {
			return nil, fmt.Errorf("they did different things: scenario %s and another %s", first.Scenario.Name, r.Scenario.Name)
		}
		for _, part := range r.Parts {
			if slices.ContainsFunc(out.Parts, func(p Part) bool { return p.Part == part.Part && part.Part != "1/1" }) {
				return nil, fmt.Errorf("part %s is there twice", part.Part)
			}
			out.Parts = append(out.Parts, part)
		}
		out.Interval = max(out.Interval, r.Interval)
		if r.Started.Before(out.Started) {
			out.Started = r.Started
		}
		if end := r.Started.Add(time.Duration(r.Seconds * float64(time.Second))); end.After(until) {
			until = end
		}
		for _, t := range r.Targets {
			if !slices.Contains(out.Targets, t) {
				out.Targets = append(out.Targets, t)
			}
		}
		out.Servers = append(out.Servers, r.Servers...)
		if r.Ended != Complete {
			out.Ended = r.Ended
		}
	}
	out.Seconds = until.Sub(out.Started).Seconds()
	slices.Sort(out.Targets)
	for _, r := range all {
		out.add(r)
	}
	return out, nil
}

// add takes in the figures of another result.
func (r *Result) add(other *Result) {
	for name, m := range other.Metrics {
		mine := r.Metrics[name]
		if mine == nil {
			mine = &Metric{All: NewHistogram()}
			r.Metrics[name] = mine
		}
		mine.All.Merge(m.All)
		mine.Slots = mergeSlots(mine.Slots, m.Slots, r.Interval)
	}
	for name, numbers := range other.Series {
		r.Series[name] = mergeNumbers(r.Series[name], numbers, name == SeriesOnline, r.Interval)
	}
	for _, both := range []struct{ to, from map[string]int64 }{
		{r.Counters, other.Counters}, {r.Refused, other.Refused}, {r.Closed, other.Closed}, {r.Violations.Kinds, other.Violations.Kinds},
	} {
		for k, n := range both.from {
			both.to[k] += n
		}
	}
	r.Violations.Count += other.Violations.Count
	r.Violations.Sample = append(r.Violations.Sample, other.Violations.Sample...)
	slices.SortStableFunc(r.Violations.Sample, func(a, b Violation) int { return a.At.Compare(b.At) })
	r.Violations.Sample = r.Violations.Sample[:min(len(r.Violations.Sample), MaxSample)]
}

// mergeSlots adds slots to slots by their time.
func mergeSlots(to, from []Slot, interval int64) []Slot {
	at := map[int64]*Histogram{}
	for _, s := range slices.Concat(to, from) {
		t := s.T / interval * interval
		if at[t] == nil {
			at[t] = NewHistogram()
		}
		at[t].Merge(s.All)
	}
	out := make([]Slot, 0, len(at))
	for t, h := range at {
		out = append(out, Slot{t, h})
	}
	slices.SortFunc(out, func(a, b Slot) int { return int(a.T - b.T) })
	return out
}

// mergeNumbers adds numbers to numbers by their time. Of a level, such as who is online, the last one in a longer
// interval counts; the levels of two processes add up all the same.
func mergeNumbers(to, from []Number, level bool, interval int64) []Number {
	at := map[int64]float64{}
	for _, n := range to {
		at[n.T] += n.V
	}
	own := map[int64]float64{}
	for _, n := range from {
		t := n.T / interval * interval
		if level {
			own[t] = n.V
		} else {
			own[t] += n.V
		}
	}
	for t, v := range own {
		at[t] += v
	}
	out := make([]Number, 0, len(at))
	for t, v := range at {
		out = append(out, Number{t, v})
	}
	slices.SortFunc(out, func(a, b Number) int { return int(a.T - b.T) })
	return out
}
