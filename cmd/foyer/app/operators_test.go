package app

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/admin"
	"foyer/server/cluster/redis"
	"foyer/server/config"
	"foyer/server/store"
)

var update = flag.Bool("update", false, "rewrite docs/metrics.md")

const root = "../../../"

// metric is one that the program has, as it describes itself.
type metric struct{ name, help, labels string }

var described = regexp.MustCompile(`fqName: "([^"]+)", help: ("(?:[^"\\]|\\.)*"),(?: unit: "[^"]*",)? constLabels: \{([^}]*)\}, variableLabels: \{([^}]*)\}`)

// describe returns what collectors have, each name once.
func describe(t *testing.T, all []prometheus.Collector) []metric {
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		for _, c := range all {
			c.Describe(descs)
		}
	}()
	found := map[string]metric{}
	for d := range descs {
		m := described.FindStringSubmatch(d.String())
		require.NotNil(t, m, d)
		var help string
		require.NoError(t, json.Unmarshal([]byte(m[2]), &help))
		labels := m[4]
		if m[3] != "" {
			labels, _, _ = strings.Cut(m[3], "=")
		}
		found[m[1]] = metric{m[1], help, strings.ReplaceAll(labels, ",", ", ")}
	}
	out := make([]metric, 0, len(found))
	for _, m := range found {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b metric) int { return strings.Compare(a.name, b.name) })
	return out
}

// own are all metrics of Foyer's, those of nodes with a Redis too.
func own(t *testing.T) []metric {
	t.Helper()
	between := &between{bus: new(redis.Bus), node: new(redis.Node)}
	return describe(t, slices.Concat(alone(t).collectors(), between.metrics()))
}

// alone is a node by itself, with a database in memory.
func alone(t *testing.T) *App {
	t.Helper()
	var settings config.Settings
	parser, err := kong.New(&settings, config.Options()...)
	require.NoError(t, err)
	_, err = parser.Parse([]string{"--store=sqlite::memory:", "--dev"})
	require.NoError(t, err)
	require.NoError(t, settings.Complete())
	a, err := New(t.Context(), settings, zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// A database may be read and take nothing: its disk is full.
func TestANodeThatCanStoreNothingIsNotHealthy(t *testing.T) {
	a := alone(t)
	ready := func() string {
		w := httptest.NewRecorder()
		a.adminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		require.Equal(t, 200, w.Code, "others could do no more")
		return w.Body.String()
	}
	require.Contains(t, ready(), `"status":"ok"`)
	full := protocol.Refuse(protocol.Unavailable)
	require.ErrorIs(t, a.store.Update(t.Context(), func(*store.Tx) error { return full }), full)
	require.Contains(t, ready(), `"status":"degraded"`)
	require.NoError(t, a.store.Update(t.Context(), func(*store.Tx) error { return nil }))
	require.Contains(t, ready(), `"status":"ok"`)
}

// A node that nobody hangs on yet has no subscription that could be missing.
func TestARedisThatIsAwayWhenANodeStartsIsNamed(t *testing.T) {
	a := alone(t)
	between, err := newBetween(config.Settings{Redis: "redis://127.0.0.1:1"}, "", zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, between.Close()) })
	a.between = between
	redis := slices.IndexFunc(a.standsOn(), func(p admin.Part) bool { return p.Name == "redis" })
	require.Eventually(t, func() bool { return a.standsOn()[redis].Check(t.Context()) != nil }, 10*time.Second, 10*time.Millisecond)
}

// labelsAllowed are those whose values are words of the program's; never a user, a session or an address.
var labelsAllowed = []string{"", "method, outcome", "code", "kind", "outcome", "step", "why", "where", "urgency", "kind, outcome"}

func TestEachMetricIsDocumented(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Metrics\n\nWhat `/metrics` shows beside the Go runtime's and the process's own (`go_…`, `process_…`). Made from the program: a test\n" +
		"compares, `go test ./cmd/foyer/app -update` rewrites. No label ever names a user, a session or an address.\n" +
		"`deploy/prometheus/alerts.yml` says what is worth waking somebody for, `deploy/grafana/foyer.json` shows them all.\n\n" +
		"| metric | labels | says |\n| --- | --- | --- |\n")
	for _, m := range own(t) {
		require.True(t, strings.HasPrefix(m.name, "foyer_"), m.name)
		require.True(t, strings.HasSuffix(m.help, "."), m.name)
		require.Contains(t, labelsAllowed, m.labels, m.name)
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.name, m.labels, m.help)
	}
	if *update {
		require.NoError(t, os.WriteFile(root+"docs/metrics.md", []byte(b.String()), 0o644))
	}
	have, err := os.ReadFile(root + "docs/metrics.md")
	require.NoError(t, err)
	require.Equal(t, b.String(), string(have), "go test ./cmd/foyer/app -update")
}

// names are the metrics in a query; "up" is Prometheus's own.
var names = regexp.MustCompile(`\b(?:foyer|go|process)_[a-z_]+|\bup\b`)

// TestAlertsAndDashboardNameMetricsThatExist reads every expression of both.
func TestAlertsAndDashboardNameMetricsThatExist(t *testing.T) {
	exist := map[string]bool{"up": true}
	for _, m := range own(t) {
		exist[m.name] = true
		if strings.HasSuffix(m.name, "_seconds") || strings.HasSuffix(m.name, "_requests") {
			exist[m.name+"_bucket"], exist[m.name+"_sum"], exist[m.name+"_count"] = true, true, true
		}
	}
	for _, m := range describe(t, []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}) {
		exist[m.name] = true
	}
	used := map[string]bool{}
	check := func(where, expression string) {
		found := names.FindAllString(expression, -1)
		require.NotEmpty(t, found, where)
		for _, name := range found {
			require.True(t, exist[name], "%s: there is no %s", where, name)
			used[name] = true
		}
	}

	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile(root + "deploy/prometheus/alerts.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &rules))
	alerts := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			alerts++
			check(r.Alert, r.Expr)
			require.Contains(t, []string{"page", "ticket"}, r.Labels["severity"], r.Alert)
			require.NotEmpty(t, r.Annotations["summary"], r.Alert)
			require.NotEmpty(t, r.Annotations["runbook"], r.Alert)
		}
	}
	require.Greater(t, alerts, 20)

	var board struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	text, err = os.ReadFile(root + "deploy/grafana/foyer.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &board))
	for _, p := range board.Panels {
		require.True(t, p.Type == "row" || len(p.Targets) > 0, p.Title)
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	for _, m := range own(t) {
		shown := used[m.name] || used[m.name+"_count"] || used[m.name+"_bucket"]
		require.True(t, shown || m.name == "foyer_store_calls_limit", "nobody looks at %s", m.name)
	}
}
