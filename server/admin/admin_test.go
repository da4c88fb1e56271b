package admin

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// ask returns what a request from an address gets.
func ask(h http.Handler, method, path, from, host string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr, r.Host = from, host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhetherTheNodeLivesAndIsReady(t *testing.T) {
	var store, redis error
	draining := false
	h := Handler(Options{
		Draining: func() bool { return draining },
		Parts: []Part{
			{Name: "store", Needed: true, Check: func(context.Context) error { return store }},
			{Name: "redis", Check: func(context.Context) error { return redis }},
		},
	})
	get := func(path string) *httptest.ResponseRecorder { return ask(h, "GET", path, "10.0.0.1:1", "foyer:8081") }
	away := errors.New("out of reach")
	rows := []struct {
		store, redis error
		draining     bool
		status       int
		body         string
	}{
		{nil, nil, false, 200, `{"status":"ok","parts":{"store":{"ok":true},"redis":{"ok":true}}}`},
		{nil, away, false, 200, `{"status":"degraded","parts":{"store":{"ok":true},"redis":{"ok":false,"reason":"out of reach"}}}`},
		{away, nil, false, 503, `{"status":"unavailable","parts":{"store":{"ok":false,"reason":"out of reach"},"redis":{"ok":true}}}`},
		{away, away, false, 503, `{"status":"unavailable","parts":{"store":{"ok":false,"reason":"out of reach"},"redis":{"ok":false,"reason":"out of reach"}}}`},
		{nil, nil, true, 503, `{"status":"draining","parts":{"store":{"ok":true},"redis":{"ok":true}}}`},
		{nil, away, true, 503, `{"status":"draining","parts":{"store":{"ok":true},"redis":{"ok":false,"reason":"out of reach"}}}`},
	}
	for _, row := range rows {
		store, redis, draining = row.store, row.redis, row.draining
		require.Equal(t, row.status, get("/readyz").Code)
		require.JSONEq(t, row.body, get("/readyz").Body.String())
		require.Equal(t, 200, get("/livez").Code, "being alive depends on nothing")
		require.JSONEq(t, `{"status":"ok"}`, get("/livez").Body.String())
	}
	require.Equal(t, 405, ask(h, "POST", "/livez", "127.0.0.1:1", "localhost").Code)
	require.Equal(t, 404, get("/").Code)
}

func TestReadinessIsAnsweredEvenIfAPartHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		h := Handler(Options{Parts: []Part{{Name: "one", Check: hangs, Needed: true}, {Name: "two", Check: hangs}}})
		start := time.Now()
		require.Equal(t, 503, ask(h, "GET", "/readyz", "127.0.0.1:1", "localhost").Code)
		require.Equal(t, readyTime, time.Since(start))
		start = time.Now()
		require.Equal(t, 200, ask(h, "GET", "/livez", "127.0.0.1:1", "localhost").Code)
		require.Zero(t, time.Since(start))
	})
}

func TestAPartThatIgnoresThatTimeIsOverIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		locked := make(chan struct{})
		defer close(locked)
		h := Handler(Options{Parts: []Part{
			{Name: "subscriptions", Check: func(context.Context) error { <-locked; return nil }},
			{Name: "store", Needed: true, Check: func(context.Context) error { return nil }},
		}})
		w := ask(h, "GET", "/readyz", "10.0.0.1:1", "foyer:8081")
		require.JSONEq(t, `{"status":"degraded","parts":{"store":{"ok":true},"subscriptions":{"ok":false,"reason":"hangs: it does not say in time how it is"}}}`, w.Body.String())
	})
}

func TestMetricsOfTheNodeAndOfTheRuntime(t *testing.T) {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "foyer_things_total", Help: "Things."})
	c.Add(3)
	body := ask(Handler(Options{Collectors: []prometheus.Collector{c}}), "GET", "/metrics", "10.0.0.1:1", "foyer").Body.String()
	for _, want := range []string{"foyer_things_total 3", "go_goroutines ", "go_memstats_heap_inuse_bytes ", "process_resident_memory_bytes ", "go_build_info"} {
		require.Contains(t, body, want)
	}
}

func TestProfilesAreForThisMachineAlone(t *testing.T) {
	h := Handler(Options{})
	rows := []struct {
		from, host string
		status     int
	}{
		{"127.0.0.1:1", "127.0.0.1:8081", 200},
		{"127.0.0.1:1", "localhost:8081", 200},
		{"[::1]:1", "[::1]:8081", 200},
		{"127.0.0.1:1", "localhost", 200},
		{"10.0.0.1:1", "localhost:8081", 403},
		{"[::ffff:10.0.0.1]:1", "localhost:8081", 403},
		{"127.0.0.1:1", "evil.example:8081", 403},
		{"127.0.0.1:1", "localhost.evil.example", 403},
		{"pipe", "localhost", 403},
	}
	for _, row := range rows {
		for _, path := range []string{"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/heap?debug=1"} {
			require.Equal(t, row.status, ask(h, "GET", path, row.from, row.host).Code, "%s from %s", path, row.from)
		}
	}
}
