package load

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"foyer/cmd/foyer-bots/result"

	"github.com/stretchr/testify/require"
)

// Every scenario that is ready runs, in small, on two nodes: everything that it is about is measured, nothing is refused,
// and nothing that the bots check is wrong.
func TestReadyScenariosOnTwoNodes(t *testing.T) {
	addresses := startNodes(t, "one", "two")
	loads := map[string]*began{}
	scenarios := []struct {
		name    string
		sets    []string
		metrics []string
	}{
		{"idle", []string{"people=60", "duration=1s"}, []string{"connect", "join"}},
		{"poses", []string{"people=30", "duration=2s"}, []string{"state", "jitter"}},
		{"crowd", []string{"people=30", "sessions.size=30", "duration=3s", "states.named=3", "states.renew=300ms"}, []string{"state", "jitter"}},
		{"join-storm", []string{"people=40", "sessions.size=40", "duration=3s", "storms=[{at: 0s}, {at: 1500ms}]"}, []string{"join", "roster", "complete"}},
		{
			"invitations", []string{"people=24", "duration=3s", "invitations.rate=40", "invitations.hold=100ms"},
			[]string{"invite", "withdraw", "accept", "decline", "cross", "remove"},
		},
		{"presence-churn", []string{"people=20", "friends=4", "duration=3s", "presence.rate=10"}, []string{"presence"}},
		{"reconnect-herd", []string{"people=30", "duration=4s", "herds=[{at: 1s, within: 1s}]"}, []string{"resume", "withdraw"}},
		{
			"mixed", []string{"people=[{at: 0s, is: 20}, {at: 2s, is: 40}, {at: 5s, is: 20}]", "friends=2", "duration=6s", "invitations.hold=200ms", "sessions.size=10"},
			[]string{"state", "message", "presence", "leave", "roster", "withdraw", "resume"},
		},
	}
	for _, c := range scenarios {
		loads[c.name] = begin(t, options(t, c.name, addresses, c.sets...))
	}
	for _, c := range scenarios {
		t.Run(c.name, func(t *testing.T) {
			r := loads[c.name].result(t)
			if !measured(r, c.metrics) { // the machine was too slow for some of it to happen
				r = carry(t, options(t, c.name, addresses, append(c.sets, "duration=20s")...))
			}
			require.Empty(t, r.Violations.Sample)
			require.Equal(t, late(r), r.Counters["errors"], "%v", r.Refused)
			require.Zero(t, r.Counters["lost_sockets"], "%v", r.Closed)
			require.Equal(t, result.Complete, r.Ended)
			for _, m := range c.metrics {
				require.Contains(t, r.Metrics, m)
			}
		})
	}
}

// measured reports whether a result has all these metrics.
func measured(r *result.Result, metrics []string) bool {
	return !slices.ContainsFunc(metrics, func(m string) bool { return r.Metrics[m] == nil })
}

// late is how many of the errors are that nobody could do what was due: on a slow machine people are not where they should
// be yet. That they are offline is no error.
func late(r *result.Result) (n int64) {
	for why, times := range r.Refused {
		if strings.HasPrefix(why, "not begun: ") && why != "not begun: offline" {
			n += times
		}
	}
	return n
}

func TestInterruptedLoadEndsWithWhatWasSoFar(t *testing.T) {
	addresses := startNodes(t, "one")
	o := options(t, "idle", addresses, "people=20", "duration=1h")
	ctx, stop := context.WithCancel(t.Context())
	o.Watch = func(p Progress) {
		if p.Phase == Loading {
			stop()
		}
	}
	r, err := Run(ctx, o)
	require.NoError(t, err)
	require.Equal(t, result.Interrupted, r.Ended)
	require.EqualValues(t, 20, r.Metrics["connect"].All.Count())
	require.Empty(t, r.Violations.Sample)
}

func TestLoadEndsAtItsMemoryBound(t *testing.T) {
	o := options(t, "idle", startNodes(t, "one"), "people=20", "duration=1h")
	o.Memory = 1 << 20
	r := carry(t, o)
	require.Equal(t, result.OutOfMemory, r.Ended)
}

func TestTwoPartsTogetherAreTheWhole(t *testing.T) {
	addresses := startNodes(t, "one")
	both := make(chan *result.Result, 2)
	for part := range 2 {
		o := options(t, "invitations", addresses, "people=30", "duration=2s", "invitations.rate=20", "invitations.hold=50ms")
		o.Part, o.Parts = part, 2
		go func() {
			r, _ := Run(t.Context(), o)
			both <- r
		}()
	}
	merged, err := result.Merge(<-both, <-both)
	require.NoError(t, err)
	require.Len(t, merged.Parts, 2)
	require.EqualValues(t, 30, merged.Metrics["connect"].All.Count())
	require.InDelta(t, 40, merged.Metrics["invite"].All.Count(), 8) // some declines have two
	require.Zero(t, merged.Violations.Count)
}

func TestNobodyThere(t *testing.T) {
	target, err := NewTarget(t.Context(), "http://127.0.0.1:1", false)
	require.NoError(t, err)
	o := options(t, "idle", nil)
	o.Targets = []*Target{target}
	_, err = Run(t.Context(), o)
	require.ErrorIs(t, err, ErrUnreachable)
}

func TestTokensOfAnotherSecretAreUnreachable(t *testing.T) {
	o := options(t, "idle", startNodes(t, "one"), "people=5")
	o.Tokens = func(context.Context, int, string, *Target) (string, error) { return "a.b.c", nil }
	r := carry(t, o)
	require.Equal(t, result.Unreachable, r.Ended)
	require.Contains(t, r.Refused, "hello: token_invalid")
}

func TestOnlyThisMachineUnlessToldOtherwise(t *testing.T) {
	for _, address := range []string{"http://192.0.2.1:8080", "http://[2001:db8::1]:80", "ws://0.0.0.0"} {
		_, err := NewTarget(t.Context(), address, false)
		require.ErrorIs(t, err, ErrNotLoopback, address)
		_, err = NewTarget(t.Context(), address, true)
		require.NoError(t, err)
	}
	for _, address := range []string{"127.0.0.1:8080", "ftp://127.0.0.1", "http://user:word@127.0.0.1", "http://127.0.0.1/?a=b", "http://", "::"} {
		_, err := NewTarget(t.Context(), address, false)
		require.ErrorContains(t, err, "address", address)
	}
	// A name that was loopback when it was checked and is another machine when it is dialled.
	target, err := NewTarget(t.Context(), "http://localhost:9", false)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = target.dial(0)(ctx, "tcp", "192.0.2.1:9")
	require.ErrorIs(t, err, ErrNotLoopback)
	require.Equal(t, "ws://localhost:9/v1/ws", target.URL)
}
