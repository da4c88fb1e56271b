// Package admin is what operators and their machines look at, on a listener of its own: whether the process lives, whether
// it should get traffic, its metrics and its profiles. cmd/foyer mounts it; it changes nothing.
//
// The listener is on loopback unless configured otherwise. Profiles are served to this machine alone even then: they show
// what is in memory.
package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyTime is how long the answer to /readyz may take.
const readyTime = 2 * time.Second

// Options say what there is to see.
type Options struct {
	// Draining reports whether the node is sending its devices away to stop.
	Draining func() bool
	// Parts are what the node stands on.
	Parts []Part
	// Collectors are the node's own metrics, beside those of the Go runtime and the process.
	Collectors []prometheus.Collector
}

// Part is something that a node stands on.
type Part struct {
	Name string
	// Check returns nil if the part is as it should be, else what is wrong. Its text is shown.
	Check func(context.Context) error
	// Needed says that new devices get nowhere without it. Without the others the node can do less than it should.
	Needed bool
}

// Handler serves /livez, /readyz, /metrics and /debug/pprof/. Two collectors of one name are a mistake in the program and
// panic.
func Handler(o Options) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	registry.MustRegister(o.Collectors...)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, state{Status: "ok"}) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, o) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	for path, h := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/cmdline": pprof.Cmdline, "/debug/pprof/profile": pprof.Profile,
		"/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace,
	} {
		mux.Handle(path, thisMachine(h))
	}
	return mux
}

// state is the answer to /readyz: ok; degraded, when a part is amiss that new devices can do without; unavailable, when
// they can't; or draining.
type state struct {
	Status string               `json:"status"`
	Parts  map[string]partState `json:"parts,omitempty"`
}

type partState struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// ready looks at all parts at once: one that hangs must not hide the others.
func ready(w http.ResponseWriter, r *http.Request, o Options) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	found := look(ctx, o.Parts)
	s, status := state{Status: "ok", Parts: make(map[string]partState, len(o.Parts))}, http.StatusOK
	for i, p := range o.Parts {
		switch {
		case found[i] == nil:
			s.Parts[p.Name] = partState{OK: true}
			continue
		case p.Needed:
			s.Status, status = "unavailable", http.StatusServiceUnavailable
		case s.Status == "ok":
			s.Status = "degraded"
		}
		s.Parts[p.Name] = partState{Reason: found[i].Error()}
	}
	if o.Draining != nil && o.Draining() {
		s.Status, status = "draining", http.StatusServiceUnavailable
	}
	answer(w, status, s)
}

// look returns what is wrong with each part: with one that has not been found out about when ctx ends, that.
func look(ctx context.Context, parts []Part) []error {
	found := make([]error, len(parts))
	asked := make([]chan error, len(parts))
	for i, p := range parts {
		asked[i] = make(chan error, 1)
		go func() { asked[i] <- p.Check(ctx) }()
	}
	for i := range parts {
		select {
		case found[i] = <-asked[i]:
		case <-ctx.Done():
			select {
			case found[i] = <-asked[i]: // it had answered while another was waited for
			case <-time.After(moment):
				found[i] = errHangs
			}
		}
	}
	return found
}

// moment is how long a part is waited for that should end with its context.
const moment = 100 * time.Millisecond

var errHangs = errors.New("hangs: it does not say in time how it is")

func answer(w http.ResponseWriter, status int, s state) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(s) // whoever asked is gone if this fails
}

// thisMachine refuses whoever is elsewhere, and browsers that were led here under another name.
func thisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !peer.Addr().Unmap().IsLoopback() || !local(r.Host) {
			http.Error(w, "profiles are for this machine alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// local reports whether a Host header names this machine.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
