// Package admin is what operators and their machines look at, on a listener of its own: whether the process lives, whether
// it should get traffic, its metrics and its profiles. cmd/foyer mounts it; it changes nothing.
//
// The listener is on loopback unless configured otherwise. Profiles are served to this machine alone even then: they show
// what is in memory.
package admin

import (
	"context"
	"encoding/json"
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
	// Ready returns nil if the node should get traffic, else why not. Its text is shown.
	Ready func(context.Context) error
	// Degraded returns why a ready node can do less than it should, nil if it can't; nil for a node that always does.
	Degraded func() error
	// Collectors are the node's own metrics, beside those of the Go runtime and the process.
	Collectors []prometheus.Collector
}

// Handler serves /livez, /readyz, /metrics and /debug/pprof/. Two collectors of one name are a mistake in the program and
// panic.
func Handler(o Options) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	registry.MustRegister(o.Collectors...)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok", "") })
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

func ready(w http.ResponseWriter, r *http.Request, o Options) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if err := o.Ready(ctx); err != nil {
		answer(w, http.StatusServiceUnavailable, "unavailable", err.Error())
		return
	}
	if o.Degraded != nil {
		if err := o.Degraded(); err != nil {
			answer(w, http.StatusOK, "degraded", err.Error())
			return
		}
	}
	answer(w, http.StatusOK, "ok", "")
}

func answer(w http.ResponseWriter, status int, state, reason string) {
	body := map[string]string{"status": state}
	if reason != "" {
		body["reason"] = reason
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked is gone if this fails
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
