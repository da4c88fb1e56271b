package ws

import (
	"runtime/metrics"
	"time"
)

const (
	// latest is how long a goroutine that could run may wait for a processor.
	latest = 5 * time.Millisecond
	// lateShare of all that ran since the last look must have waited longer for the machine to count as behind.
	lateShare = 0.05
)

// schedule looks at how long goroutines waited for a processor: the one thing that every kind of work has too much of
// when there is too much work.
type schedule struct {
	sample       [1]metrics.Sample
	before, late uint64 // all, and those who waited too long, at the last look
}

func newSchedule() *schedule {
	s := &schedule{sample: [1]metrics.Sample{{Name: "/sched/latencies:seconds"}}}
	s.behind()
	return s
}

// behind implements load; it is for one caller at a time.
func (s *schedule) behind() bool {
	metrics.Read(s.sample[:])
	if s.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return false // no such figure in this Go
	}
	waits := s.sample[0].Value.Float64Histogram()
	var all, late uint64
	for i, n := range waits.Counts {
		all += n
		if waits.Buckets[i] >= latest.Seconds() {
			late += n
		}
	}
	ran, waited := all-s.before, late-s.late
	s.before, s.late = all, late
	return ran > 0 && float64(waited) > lateShare*float64(ran)
}
