package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/store/testservice"
)

// ownServer returns a server that the test may stop.
func ownServer(t *testing.T, settings ...string) *testservice.Postgres {
	p, err := testservice.Start(t.Context(), settings...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// unavailableFor checks that err is unavailable, and returns what clients are told.
func unavailableFor(t *testing.T, err error) *protocol.Error {
	var e *protocol.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, protocol.Unavailable, e.Reason(), "%v", err)
	return e
}

func TestNodesThatStartAtOnceMigrateOnce(t *testing.T) {
	dsn := testservice.PostgreSQL(t)
	var wg sync.WaitGroup
	var stores [5]*Store
	for i := range stores {
		wg.Go(func() {
			s, err := Open(context.Background(), dsn, Options{})
			require.NoError(t, err)
			stores[i] = s
		})
	}
	wg.Wait()
	for _, s := range stores {
		require.Equal(t, stores[0].Epoch(), s.Epoch())
		require.NoError(t, s.Close())
	}
}

func TestDatabaseOfANewerProgramIsRefused(t *testing.T) {
	for _, name := range []string{"file", "postgresql"} {
		dsn := testservice.Databases[name](t)
		s := open(t, dsn)
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			_, err := tx.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
			return err
		}))
		require.NoError(t, s.Close())
		_, err := Open(t.Context(), dsn, Options{})
		require.ErrorContains(t, err, "newer than this program's")
	}
}

func TestTextsAreOrderedByTheirBytes(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		for _, id := range []string{"é", "b", "B", "a b", "ab", "Z"} {
			addUser(t, s, id)
		}
		var ids []string
		require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
			ids = nil
			return tx.rows(`SELECT id FROM users ORDER BY id`, func(r scanner) error {
				var id string
				err := r.Scan(&id)
				ids = append(ids, id)
				return err
			})
		}))
		require.Equal(t, []string{"B", "Z", "a b", "ab", "b", "é"}, ids)
	})
}

func TestTailPassesOverNothingThatCommitsLate(t *testing.T) {
	dsn := testservice.PostgreSQL(t)
	one, two := open(t, dsn), open(t, dsn)
	addUser(t, one, "ada")
	addUser(t, one, "ben")
	logged := func(s *Store, user string, at int64, before func()) {
		require.NoError(t, s.Update(context.Background(), func(tx *Tx) error {
			_, err := tx.AppendChange(user, "relation", []byte(`{}`), at)
			before()
			return err
		}))
	}
	tail, err := two.Tail(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, tail.Revs)
	written, commit, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		// By a clock that is a quarter of an hour slow.
		logged(one, "ada", time.Now().Add(-15*time.Minute).UnixMilli(), func() { close(written); <-commit })
	}()
	<-written
	for range 3 {
		logged(two, "ben", time.Now().Add(90*time.Second).UnixMilli(), func() {})
		tail, err = two.Tail(t.Context(), tail.Mark)
		require.NoError(t, err)
		require.Contains(t, tail.Revs, "ben")
		require.NotContains(t, tail.Revs, "ada")
	}
	close(commit)
	<-done
	tail, err = two.Tail(t.Context(), tail.Mark)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"ada": 1}, tail.Revs, "nothing is told twice, however long somebody's transaction lasts")
	tail, err = two.Tail(t.Context(), tail.Mark)
	require.NoError(t, err)
	require.Empty(t, tail.Revs, "everything was told")
}

func TestNothingAcknowledgedIsLostWhenPostgreSQLGoes(t *testing.T) {
	p := ownServer(t)
	s := open(t, p.URL)
	addUser(t, s, "ada")
	var acknowledged, unknown, away atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				began := time.Now()
				err := s.Update(context.Background(), func(tx *Tx) error {
					if _, err := tx.AppendChange("ada", "relation", []byte(`{}`), 1); err != nil {
						return err
					}
					_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, '')`, fmt.Sprint("w", w, "-", i))
					return err
				})
				require.Less(t, time.Since(began), 6*time.Second)
				if err == nil {
					acknowledged.Add(1)
					continue
				}
				if unavailableFor(t, err).Data.Unknown {
					unknown.Add(1)
				} else {
					away.Add(1)
				}
			}
		})
	}
	// ask tries until the store answers as wanted.
	ask := func(answers bool) {
		require.Eventually(t, func() bool { return (s.Ping(context.Background()) == nil) == answers }, 20*time.Second, time.Millisecond)
	}
	for i := range 4 {
		before := acknowledged.Load()
		require.Eventually(t, func() bool { return acknowledged.Load() > before+50 }, 20*time.Second, time.Millisecond)
		if i%2 == 0 {
			require.NoError(t, p.Crash())
		} else {
			require.NoError(t, p.Stop())
		}
		ask(false)
		require.NoError(t, p.Restart(t.Context()))
		ask(true)
	}
	close(stop)
	wg.Wait()
	var rev, logged, written int64
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		return errors.Join(
			tx.row(`SELECT rev FROM users WHERE id = 'ada'`).Scan(&rev),
			tx.row(`SELECT MAX(rev) FROM changes WHERE user_id = 'ada'`).Scan(&logged),
			tx.row(`SELECT COUNT(*) FROM meta WHERE name <> 'epoch'`).Scan(&written))
	}))
	t.Logf("%d acknowledged, %d unknown, %d unavailable, %d written", acknowledged.Load(), unknown.Load(), away.Load(), written)
	require.Equal(t, written, rev)
	require.Equal(t, written, logged)
	require.GreaterOrEqual(t, written, acknowledged.Load())
	require.LessOrEqual(t, written, acknowledged.Load()+unknown.Load(), "what was refused for sure is not there")
	require.Positive(t, away.Load())
	s.nothingHeld(t)
}

func TestServerAwayIsSaidAtOnceAndWithoutItsAddress(t *testing.T) {
	p := ownServer(t)
	s := open(t, p.URL)
	require.NoError(t, p.Stop())
	require.Eventually(t, func() bool { return s.Ping(context.Background()) != nil }, 10*time.Second, time.Millisecond)
	began := time.Now()
	for range 20 {
		require.False(t, unavailableFor(t, s.Ping(t.Context())).Data.Unknown)
	}
	require.Less(t, time.Since(began), time.Second)
	_, err := Open(t.Context(), "postgres://someone:hunter2@127.0.0.1:1/x", Options{})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
	require.NotContains(t, err.Error(), "someone")
}

func TestServerThatAcknowledgesTooEarlyIsRefused(t *testing.T) {
	p := ownServer(t, "synchronous_commit = off")
	_, err := Open(t.Context(), p.URL, Options{})
	require.ErrorIs(t, err, ErrAsyncCommit)
	s, err := Open(t.Context(), p.URL, Options{AllowAsyncCommit: true})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	s, err = Open(t.Context(), p.URL+"&synchronous_commit=on", Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestWaitForALockIsBounded(t *testing.T) {
	dsn := testservice.PostgreSQL(t)
	s, err := Open(t.Context(), dsn, Options{Patience: 500 * time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	addUser(t, s, "ada")
	raise := func(s *Store, then func()) error {
		return s.Update(context.Background(), func(tx *Tx) error {
			_, err := tx.AppendChange("ada", "relation", nil, 1)
			then()
			return err
		})
	}
	other := open(t, dsn)
	locked, release := make(chan struct{}), make(chan struct{})
	var holder sync.WaitGroup
	holder.Go(func() { require.NoError(t, raise(other, func() { close(locked); <-release })) })
	<-locked
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() { _ = unavailableFor(t, raise(s, func() {})) })
	}
	require.NoError(t, s.Ping(t.Context()), "who waits for a lock leaves connections for readers")
	wg.Wait()
	require.NoError(t, s.Ping(t.Context()), "who waited for a lock says nothing about the database")
	close(release)
	holder.Wait()
}

func TestLocksOfANodeThatIsStoppedAreLost(t *testing.T) {
	dsn := testservice.PostgreSQL(t)
	stopped, other := open(t, dsn), open(t, dsn)
	addUser(t, other, "ada")
	raise := func(s *Store, then func()) error {
		return s.Update(context.Background(), func(tx *Tx) error {
			_, err := tx.AppendChange("ada", "relation", nil, 1)
			then()
			return err
		})
	}
	locked, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var holder sync.WaitGroup
	holder.Go(func() {
		require.NoError(t, raise(stopped, func() { once.Do(func() { close(locked); <-goOn }) }), "what it wanted is done in a second attempt")
	})
	<-locked
	require.NoError(t, raise(other, func() {}), "others wait for less than a lock is waited for")
	close(goOn)
	holder.Wait()
	log, err := other.Log(t.Context(), "ada", 0)
	require.NoError(t, err)
	require.Equal(t, int64(2), log.Rev)
	other.rest(t)
	stopped.nothingHeld(t)
}

func TestDeadlockIsRunAgain(t *testing.T) {
	s := open(t, testservice.PostgreSQL(t))
	addUser(t, s, "ada")
	addUser(t, s, "ben")
	var wg, first sync.WaitGroup
	first.Add(2)
	var runs atomic.Int64
	for _, users := range [][]string{{"ada", "ben"}, {"ben", "ada"}} {
		var once sync.Once
		wg.Go(func() {
			require.NoError(t, s.Update(context.Background(), func(tx *Tx) error {
				runs.Add(1)
				if _, err := tx.AppendChange(users[0], "relation", nil, 1); err != nil {
					return err
				}
				once.Do(func() { first.Done(); first.Wait() })
				_, err := tx.AppendChange(users[1], "relation", nil, 1)
				return err
			}))
		})
	}
	wg.Wait()
	require.GreaterOrEqual(t, runs.Load(), int64(3)) // who is run again may be quicker than who was waiting
	for _, id := range []string{"ada", "ben"} {
		log, err := s.Log(t.Context(), id, 0)
		require.NoError(t, err)
		require.Equal(t, int64(2), log.Rev)
	}
}

func TestAddressIsCheckedWithoutShowingIt(t *testing.T) {
	for _, dsn := range []string{"", "mysql://u:secret@h/x", "sqlite:", "postgres", "postgres://u:secret@h:notaport/x", "postgres://u:secret@h/x?pool_max_conns=many"} {
		err := CheckDSN(dsn)
		require.Error(t, err, dsn)
		require.NotContains(t, err.Error(), "secret", dsn)
	}
	for _, dsn := range []string{"sqlite:x", "sqlite::memory:", "postgres://u:p@h/x", "postgresql://h1,h2/x?pool_max_conns=50"} {
		require.NoError(t, CheckDSN(dsn), dsn)
	}
}
