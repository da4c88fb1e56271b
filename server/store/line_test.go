package store

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

// busy is a line whose only place is taken.
func busy(t *testing.T) *line {
	l := &line{limit: 1}
	require.NoError(t, l.enter(t.Context()))
	return l
}

func TestTheMostUrgentCallComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := busy(t)
		var came []Urgency
		for _, u := range []Urgency{Search, Look, Enter, Return, Act, Urgent} {
			go func() {
				if l.enter(WithUrgency(t.Context(), u)) == nil {
					came = append(came, u) // one is inside at a time
					l.leave()
				}
			}()
			synctest.Wait()
		}
		l.leave()
		synctest.Wait()
		require.Equal(t, []Urgency{Urgent, Act, Return, Enter, Look, Search}, came)
		require.Zero(t, l.inside)
	})
}

func TestWhatIsLeastUrgentIsRefusedFirstAndWhatIsUrgentNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := busy(t)
		began := time.Now()
		var mu sync.Mutex
		refused, why := map[Urgency]time.Duration{}, map[Urgency]error{}
		for u := range Urgency(urgencies) {
			go func() {
				err := l.enter(WithUrgency(t.Context(), u))
				if err == nil {
					l.leave()
					return
				}
				mu.Lock()
				defer mu.Unlock()
				refused[u], why[u] = time.Since(began), err
			}()
			synctest.Wait() // they come one after the other
		}
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble's clock
		synctest.Wait()
		require.Equal(t, map[Urgency]time.Duration{
			Search: 500 * time.Millisecond, Look: time.Second, Enter: 6 * time.Second, Act: 8 * time.Second, Return: 9 * time.Second,
		}, refused)
		for u, err := range why {
			require.ErrorIs(t, err, ErrOverloaded, u)
			var e *protocol.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, protocol.Unavailable, e.Reason())
			require.Positive(t, e.Data.RetryAfterMS)
			require.False(t, e.Data.Unknown, "nothing was changed")
		}
		l.leave()
		synctest.Wait()
		require.Zero(t, l.inside, "the urgent one had its turn")
		require.Equal(t, [urgencies]uint64{0, 1, 1, 1, 1, 1}, l.refused)
	})
}

func TestARequestThatHasBegunIsNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{limit: 1}
		ctx := WithUrgency(t.Context(), Search)
		require.NoError(t, l.enter(ctx))
		l.leave()
		require.NoError(t, l.enter(t.Context()))
		done := make(chan error)
		go func() { done <- l.enter(ctx) }()
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble's clock
		l.leave()
		require.NoError(t, <-done)
	})
}

func TestACallThatIsGivenUpLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := busy(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- l.enter(ctx) }()
		synctest.Wait()
		cancel()
		err := <-done
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, ErrOverloaded)
		l.leave()
		require.NoError(t, l.enter(t.Context()), "the place is not lost")
	})
}

// However many want in, no more than the limit are inside, and no place gets lost over it.
func TestNoMoreThanTheLimitAreInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{limit: 3}
		for i := range 2000 {
			go func() {
				time.Sleep(time.Duration(i%7) * time.Millisecond) //nolint:forbidigo // of the bubble's clock
				ctx, cancel := context.WithTimeout(WithUrgency(t.Context(), Urgency(i%urgencies)), time.Duration(i)*time.Millisecond)
				defer cancel()
				if l.enter(ctx) == nil {
					time.Sleep(time.Duration(1+i%3) * time.Millisecond) //nolint:forbidigo // of the bubble's clock
					l.leave()
				}
			}()
		}
		for range 100 {
			time.Sleep(time.Millisecond) //nolint:forbidigo // of the bubble's clock
			l.mu.Lock()
			require.LessOrEqual(t, l.inside, 3)
			l.mu.Unlock()
		}
		time.Sleep(time.Minute) //nolint:forbidigo // of the bubble's clock
		synctest.Wait()
		require.Zero(t, l.inside)
		for u := range l.waiting {
			require.Zero(t, l.waiting[u].Len())
		}
	})
}

func TestTheStoreShowsWhoWaitsAndWhoWasRefused(t *testing.T) {
	s, err := Open(t.Context(), "sqlite::memory:", Options{Calls: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.Update(context.Background(), func(*Tx) error { close(held); <-let; return nil })
	}()
	<-held
	require.ErrorIs(t, s.View(WithUrgency(t.Context(), Search), func(*Tx) error { return nil }), ErrOverloaded)
	close(let)
	require.NoError(t, <-done)
	require.NoError(t, s.Ping(t.Context()))
	shown := prometheus.NewRegistry()
	shown.MustRegister(s.Collectors()...)
	families, err := shown.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name += " " + l.GetValue()
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	require.EqualValues(t, 1, values["foyer_store_shed_total search"])
	require.Zero(t, values["foyer_store_shed_total urgent"])
	require.EqualValues(t, 1, values["foyer_store_calls_limit update"])
	require.Contains(t, values, "foyer_store_calls update", "how many are inside; looking at the mails may be one")
	require.Positive(t, values["foyer_store_seconds view done"])
	require.Positive(t, values["foyer_store_commit_requests"])
}

// TestReadingDoesNotWaitForWriting has as many writers as there may be, and more: who reads goes past them.
func TestReadingDoesNotWaitForWriting(t *testing.T) {
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "a.db"), Options{Calls: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	held, let, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.Update(context.Background(), func(*Tx) error { close(held); <-let; return nil })
	}()
	<-held
	require.NoError(t, s.View(WithUrgency(t.Context(), Search), func(*Tx) error { return nil }))
	close(let)
	require.NoError(t, <-done)
}
