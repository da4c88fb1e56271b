package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foyer/protocol"
)

// stats are what a Store counts while it works.
type stats struct {
	calls   *prometheus.HistogramVec       // by kind and outcome, the waiting in line left out
	done    map[string]prometheus.Observer // of calls: those that were done, by kind; most are
	commits prometheus.Histogram           // requests in one of SQLite's commits
	waited  prometheus.Histogram           // in line, of the calls that got in
	lost    atomic.Pointer[lost]           // the last update, if it found the database away
}

// lost is an update that found the database away.
type lost struct {
	at    time.Time
	cause error
}

// lostLately is for how long an update that was lost says something of the next one.
const lostLately = 10 * time.Second

// Writes returns why nothing can be stored, as far as the last update tells; nil if it can. A database may be read and take
// nothing: its disk is full, or a standby that has to confirm is away.
func (s *Store) Writes(context.Context) error {
	if l := s.stats.lost.Load(); l != nil && time.Since(l.at) < lostLately {
		return l.cause
	}
	return nil
}

func newStats() *stats {
	s := &stats{
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "foyer_store_seconds", Help: "Time that a call of the database took, by kind (update, view) and outcome (done, refused, away).",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 4},
		}, []string{"kind", "outcome"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "foyer_store_commit_requests", Help: "Requests that shared one commit (SQLite).", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128},
		}),
		waited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "foyer_store_waited_seconds", Help: "Time that a call waited for its turn at the database.", Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5},
		}),
	}
	s.done = map[string]prometheus.Observer{kindUpdate: s.calls.WithLabelValues(kindUpdate, "done"), kindView: s.calls.WithLabelValues(kindView, "done")}
	return s
}

// The kinds of calls.
const (
	kindUpdate = "update"
	kindView   = "view"
)

// called takes note of a call that began at a time.
func (s *stats) called(kind string, began time.Time, err error) {
	took := time.Since(began).Seconds()
	if err == nil {
		s.done[kind].Observe(took)
		if kind == kindUpdate && s.lost.Load() != nil {
			s.lost.Store(nil)
		}
		return
	}
	outcome := "refused"
	var refused *protocol.Error
	if errors.As(err, &refused) && refused.Code == protocol.CodeUnavailable {
		outcome = "away"
		if kind == kindUpdate && !errors.Is(err, context.Canceled) {
			s.lost.Store(&lost{time.Now(), err})
		}
	}
	s.calls.WithLabelValues(kind, outcome).Observe(took)
}

// Collectors are what the Store counts, for a registry.
func (s *Store) Collectors() []prometheus.Collector {
	return []prometheus.Collector{s.stats.calls, s.stats.commits, s.stats.waited, &lineCollector{s}, &outboxCollector{s}}
}

// lineCollector shows who waits in the lines and who was refused.
type lineCollector struct{ store *Store }

var (
	insideDesc  = prometheus.NewDesc("foyer_store_calls", "Calls that are in the database now, by kind (with SQLite in memory, all are updates).", []string{"kind"}, nil)
	limitDesc   = prometheus.NewDesc("foyer_store_calls_limit", "Calls that may be in the database at once, by kind.", []string{"kind"}, nil)
	waitingDesc = prometheus.NewDesc("foyer_store_waiting", "Calls that wait for their turn now, by urgency.", []string{"urgency"}, nil)
	refusedDesc = prometheus.NewDesc("foyer_store_shed_total", "Requests refused because the database had too much to do, by urgency.", []string{"urgency"}, nil)
)

// Describe implements prometheus.Collector.
func (c *lineCollector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect implements prometheus.Collector.
func (c *lineCollector) Collect(out chan<- prometheus.Metric) {
	var waiting [urgencies]int
	var refused [urgencies]uint64
	show := func(kind string, l *line) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for u := range waiting {
			waiting[u] += l.waiting[u].Len()
			refused[u] += l.refused[u]
		}
		out <- prometheus.MustNewConstMetric(insideDesc, prometheus.GaugeValue, float64(l.inside), kind)
		out <- prometheus.MustNewConstMetric(limitDesc, prometheus.GaugeValue, float64(l.limit), kind)
	}
	show("update", c.store.updates)
	if c.store.views != c.store.updates {
		show("view", c.store.views)
	}
	for u := range Urgency(urgencies) {
		out <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(waiting[u]), u.String())
		out <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(refused[u]), u.String())
	}
}

// outboxCollector asks how many mails are still to be sent. A database that doesn't answer at once is not waited for.
type outboxCollector struct{ store *Store }

const outboxWithin = 500 * time.Millisecond

var (
	outboxDesc  = prometheus.NewDesc("foyer_outbox_waiting", "Mails written down and still to be sent, held back ones too; the same on all nodes.", nil, nil)
	overdueDesc = prometheus.NewDesc("foyer_outbox_overdue_seconds", "For how long the mail that is due longest has been due; 0 for none.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *outboxCollector) Describe(out chan<- *prometheus.Desc) {
	out <- outboxDesc
	out <- overdueDesc
}

// Collect implements prometheus.Collector.
func (c *outboxCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), outboxWithin)
	defer cancel()
	now := c.store.now().UnixMilli()
	var waiting, due int64
	err := c.store.View(ctx, func(tx *Tx) error {
		return tx.row(`SELECT COUNT(*), COALESCE(MIN(due_at), $1) FROM outbox`, now).Scan(&waiting, &due)
	})
	if err != nil {
		return
	}
	out <- prometheus.MustNewConstMetric(outboxDesc, prometheus.GaugeValue, float64(waiting))
	out <- prometheus.MustNewConstMetric(overdueDesc, prometheus.GaugeValue, max(0, float64(now-due)/1000))
}
