package load

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"foyer/cmd/foyer-bots/result"
)

// metric is an index into result.Metrics.
type metric int

// The metrics, in the order of result.Metrics.
const (
	mConnect metric = iota
	mResume
	mJoin
	mRoster
	mComplete
	mLeave
	mInvite
	mWithdraw
	mAccept
	mDecline
	mCross
	mRemove
	mPresence
	mMessage
	mState
	mJitter
	mAnswer
	mLag
	metrics
)

// shards divide a meter, so that devices rarely wait for each other.
const shards = 4

// maxSlots is about how many intervals a load is divided into.
const maxSlots = 300

// meter takes the durations of one metric.
type meter struct {
	shards [shards]struct {
		mu sync.Mutex
		h  *result.Histogram // of this interval; nil until needed
	}
	all   *result.Histogram // owned by cut
	slots []result.Slot     // owned by cut
}

// recorder is what a load writes down.
type recorder struct {
	interval int64 // seconds
	meters   [metrics]meter

	online                                  atomic.Int64 // devices
	requests, pushes, states, errors, lost  atomic.Int64
	written, due, arrived, late, early      atomic.Int64 // states
	revisions, rosters, presences, messages atomic.Int64 // checked
	missed, dropped, resumed, fetched       atomic.Int64

	mu         sync.Mutex // guards what follows
	refused    map[string]int64
	closed     map[string]int64
	violations result.Violations

	series map[string][]result.Number // owned by cut
	before map[string]int64           // owned by cut
}

func newRecorder(duration time.Duration) *recorder {
	r := &recorder{
		interval: 600, refused: map[string]int64{}, closed: map[string]int64{}, violations: result.Violations{Kinds: map[string]int64{}},
		series: map[string][]result.Number{}, before: map[string]int64{},
	}
	for _, s := range []int64{300, 60, 30, 10, 5, 2, 1} {
		if duration/time.Duration(s)/time.Second <= maxSlots {
			r.interval = s
		}
	}
	for i := range r.meters {
		r.meters[i].all = result.NewHistogram()
	}
	return r
}

// add counts a duration. shard is any number that differs among those who call at once.
func (r *recorder) add(m metric, shard int, d time.Duration) {
	s := &r.meters[m].shards[shard%shards]
	s.mu.Lock()
	if s.h == nil {
		s.h = result.NewHistogram()
	}
	s.h.Add(d)
	s.mu.Unlock()
}

// cut ends an interval that began at t.
func (r *recorder) cut(t int64) {
	for i := range r.meters {
		m := &r.meters[i]
		var slot *result.Histogram
		for j := range m.shards {
			s := &m.shards[j]
			s.mu.Lock()
			if s.h != nil && s.h.Count() > 0 {
				if slot == nil {
					slot = result.NewHistogram()
				}
				slot.Merge(s.h)
				s.h.Reset()
			}
			s.mu.Unlock()
		}
		if slot != nil {
			m.all.Merge(slot)
			m.slots = append(m.slots, result.Slot{T: t, All: slot})
		}
	}
	r.series[result.SeriesOnline] = append(r.series[result.SeriesOnline], result.Number{T: t, V: float64(r.online.Load())})
	for name, n := range map[string]int64{
		result.SeriesRequests: r.requests.Load(), result.SeriesPushes: r.pushes.Load(), result.SeriesStates: r.states.Load(),
		result.SeriesErrors: r.errors.Load(), result.SeriesLost: r.lost.Load(),
	} {
		r.series[name] = append(r.series[name], result.Number{T: t, V: float64(n - r.before[name])})
		r.before[name] = n
	}
}

// run cuts at each multiple of the interval, until stop is closed, and once more.
func (r *recorder) run(stop <-chan struct{}) {
	begun := time.Now().Unix() / r.interval * r.interval
	for {
		next := begun + r.interval
		timer := time.NewTimer(time.Until(time.Unix(next, 0)))
		select {
		case <-timer.C:
			r.cut(begun)
			begun = next
		case <-stop:
			timer.Stop()
			r.cut(begun)
			return
		}
	}
}

// refuse counts a request that did not get what it asked for.
func (r *recorder) refuse(what string) {
	r.errors.Add(1)
	r.mu.Lock()
	r.refused[what]++
	r.mu.Unlock()
}

// delay counts a request that is to be made again later.
func (r *recorder) delay(what string) {
	r.mu.Lock()
	r.refused[what]++
	r.mu.Unlock()
}

// close counts a socket that ended though nobody here ended it.
func (r *recorder) close(why string) {
	r.lost.Add(1)
	r.mu.Lock()
	r.closed[why]++
	r.mu.Unlock()
}

// violate writes down what must never happen.
func (r *recorder) violate(kind, who, format string, args ...any) {
	v := result.Violation{Kind: kind, Who: who, What: fmt.Sprintf(format, args...), At: time.Now().UTC()}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations.Count++
	r.violations.Kinds[kind]++
	if len(r.violations.Sample) < result.MaxSample {
		r.violations.Sample = append(r.violations.Sample, v)
	}
}

// fill writes all into a result, once nothing is added any more.
func (r *recorder) fill(out *result.Result) {
	out.Interval, out.Metrics, out.Series = r.interval, map[string]*result.Metric{}, r.series
	for i, info := range result.Metrics {
		if m := &r.meters[i]; m.all.Count() > 0 {
			out.Metrics[info.Name] = &result.Metric{All: m.all, Slots: m.slots}
		}
	}
	out.Counters = map[string]int64{
		"errors": r.errors.Load(), "lost_sockets": r.lost.Load(), "requests": r.requests.Load(), "pushes": r.pushes.Load(),
		"states.written": r.written.Load(), "states.due": r.due.Load(), "states.arrived": r.arrived.Load(),
		"states.late": r.late.Load(), "states.early": r.early.Load(),
		"checked.revisions": r.revisions.Load(), "checked.rosters": r.rosters.Load(), "checked.states": r.states.Load(),
		"checked.presences": r.presences.Load(), "checked.messages": r.messages.Load(),
		"messages.missed": r.missed.Load(), "sockets.dropped": r.dropped.Load(), "sockets.resumed": r.resumed.Load(),
		"sockets.fetched": r.fetched.Load(),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out.Refused, out.Closed, out.Violations = maps.Clone(r.refused), maps.Clone(r.closed), r.violations
}
