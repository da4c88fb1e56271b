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
	var trouble error
	h := Handler(Options{Ready: func(context.Context) error { return trouble }})
	get := func(path string) *httptest.ResponseRecorder { return ask(h, "GET", path, "10.0.0.1:1", "foyer:8081") }
	require.Equal(t, 200, get("/livez").Code)
	require.Equal(t, 200, get("/readyz").Code)
	require.JSONEq(t, `{"status":"ok"}`, get("/readyz").Body.String())
	trouble = errors.New("store out of reach")
	require.Equal(t, 200, get("/livez").Code, "being alive does not depend on others")
	require.Equal(t, 503, get("/readyz").Code)
	require.JSONEq(t, `{"status":"unavailable","reason":"store out of reach"}`, get("/readyz").Body.String())
	require.Equal(t, 405, ask(h, "POST", "/livez", "127.0.0.1:1", "localhost").Code)
	require.Equal(t, 404, get("/").Code)
}

func TestReadinessIsAnsweredEvenIfAStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := Handler(Options{Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		start := time.Now()
		require.Equal(t, 503, ask(h, "GET", "/readyz", "127.0.0.1:1", "localhost").Code)
		require.Equal(t, readyTime, time.Since(start))
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
