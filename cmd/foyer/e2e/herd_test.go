package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"foyer/client"
	"foyer/protocol"

	"github.com/stretchr/testify/require"
)

var (
	herd      = flag.Int("herd", 150, "devices of TestAHerdComesBackAfterADrain")
	herdPace  = flag.Int("herd-pace", 100, "its --limits.upgrades-per-second")
	herdDrain = flag.Duration("herd-drain", 2*time.Second, "its --drain-time")
)

// animal is one device of the herd, in a session with nine others. Some invite and withdraw all the time.
type animal struct {
	*client.Client
	user string

	mu     sync.Mutex
	revs   []int64 // told
	online time.Time
	anew   int // times that it was not resumed, the first hello left out
	codes  []protocol.CloseCode
	leaves int     // of others, that it was told
	lost   []error // why it did not get back into its session
}

func (a *animal) happened(_ *client.Client, e client.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch v := e.(type) {
	case *client.Online:
		if v.Fresh && !a.online.IsZero() {
			a.anew++
		}
		a.online = time.Now()
	case *client.Offline:
		if closed, ok := v.Err.(*client.CloseError); ok { //nolint:errorlint // what a client tells is not wrapped
			a.codes = append(a.codes, closed.Code)
		}
	case *protocol.RelationChanged:
		a.revs = append(a.revs, v.Rev)
	case *protocol.SessionRoster:
		a.leaves += len(v.Left)
	case *client.RejoinRefused:
		a.lost = append(a.lost, v.Err)
	}
}

// since returns when the device came online last.
func (a *animal) since() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.online
}

// TestAHerdComesBackAfterADrain stops a server under load and starts it again: all are sent away in time, all come back
// and resume where they were, nothing that was told is missing or doubled, and nobody is seen to leave.
func TestAHerdComesBackAfterADrain(t *testing.T) {
	s := newServer(t, "--drain-time", herdDrain.String(), "--limits.upgrades-per-second", strconv.Itoa(*herdPace), "--log-level", "error")
	began := time.Now()
	all := s.gather(*herd)
	t.Logf("%d devices in %v", len(all), time.Since(began).Round(time.Millisecond))
	seat(t, all)

	work := busy(t, all[:min(20, len(all)/4)])
	time.Sleep(2 * time.Second) //nolint:forbidigo // the load before
	before := work.lap()
	began = time.Now()
	require.NoError(t, s.process.Process.Signal(syscall.SIGTERM))
	s.await("/readyz", http.StatusServiceUnavailable)
	s.awaitEnd(30 * time.Second)
	out := time.Since(began)
	t.Logf("out after %v", out.Round(time.Millisecond))
	require.LessOrEqual(t, out, 30*time.Second)

	work.lap()
	began = time.Now()
	s.start()
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(all, func(a *animal) bool { return a.since().Before(began) })
	}, time.Minute, 50*time.Millisecond, "all are back within a minute")
	t.Logf("all back after %v", time.Since(began).Round(time.Millisecond))
	during := work.lap()
	t.Logf("withdrawals of those who were online: before %s; while the herd came back %s", before, during)
	require.Empty(t, work.stop())

	for _, a := range all {
		settings, err := a.Settings(t.Context())
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return int64(len(a.revs)) == settings.Rev
		}, 10*time.Second, 5*time.Millisecond, "%s was told each change once", a.user)
		a.mu.Lock()
		for i, rev := range a.revs {
			require.EqualValues(t, i+1, rev, a.user)
		}
		require.Zero(t, a.anew, "%s resumed", a.user)
		require.Empty(t, a.lost, "%s is where it was", a.user)
		require.Zero(t, a.leaves, "%s saw nobody leave", a.user)
		require.NotEmpty(t, a.codes)
		require.Equal(t, protocol.CloseGoingAway, a.codes[0])
		a.mu.Unlock()
	}
}

// gather brings n devices online, as fast as they are let in.
func (s *server) gather(n int) []*animal {
	s.t.Helper()
	all := make([]*animal, n)
	var came sync.WaitGroup
	places := make(chan struct{}, 64)
	for i := range all {
		all[i] = &animal{user: fmt.Sprintf("animal-%05d", i)}
		came.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			for s.t.Context().Err() == nil {
				var err error
				all[i].Client, err = client.Dial(s.t.Context(), client.Options{URL: s.url(), Token: tokens(all[i].user), OnEvent: all[i].happened, CallTimeout: 2 * time.Minute})
				if err == nil {
					return
				}
				time.Sleep(200 * time.Millisecond) //nolint:forbidigo // turned away at the door
			}
		})
	}
	came.Wait()
	s.t.Cleanup(func() {
		for _, a := range all {
			a.Close()
		}
	})
	return all
}

// seat puts each ten into a session.
func seat(t *testing.T, all []*animal) {
	var seated sync.WaitGroup
	failed := make(chan error, len(all))
	for ten := range slices.Chunk(all, 10) {
		seated.Go(func() {
			made, err := ten[0].CreateSession(t.Context(), protocol.SessionCreateParams{Name: "herd"})
			for _, a := range ten[1:] {
				for busy := true; busy && err == nil; {
					_, err = a.JoinSession(t.Context(), protocol.SessionJoinParams{SessionID: made.Session.ID})
					if busy = errors.Is(err, protocol.Refuse(protocol.Unavailable)); busy { // a crowd at once
						err = nil
						time.Sleep(time.Second) //nolint:forbidigo // as it was told
					}
				}
			}
			if err != nil {
				failed <- err
			}
		})
	}
	seated.Wait()
	close(failed)
	require.NoError(t, <-failed)
}

// awaitEnd waits for the process, which was told to stop.
func (s *server) awaitEnd(within time.Duration) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(within):
		require.FailNow(s.t, "the server did not end", "within %v", within)
	}
	s.process = nil
}

// work is a load of invitations that are sent and withdrawn, with how long withdrawing took.
type work struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	failed atomic.Pointer[error]

	mu   sync.Mutex
	took []time.Duration
}

// busy has each of some people invite the next one and withdraw it, over and over.
func busy(t *testing.T, people []*animal) *work {
	ctx, cancel := context.WithCancel(t.Context())
	w := &work{cancel: cancel}
	for i, a := range people {
		other := people[(i+1)%len(people)].user
		w.done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := w.round(ctx, a, other); err != nil && ctx.Err() == nil {
					w.failed.Store(&err)
					return
				}
				select {
				case <-ctx.Done():
				case <-time.After(50 * time.Millisecond):
				}
			}
		})
	}
	return w
}

func (w *work) round(ctx context.Context, a *animal, other string) error {
	ctx = context.WithoutCancel(ctx) // what has begun ends, so that it is known what became of it
	_, err := a.SendInvitation(ctx, protocol.InvitationSendParams{To: protocol.To{UserID: other}})
	if err != nil {
		return err
	}
	began, since := time.Now(), a.since()
	if _, err := a.Withdraw(ctx, protocol.InvitationWithdrawParams{UserID: other}); err != nil {
		return err
	}
	if a.since().Equal(since) { // online all the time
		w.mu.Lock()
		w.took = append(w.took, time.Since(began))
		w.mu.Unlock()
	}
	return nil
}

// lap returns percentiles since the last lap.
func (w *work) lap() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.took)
	n := len(w.took)
	if n == 0 {
		return "none"
	}
	text := fmt.Sprintf("%d: p50 %v, p99 %v, most %v", n, w.took[n/2].Round(time.Microsecond), w.took[n*99/100].Round(time.Microsecond), w.took[n-1].Round(time.Microsecond))
	w.took = nil
	return text
}

// stop ends the load and returns what went wrong.
func (w *work) stop() string {
	w.cancel()
	w.done.Wait()
	if err := w.failed.Load(); err != nil {
		return (*err).Error()
	}
	return ""
}
