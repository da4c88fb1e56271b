package redis

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

// The first thing that a node does when Redis is back is to write what it decided alone. Whoever asks meanwhile about a
// session that it owes the others is answered as before: Redis is not away for that.
func TestANodeThatIsBackIsNotAwayAgainForWhatItHasYetToTell(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.halt(t)
	one.bring(t, "ada")
	one.bring(t, "ben")
	server.Pause()
	_, err := one.r.Leave(t.Context(), session.Leave{UserID: "ben", Reason: protocol.LeftByChoice, At: time.Now().UnixMilli()})
	require.NoError(t, err)
	require.False(t, one.Check(t.Context()))
	server.Resume()
	away := one.Stats.Away.Load()
	one.refilling = func() {
		_, err := one.r.Join(t.Context(), one.join("ada"))
		require.NoError(t, err)
		_, err = one.r.Join(t.Context(), one.join("dan"))
		require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "not yet")
	}
	require.True(t, one.Check(t.Context()))
	require.NoError(t, one.Err())
	require.Equal(t, away, one.Stats.Away.Load())
	require.Equal(t, []string{"ada"}, one.users(t))
	_, err = one.r.Join(t.Context(), one.join("dan"))
	require.NoError(t, err)
}

// A call that was refused since Redis was away may be decided alone when Redis has just come back. The next check has the
// others learn of it, and Redis is not away meanwhile.
func TestWhatIsDecidedAloneAMomentTooLateIsToldToo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.halt(t)
	one.bring(t, "ada")
	away := one.Stats.Away.Load()
	one.c.breaker.open.Store(true)
	require.NoError(t, one.d.Change(t.Context(), "ada", "ada-d", func(d *cluster.Device) {
		one.c.breaker.open.Store(false)
		d.Status = protocol.StatusBusy
	}))
	require.NoError(t, one.Err())
	require.Equal(t, away, one.Stats.Away.Load())
	require.True(t, one.Check(t.Context()))
	v, err := one.c.load(t.Context(), one.d.key("ada"))
	require.NoError(t, err)
	u, err := readRoll(v.body)
	require.NoError(t, err)
	require.Equal(t, protocol.StatusBusy, u.Devices[0].Status)
	require.False(t, one.Check(t.Context()), "once")
}

// A call that fails by itself has Redis looked for at once.
func TestANodeIsNotAwayForLongerThanRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.bring(t, "ada")
	shortest := time.Hour // on a machine that may be busy
	for range 3 {
		renewed := one.Stats.Renewed.Load()
		require.Eventually(t, func() bool { return one.Stats.Renewed.Load() > renewed }, waitAtMost, time.Millisecond) // the next beat is a second away
		one.lost(io.ErrUnexpectedEOF)
		lost := time.Now()
		require.Eventually(t, func() bool { return one.Err() == nil }, waitAtMost, time.Millisecond)
		shortest = min(shortest, time.Since(lost))
	}
	require.Less(t, shortest, renewEvery/2)
}

// relay is a way to Redis whose connections can be stranded: what is sent on them comes nowhere, and nobody says so. New
// ones are as good as ever.
type relay struct {
	url    string
	mu     sync.Mutex
	lost   chan struct{} // closed when those that are now are stranded; guarded by mu
	served int           // connections that are not; guarded by mu
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	r := &relay{url: "redis://" + l.Addr().String(), lost: make(chan struct{})}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				return
			}
			r.mu.Lock()
			r.served++
			lost := r.lost
			r.mu.Unlock()
			go pump(near, far, lost)
			go pump(far, near, lost)
		}
	}()
	return r
}

func pump(from, to net.Conn, lost chan struct{}) {
	defer to.Close()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		select {
		case <-lost:
			continue
		default:
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// strand loses all connections that are, and returns how many they were.
func (r *relay) strand() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.lost)
	r.lost = make(chan struct{})
	served := r.served
	r.served = 0
	return served
}

func TestConnectionsThatAreStrandedAreGivenUp(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	way := newRelay(t, server.Addr)
	one := newMember(t, way.url, newPrefix(), "one")
	one.bring(t, "ada")
	server.Pause()
	var all sync.WaitGroup
	for range 12 { // as in a storm
		all.Go(func() { _ = one.c.Ping(t.Context()) })
	}
	require.Eventually(t, func() bool { way.mu.Lock(); defer way.mu.Unlock(); return way.served >= 12 }, waitAtMost, time.Millisecond)
	server.Resume()
	all.Wait()
	require.Eventually(t, func() bool { return one.Err() == nil }, waitAtMost, waitEvery)
	one.returned.Store(0)
	away := one.Stats.Away.Load()
	require.GreaterOrEqual(t, way.strand(), 12)
	stranded := time.Now()
	for one.returned.Load() == 0 || one.Err() != nil {
		require.NoError(t, one.d.Change(t.Context(), "ada", "ada-d", func(d *cluster.Device) { d.Seq++ }))
		require.NoError(t, pause(t.Context(), waitEvery))
		require.Less(t, time.Since(stranded), waitAtMost/2, "one after the other takes longer")
	}
	for range 12 {
		all.Go(func() { require.NoError(t, one.c.Ping(t.Context())) })
	}
	all.Wait()
	require.LessOrEqual(t, one.Stats.Away.Load(), away+2)
}

func TestAConnectionThatWasGivenUpIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	secured := httptest.NewTLSServer(nil)
	t.Cleanup(secured.Close)
	plain := httptest.NewServer(nil)
	t.Cleanup(plain.Close)
	roots := secured.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // a test server's is
	for address, config := range map[string]*tls.Config{
		plain.Listener.Addr().String(): nil, secured.Listener.Addr().String(): {RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12},
	} {
		b := &breaker{lines: map[*line]struct{}{}}
		c, err := b.dialer(config)(t.Context(), "tcp", address)
		require.NoError(t, err)
		looked := func() error {
			raw, err := c.(syscall.Conn).SyscallConn() //nolint:forcetypeassert // a line is
			if err == nil {
				err = raw.Read(func(uintptr) bool { return true })
			}
			return err
		}
		require.NoError(t, looked())
		b.hangUp()
		require.ErrorIs(t, looked(), net.ErrClosed)
		_, err = c.Write([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
		require.Empty(t, b.lines)
		other, err := b.dialer(config)(listening(t.Context()), "tcp", address)
		require.NoError(t, err)
		b.hangUp()
		_, err = other.Write([]byte("x"))
		require.NoError(t, err, "who listens finds out by other means")
		require.NoError(t, other.Close())
	}
}

// TestWhoCameFromANodeThatStopsStaysThoughRedisWasAwayJustThen has a node carry what it decided alone into Redis while it
// clears away what hung on another.
func TestWhoCameFromANodeThatStopsStaysThoughRedisWasAwayJustThen(t *testing.T) {
	t.Parallel()
	server, one, two := newTwo(t)
	one.catchUp(t)
	_, err := one.r.Places(t.Context(), []string{"ben"})
	require.NoError(t, err)
	_, err = one.d.Of(t.Context(), "ben")
	require.NoError(t, err)
	one.halt(t)
	two.halt(t)
	server.Pause()
	require.False(t, one.Check(t.Context()))
	got, err := one.d.Attach(t.Context(), cluster.Attach{
		Now: time.Now(), WantID: "ben-d", Device: cluster.Device{ID: "new", UserID: "ben", Kind: protocol.KindBot, Node: one.ID(), Incarnation: "new"},
	})
	require.NoError(t, err)
	require.Equal(t, "ben-d", got.Device.ID)
	place, err := one.r.Attach(t.Context(), "ben", session.Device{ID: "ben-d", Kind: protocol.KindBot, Node: one.ID(), Link: "new", Connected: true})
	require.NoError(t, err)
	require.Equal(t, "s", place)
	server.Resume()
	_, err = two.giveUp(t.Context(), two.ID())
	require.NoError(t, err)
	clearAway := func() {
		one.refilling = nil
		one.bury(t.Context())
		swept, err := one.r.Sweep(t.Context(), time.Now().UnixMilli())
		require.True(t, err == nil || errors.Is(err, protocol.Refuse(protocol.Unavailable)), "%v", err)
		require.Empty(t, swept.Departed)
		gone, err := one.d.Reap(t.Context(), time.Now())
		require.True(t, err == nil || errors.Is(err, protocol.Refuse(protocol.Unavailable)), "%v", err)
		require.Empty(t, gone)
	}
	one.refilling = clearAway
	require.Eventually(t, func() bool { return one.Check(t.Context()) }, waitAtMost, waitEvery)
	clearAway()
	require.Equal(t, []string{"ada", "ben"}, one.users(t))
}
