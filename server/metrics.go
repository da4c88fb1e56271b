package server

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"foyer/protocol"
	"foyer/server/ws"
)

// metrics count what happens on this node. No label has more values than the protocol has words.
type metrics struct {
	requests  *prometheus.HistogramVec // by method and outcome
	ends      *prometheus.CounterVec   // by close code
	gaps      *prometheus.CounterVec   // hints that were missed, by what
	caughtUp  prometheus.Counter       // log entries read because of them
	malformed prometheus.Counter       // Bus messages that made no sense
	overLimit prometheus.Counter       // states written faster than allowed
	resumes   *prometheus.CounterVec   // hellos that asked to resume, by outcome
	heldFull  prometheus.Counter       // notifications that found no room behind a request
	failed    *prometheus.CounterVec   // regular steps that failed, by step
	reaped    prometheus.Counter       // devices whose grace ended
	tickLate  prometheus.Histogram     // how late sessions' ticks began
	mistakes  *prometheus.CounterVec   // panics that were caught, by where
	all       []prometheus.Collector
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "foyer_request_seconds", Help: "Time to carry out a request, by method and outcome.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"method", "outcome"}),
		ends:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "foyer_devices_ended_total", Help: "Devices that ended, by close code."}, []string{"code"}),
		gaps:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "foyer_gaps_total", Help: "Missed hints that were noticed, by kind."}, []string{"kind"}),
		caughtUp:  prometheus.NewCounter(prometheus.CounterOpts{Name: "foyer_caught_up_total", Help: "Log entries read because a hint was missed."}),
		malformed: prometheus.NewCounter(prometheus.CounterOpts{Name: "foyer_bus_malformed_total", Help: "Bus messages that made no sense and were dropped."}),
		overLimit: prometheus.NewCounter(prometheus.CounterOpts{Name: "foyer_states_over_limit_total", Help: "States written faster than allowed; only the newest counts."}),
	}
	m.resumes = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "foyer_resumes_total", Help: "Devices that asked to resume, by outcome: resumed, or anew (too long away, or another epoch)."}, []string{"outcome"})
	m.heldFull = prometheus.NewCounter(prometheus.CounterOpts{Name: "foyer_held_full_total", Help: "Notifications that found no room behind a request in flight; the device is closed with 4000."})
	m.failed = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "foyer_steps_failed_total", Help: "Regular work that failed and is tried again, by step: graces, log, expiry, mail, presence, retention."}, []string{"step"})
	m.reaped = prometheus.NewCounter(prometheus.CounterOpts{Name: "foyer_graces_ended_total", Help: "Dropped devices that did not come back in time."})
	m.mistakes = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "foyer_mistakes_total", Help: "Mistakes in the program (panics, logged with their stack) that were caught, by where they happened. Please report them."}, []string{"where"})
	m.tickLate = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "foyer_tick_late_seconds", Help: "How long after its moment a session's tick began.",
		Buckets: []float64{.00025, .0005, .001, .002, .004, .008, .016, .032, .064, .128, .256},
	})
	stats := s.acceptor.Stats()
	gauge := func(name, help string, fn func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, fn)
	}
	counter := func(name, help string, fn func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, fn)
	}
	refused := func(why ws.Why) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "foyer_upgrades_refused_total", Help: "Requests that did not become sockets, by why.", ConstLabels: prometheus.Labels{"why": why.String()},
		}, func() float64 { return float64(stats.Refused[why].Load()) })
	}
	m.all = []prometheus.Collector{
		m.requests, m.ends, m.gaps, m.caughtUp, m.malformed, m.overLimit, m.resumes, m.heldFull, m.failed, m.reaped, m.tickLate, m.mistakes,
		gauge("foyer_devices", "Open sockets.", func() float64 { return float64(stats.Open.Load()) }),
		gauge("foyer_users", "Users with devices on this node.", func() float64 { return float64(s.accounts.count()) }),
		gauge("foyer_sessions", "Sessions with devices on this node.", func() float64 { return float64(s.rooms.count()) }),
		gauge("foyer_hellos", "Devices whose hello is being carried out.", func() float64 { return float64(s.hellos.Load()) }),
		gauge("foyer_draining", "1 while the node sends its devices away to stop.", func() float64 { return flag(s.draining.Load()) }),
		gauge("foyer_log_age_seconds", "Time since the tail of the log of changes was read.", func() float64 { return s.now().Sub(time.UnixMilli(s.tailRead.Load())).Seconds() }),
		gauge("foyer_queued_bytes", "Bytes that wait for devices in this node's memory.", func() float64 { return float64(stats.Queued.Load()) }),
		gauge("foyer_queued_bytes_limit", "Bytes that may wait for all devices together (--transport.queue-total); 0: no limit.", func() float64 { return float64(s.acceptor.QueueTotal()) }),
		counter("foyer_queues_full_total", "Messages for which a device's queue had no room; the device is closed with 4000.", func() float64 { return float64(stats.QueuesFull.Load()) }),
		counter("foyer_upgrades_total", "Requests that became sockets.", func() float64 { return float64(stats.Upgraded.Load()) }),
		counter("foyer_slow_readers_total", "Sockets closed because the device took nothing.", func() float64 { return float64(stats.SlowReaders.Load()) }),
		counter("foyer_pongs_missing_total", "Sockets closed because a pong did not come.", func() float64 { return float64(stats.PongsMissing.Load()) }),
		counter("foyer_states_dropped_total", "Ticks that a device had no room for; a key frame follows.", func() float64 { return float64(stats.StatesDropped.Load()) }),
		counter("foyer_states_replaced_total", "Ticks that a device had not taken when a key frame took their place.", func() float64 { return float64(stats.KeyFrames.Load()) }),
	}
	for _, why := range ws.Whys() {
		m.all = append(m.all, refused(why))
	}
	return m
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// Metrics are what this node counts, for a registry.
func (s *Server) Metrics() []prometheus.Collector { return s.metrics.all }

func (m *metrics) request(method protocol.Method, refusal *protocol.Error, took time.Duration) {
	if _, known := methods[method]; !known {
		method = "unknown"
	}
	outcome := "ok"
	if refusal != nil {
		if outcome = string(refusal.Reason()); outcome == "" {
			outcome = strconv.Itoa(int(refusal.Code))
		}
	}
	m.requests.WithLabelValues(string(method), outcome).Observe(took.Seconds())
}

// resumed takes note of what became of a device that asked to resume.
func (m *metrics) resumed(asked *protocol.Resume, resumed bool) {
	outcome := "anew"
	switch {
	case asked == nil:
		return
	case resumed:
		outcome = "resumed"
	}
	m.resumes.WithLabelValues(outcome).Inc()
}

// methods are the known ones: a client can't make a label grow.
var methods = func() map[protocol.Method]struct{} {
	known := map[protocol.Method]struct{}{}
	for _, info := range protocol.Methods() {
		known[info.Method] = struct{}{}
	}
	return known
}()

func (m *metrics) ended(reason ws.Closed) {
	code := strconv.Itoa(int(reason.Code))
	if reason.ByDevice && (reason.Code < 1000 || reason.Code > 1015) {
		code = "other" // a client may close with whatever it likes
	}
	m.ends.WithLabelValues(code).Inc()
}

func (a *accounts) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.by)
}

func (r *rooms) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.by)
}
