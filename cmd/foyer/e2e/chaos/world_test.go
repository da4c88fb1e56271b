package chaos

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/client"
	"foyer/server/auth"
	"foyer/server/cluster/redis/redistest"
	"foyer/server/store/testservice"
)

const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// world is a cluster with all that can be done to it, and the book of what happened.
type world struct {
	t          testing.TB
	seed       uint64
	began      time.Time
	out        io.Writer
	dir        string
	redis      *redistest.Server // nil if it is
	replicated *redistest.Cluster
	postgres   *testservice.Postgres
	sqlSocket  string
	nodes      []*node
	stats      stats
	pulse      pulse
	house      *house
	programs   map[string]string // whose clocks are off, by how much

	mu         sync.Mutex
	phases     []*phase    // guarded by mu
	groups     []*group    // that are at it; guarded by mu
	violations []string    // guarded by mu
	latencies  []latency   // guarded by mu
	byFault    []faultTime // guarded by mu
}

// stats count what went on.
type stats struct {
	calls, acknowledged, refused, repeated, unknown, givenUp           atomic.Int64
	deliveries, replayed, reconnects, groups                           atomic.Int64
	histories, unjudged                                                atomic.Int64
	resumed, kills, joins, rosters, messages, faults, settled, resyncs atomic.Int64
	stale, panels, states, presences                                   atomic.Int64
}

// phase is a time in which a fault is on, its healing included.
type phase struct {
	fault    string
	from, to time.Time     // to is zero while it is on
	within   time.Duration // in which a change has to be told meanwhile; 0 where nothing is promised
	node     string        // whose devices are promised nothing, "" if none is
}

// latency is how long after its commit a device was told of a change.
type latency struct {
	fault  string // that was on at the commit, or began before it was told; "" if none
	took   time.Duration
	within time.Duration // that it may take; 0 where nothing is promised
}

type faultTime struct {
	name     string
	from, to time.Time
}

func newWorld(t testing.TB, seed uint64, out io.Writer) *world {
	w := &world{t: t, seed: seed, began: time.Now(), out: out, dir: t.TempDir()}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	w.postgres, err = testservice.Start(ctx, "track_commit_timestamp = on")
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.postgres.Close() })
	u, err := url.Parse(w.postgres.URL)
	require.NoError(t, err)
	w.sqlSocket = filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432")
	w.startRedis(t, *redisFlag)
	for _, name := range []string{"one", "two", "three"} {
		n := newNode(w, name)
		n.start()
		w.nodes = append(w.nodes, n)
	}
	w.pulse.start(t)
	return w
}

// say writes a line of the report as it goes.
func (w *world) say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(w.out, "%7.2f  %s\n", time.Since(w.began).Seconds(), fmt.Sprintf(format, args...))
}

// maxViolations is how many are told in full.
const maxViolations = 40

// violate notes that a promise was broken.
func (w *world) violate(promise, format string, args ...any) {
	now := time.Now()
	text := fmt.Sprintf("[%s] at %.2f s, during %s: %s", promise, now.Sub(w.began).Seconds(), w.during(now), fmt.Sprintf(format, args...))
	w.mu.Lock()
	w.violations = append(w.violations, text)
	n := len(w.violations)
	w.mu.Unlock()
	if n <= maxViolations {
		w.say("VIOLATION %s", text)
	}
}

func (w *world) broken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.violations
}

// phaseAt returns the newest phase that was on at t, nil if none was.
func (w *world) phaseAt(t time.Time) *phase {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.phases) - 1; i >= 0; i-- {
		if p := w.phases[i]; !t.Before(p.from) && (p.to.IsZero() || t.Before(p.to)) {
			return p
		}
	}
	return nil
}

func (w *world) during(t time.Time) string {
	if p := w.phaseAt(t); p != nil {
		return fmt.Sprintf("%s (since %.2f s)", p.fault, p.from.Sub(w.began).Seconds())
	}
	return "no fault"
}

// overlaps reports whether a phase of a fault for which fits was on between two times.
func (w *world) overlaps(from, to time.Time, fits func(*phase) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.phases {
		if p.from.Before(to) && (p.to.IsZero() || p.to.After(from)) && fits(p) {
			return true
		}
	}
	return false
}

// calmSince returns when the last fault whose name begins so ended, or when the campaign began.
func (w *world) calmSince(name string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	calm := w.began
	for _, p := range w.phases {
		if strings.HasPrefix(p.fault, name) && p.to.After(calm) {
			calm = p.to
		}
	}
	return calm
}

// begin opens a phase; end closes it.
func (w *world) begin(fault string, within time.Duration, node string) *phase {
	p := &phase{fault: fault, from: time.Now(), within: within, node: node}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phases = append(w.phases, p)
	return p
}

func (w *world) end(p *phase) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.to = time.Now()
	w.byFault = append(w.byFault, faultTime{p.fault, p.from, p.to})
}

// wait lets time go by; a campaign is made of it.
func wait(d time.Duration) { <-time.After(d) }

// build returns a program whose clock is off.
func (w *world) build(offset string) string {
	w.t.Helper()
	if w.programs == nil {
		w.programs = map[string]string{}
	}
	if w.programs[offset] == "" {
		path := filepath.Join(w.dir, "foyer"+offset)
		args := append(append([]string{"build"}, buildFlags...), "-ldflags", "-X foyer/cmd/foyer/app.clockOffset="+offset, "-o", path, "foyer/cmd/foyer")
		out, err := exec.Command("go", args...).CombinedOutput()
		require.NoError(w.t, err, "%s", out)
		w.programs[offset] = path
	}
	return w.programs[offset]
}

// token returns one for a user. It is good for nodes whose clocks are off.
func token(user string) (string, error) {
	earlier := func() time.Time { return time.Now().Add(-2 * time.Minute) }
	return auth.Sign(auth.Options{Secret: []byte(secret), Now: earlier}, auth.Claims{Subject: user, Name: "Name of " + user}, 2*time.Hour)
}

func newOpID() string { return client.NewOpID() }

// pulse notices when this process or the whole machine has no time for us: what then is late is not the server's fault.
type pulse struct {
	mu   sync.Mutex
	gaps []gap // guarded by mu
}

type gap struct {
	from, to time.Time
}

const pulseEvery = 20 * time.Millisecond

func (p *pulse) start(t testing.TB) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		last := time.Now()
		for {
			select {
			case <-done:
				return
			case <-time.After(pulseEvery):
			}
			now := time.Now()
			if now.Sub(last) > 10*pulseEvery {
				p.mu.Lock()
				p.gaps = append(p.gaps, gap{last, now})
				p.mu.Unlock()
			}
			last = now
		}
	}()
}

// lost returns how much of the time between two moments nothing here could run.
func (p *pulse) lost(from, to time.Time) (lost time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.gaps {
		start, end := g.from, g.to
		if start.Before(from) {
			start = from
		}
		if end.After(to) {
			end = to
		}
		lost += max(0, end.Sub(start))
	}
	return lost
}

// tooSlow reports whether this machine had so little time lately that the nodes may have missed what they do by a clock:
// write an empty Redis anew, renew a lease, greet who comes back.
func (w *world) tooSlow() bool {
	now := time.Now()
	return w.pulse.lost(now.Add(-30*time.Second), now) > 500*time.Millisecond
}
