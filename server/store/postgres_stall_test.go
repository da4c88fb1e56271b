package store

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raise is a change.
func raise(s *Store) error {
	return s.Update(context.Background(), func(tx *Tx) error {
		_, err := tx.AppendChange("ada", "relation", []byte(`{}`), 1)
		return err
	})
}

func TestStalledPostgreSQLKeepsNobodyWaitingForLong(t *testing.T) {
	p := ownServer(t)
	s, err := Open(t.Context(), p.URL, Options{Patience: time.Second})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	addUser(t, s, "ada")
	require.NoError(t, raise(s))
	require.NoError(t, p.Pause())
	began := time.Now()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { _ = unavailableFor(t, raise(s)) })
	}
	wg.Wait()
	require.Less(t, time.Since(began), 3*time.Second)
	began = time.Now()
	for range 1000 {
		_ = unavailableFor(t, raise(s))
		_ = unavailableFor(t, s.Ping(t.Context()))
	}
	require.Less(t, time.Since(began), 3*time.Second, "while it is known not to answer, nobody's request finds out whether it does again")
	require.NoError(t, p.Resume())
	require.Eventually(t, func() bool { return raise(s) == nil && s.Ping(t.Context()) == nil }, 5*time.Second, 10*time.Millisecond)
	s.nothingHeld(t)
}

// TestPostgreSQLThatCommitsNothingIsReadFrom: its standby is away, or its disk.
func TestPostgreSQLThatCommitsNothingIsReadFrom(t *testing.T) {
	p := ownServer(t, "wal_level = replica", "max_wal_senders = 1")
	s, err := Open(t.Context(), p.URL, Options{Patience: time.Second})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	addUser(t, s, "ada")
	standby := func(name string) {
		pg, ok := s.engine.(*postgres)
		require.True(t, ok)
		_, err := pg.pool.Exec(t.Context(), `ALTER SYSTEM SET synchronous_standby_names = '`+name+`'`)
		require.NoError(t, err)
		_, err = pg.pool.Exec(t.Context(), `SELECT pg_reload_conf()`)
		require.NoError(t, err)
	}
	standby("nobody")
	require.Eventually(t, func() bool {
		began := time.Now()
		return raise(s) != nil && time.Since(began) < 100*time.Millisecond
	}, 5*time.Second, time.Millisecond)
	began := time.Now()
	for range 1000 {
		_ = unavailableFor(t, raise(s))
		require.NoError(t, s.Ping(t.Context()))
	}
	require.Less(t, time.Since(began), 3*time.Second)
	standby("")
	require.Eventually(t, func() bool { return raise(s) == nil }, 5*time.Second, time.Millisecond)
	s.nothingHeld(t)
}

// mute lets nothing pass between a store and its server in each second of its times, and a connection is dead for ever
// once its own time is over.
type mute struct {
	times atomic.Int64
	over  <-chan struct{}
}

func (m *mute) relay(client, server net.Conn) {
	born := m.times.Load()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			data := make([]byte, 64<<10)
			for {
				n, err := way[0].Read(data)
				if born%2 == 1 || m.times.Load() != born {
					return // it swallows what comes, and says nothing
				}
				if err != nil {
					break
				}
				if _, err := way[1].Write(data[:n]); err != nil {
					break
				}
			}
			ended <- struct{}{}
		}()
	}
	select {
	case <-ended:
	case <-m.over:
	}
}

func TestConnectionsThatWereLostWithoutASignAreMadeAnew(t *testing.T) {
	m := &mute{over: t.Context().Done()}
	s, err := Open(t.Context(), between(t, ownServer(t).URL, m.relay), Options{Patience: time.Second})
	require.NoError(t, err)
	addUser(t, s, "ada")
	load := func(n int) (failed int64) {
		var wg sync.WaitGroup
		var f atomic.Int64
		for range n {
			wg.Go(func() {
				if raise(s) != nil {
					f.Add(1)
				}
			})
			wg.Go(func() {
				if s.Ping(t.Context()) != nil {
					f.Add(1)
				}
			})
		}
		wg.Wait()
		return f.Load()
	}
	require.Zero(t, load(30))
	for _, asking := range []int{1, 30} { // most of the connections are idle, or all of them in use
		m.times.Add(1)
		for range 3 {
			require.Positive(t, load(asking))
		}
		m.times.Add(1)
		back := time.Now()
		require.Eventually(t, func() bool { return load(1) == 0 }, 5*time.Second, 10*time.Millisecond)
		require.Zero(t, load(30), "no dead connection is left, and none takes another's place")
		require.Less(t, time.Since(back), 5*time.Second)
	}
	closing := time.Now()
	require.NoError(t, s.Close())
	require.Less(t, time.Since(closing), time.Second)
}
