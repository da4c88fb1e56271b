package e2e_test

import (
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var soak = flag.Duration("soak", 6*time.Second, "how long the bots of TestSoak are at it")

// The bots live on a server for a while, with sockets that break all the time. They check themselves that each was told
// exactly what the server holds. When they are gone, so must be what the server held for them.
func TestSoakLeavesNothingBehind(t *testing.T) {
	s := newServer(t, "--presence.grace", "2s")
	s.bots("-n", "40", "-d", "2s") // whatever is made once is made now
	s.awaitDevices(0)
	goroutines, heap := s.metric("go_goroutines"), s.heap()

	s.bots("-n", "80", "-d", soak.String())
	s.awaitDevices(0)
	require.Eventually(t, func() bool { return s.metric("go_goroutines") <= goroutines+5 }, 30*time.Second, 100*time.Millisecond,
		"goroutines before: %v", goroutines)
	require.LessOrEqual(t, s.heap(), heap+16<<20, "heap in use before: %v", heap)
	require.Zero(t, s.metric("foyer_users"))

	s.end(syscall.SIGTERM)
	require.NotContains(t, s.log.String(), "DATA RACE")
	require.NotContains(t, s.log.String(), "panic")
}

// bots runs foyer-bots against the server; its exit code says whether what they saw was right.
func (s *server) bots(args ...string) {
	s.t.Helper()
	scenario := []string{"mixed", "--url", s.url(), "--patience", "1m", "--no-slo", "--slo", "errors==0", "-s", "drops.rate=4", "-s", "invitations.rate=30", "-s", "messages.rate=5"}
	bots := exec.CommandContext(s.t.Context(), botsBinary, append(scenario, args...)...)
	bots.Env = append(os.Environ(), "FOYER_AUTH_SECRET="+secret)
	out, err := bots.CombinedOutput()
	s.t.Logf("%s", out)
	require.NoError(s.t, err)
}

// metric returns one of the server's.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	_, page, err := s.page("/metrics")
	require.NoError(s.t, err)
	for line := range strings.Lines(page) {
		if text, found := strings.CutPrefix(strings.TrimSpace(line), name+" "); found {
			value, err := strconv.ParseFloat(text, 64)
			require.NoError(s.t, err)
			return value
		}
	}
	require.Fail(s.t, "no metric "+name)
	return 0
}

// heap returns the bytes in use after a collection.
func (s *server) heap() float64 {
	s.t.Helper()
	_, _, err := s.page("/debug/pprof/heap?gc=1")
	require.NoError(s.t, err)
	return s.metric("go_memstats_heap_inuse_bytes")
}

// awaitDevices waits until so many devices hang on the server, those in grace included.
func (s *server) awaitDevices(n float64) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.metric("foyer_devices") == n && s.metric("foyer_users") == n },
		30*time.Second, 100*time.Millisecond)
}
