package memory_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/memory"
	"foyer/server/cluster/registrytest"
	"foyer/session"
)

func TestRegistry(t *testing.T) {
	open := func(t *testing.T, publish session.Publish) session.Registry {
		r := memory.NewRegistry(publish, memory.RegistryOptions{})
		t.Cleanup(r.Stop)
		return r
	}
	registrytest.Run(t, open, synctest.Test)
}

// lobby is a Registry whose flushes are kept with their time.
type lobby struct {
	*memory.Registry
	t     *testing.T
	began time.Time

	mu      sync.Mutex
	flushes []flushed // guarded by mu
}

type flushed struct {
	after  time.Duration
	change protocol.SessionRoster
}

func newLobby(t *testing.T) *lobby {
	l := &lobby{t: t, began: time.Now()}
	l.Registry = memory.NewRegistry(func(f session.Flush) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.flushes = append(l.flushes, flushed{time.Since(l.began), f.Change})
	}, memory.RegistryOptions{})
	t.Cleanup(l.Stop)
	return l
}

func (l *lobby) times() []time.Duration {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []time.Duration
	for _, f := range l.flushes {
		out = append(out, f.after)
	}
	return out
}

func (l *lobby) join(user string) session.Joined {
	j, err := l.Join(context.Background(), session.Join{
		SessionID: "s", User: protocol.User{ID: user}, At: time.Now().UnixMilli(),
		Device: session.Device{ID: user + "-d", Kind: protocol.KindBot, Connected: true},
		Rules:  session.Rules{Rev: 1, Capacity: 5000, Heir: true, Creator: "u0"},
	})
	require.NoError(l.t, err)
	return j
}

func (l *lobby) leave(user string) {
	_, err := l.Leave(context.Background(), session.Leave{UserID: user, Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(l.t, err)
}

// wait lets time pass, which within testing/synctest costs none.
func wait(d time.Duration) { <-time.After(d) }

const tick = 50 * time.Millisecond

func TestTheFirstChangeAfterQuietIsPublishedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		wait(time.Second)
		l.join("u1")
		require.Equal(t, []time.Duration{0, time.Second}, l.times())
	})
}

func TestThenAtMostOneRosterATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		for i := range 20 {
			wait(11 * time.Millisecond)
			go l.join(fmt.Sprint("v", i))
		}
		wait(time.Second)
		require.Equal(t, []time.Duration{0, tick, 2 * tick, 3 * tick, 4 * tick, 5 * tick}, l.times())
		require.Len(t, l.flushes[1].change.Joined, 4)
	})
}

func TestAJoinIsAnsweredAfterTheFlushThatHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		first := l.join("u0")
		second := l.join("u1")
		require.Equal(t, tick, time.Since(l.began))
		require.Equal(t, first.Version+1, second.Version)
		again := l.join("u1")
		require.Equal(t, tick, time.Since(l.began), "with nothing to wait for it is answered at once")
		require.Equal(t, second.Version, again.Version)
	})
}

func TestWhoJoinsAndLeavesWithinATickIsNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		var err error
		go func() {
			_, err = l.Join(context.Background(), session.Join{
				SessionID: "s", User: protocol.User{ID: "u1"}, Device: session.Device{ID: "d"}, Rules: session.Rules{Rev: 1, Capacity: 9},
			})
		}()
		synctest.Wait()
		l.leave("u1")
		wait(time.Second)
		require.Len(t, l.times(), 1)
		require.ErrorIs(t, err, protocol.Refuse(protocol.NotInSession))
	})
}

func TestWhoLeavesAndJoinsWithinATickKeepsTheNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		number := l.join("u1").Member.Number
		l.leave("u1")
		back := l.join("u1")
		require.Equal(t, number, back.Member.Number)
		require.True(t, back.Arrived)
		wait(time.Second)
		last := l.flushes[len(l.flushes)-1].change
		require.Empty(t, last.Left)
		require.Empty(t, last.Joined)
	})
}

func TestADropAndReturnWithinATickIsNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		l.join("u1")
		d := session.Device{ID: "u1-d", Kind: protocol.KindBot, Connected: true}
		require.NoError(t, l.Detach(t.Context(), "u1", d, time.Now().UnixMilli(), time.Now().UnixMilli()+1000))
		_, err := l.Attach(t.Context(), "u1", d)
		require.NoError(t, err)
		wait(time.Second)
		require.Len(t, l.times(), 2)
	})
}

func TestAJoinOfASessionThatEndsMeanwhileIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		var err error
		go func() {
			_, err = l.Join(context.Background(), session.Join{
				SessionID: "s", User: protocol.User{ID: "u1"}, Device: session.Device{ID: "d"}, Rules: session.Rules{Rev: 1, Capacity: 9},
			})
		}()
		synctest.Wait()
		_, endErr := l.End(t.Context(), "s", 1)
		require.NoError(t, endErr)
		synctest.Wait()
		require.ErrorIs(t, err, protocol.Refuse(protocol.SessionNotFound))
		wait(time.Second)
		require.Len(t, l.times(), 1)
	})
}

func TestAfterStopNothingIsPublishedAndNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		done := false
		go func() { l.join("u1"); done = true }()
		synctest.Wait()
		require.False(t, done)
		l.Stop()
		synctest.Wait()
		require.True(t, done)
		l.join("u2")
		wait(time.Second)
		require.Len(t, l.times(), 1)
	})
}

func TestASessionThatEndedIsForgottenInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(t)
		l.join("u0")
		now := time.Now().UnixMilli()
		l.leave("u0")
		wait(time.Second)
		for _, after := range []int64{61_000, 61_000 + session.RecentFor} {
			_, err := l.Sweep(t.Context(), now+after)
			require.NoError(t, err)
		}
		known, err := l.Summaries(t.Context(), []string{"s"})
		require.NoError(t, err)
		require.Empty(t, known)
	})
}

func BenchmarkAThousandJoinAtOnce(b *testing.B) {
	for b.Loop() {
		l := memory.NewRegistry(func(session.Flush) {}, memory.RegistryOptions{})
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				user := fmt.Sprint("user-", i)
				_, err := l.Join(context.Background(), session.Join{
					SessionID: "s", User: protocol.User{ID: user, Name: "Somebody called " + user}, At: 1,
					Device: session.Device{ID: user, Kind: protocol.KindBot, Connected: true}, Rules: session.Rules{Rev: 1, Capacity: 5000},
				})
				if err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		l.Stop()
	}
}
