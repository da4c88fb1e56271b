package store

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/store/testservice"
)

// cutter cuts a connection between a store and its server off when it sees a message of the store's.
type cutter func(message []byte) (cut, deliver bool)

func (c cutter) relay(client, server net.Conn) {
	go func() {
		_, _ = io.Copy(client, server)
		client.Close()
	}()
	message := make([]byte, 64<<10)
	for {
		n, err := client.Read(message)
		if err != nil {
			return
		}
		cut, deliver := c(message[:n])
		if cut {
			client.Close() // before the server has anything that it could answer
		}
		if deliver || !cut {
			_, err = server.Write(message[:n])
		}
		if cut {
			if deliver {
				_, _ = server.Read(message) // let it be carried out
			}
			return
		}
		if err != nil {
			return
		}
	}
}

func TestCommitWhoseAnswerGotLostIsUnknown(t *testing.T) {
	var mode atomic.Int64 // 0 nothing, 1 cut before COMMIT gets there, 2 after, 3 before a statement, once
	c := cutter(func(m []byte) (cut, deliver bool) {
		has := func(statement string) bool { // named as one to be carried out
			return strings.Contains(string(m), "\x00"+statement+"\x00")
		}
		switch {
		case has(beginWriting) && mode.CompareAndSwap(3, 0):
			return true, false
		case has(commitAll):
			return mode.Load() == 1 || mode.Load() == 2, mode.Load() == 2
		}
		return false, false
	})
	s := open(t, between(t, ownServer(t).URL, c.relay))
	for i, row := range []struct {
		name             string
		mode             int64
		asked            bool // whether something is read first, so that the writing goes with COMMIT
		together         bool
		unknown, applied bool
	}{
		{"before COMMIT", 1, false, false, true, false},
		{"after COMMIT", 2, false, false, true, true},
		{"before anything", 3, false, false, false, true},
		{"before the writing and COMMIT", 1, true, true, true, false},
		{"after the writing and COMMIT", 2, true, true, true, true},
		{"before anything, the writing with COMMIT", 3, true, true, false, true},
		{"before anything, nothing but writing", 3, false, true, false, true},
	} {
		mode.Store(row.mode)
		err := s.Update(t.Context(), func(tx *Tx) error {
			if row.asked {
				if err := tx.row(`SELECT 1`).Scan(new(int)); err != nil {
					return err
				}
			}
			if row.together {
				return tx.later(`INSERT INTO meta (name, value) VALUES ($1, '')`, fmt.Sprint("row", i))
			}
			_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, '')`, fmt.Sprint("row", i))
			return err
		})
		mode.Store(0)
		if row.unknown {
			require.True(t, unavailableFor(t, err).Data.Unknown, "%s: %v", row.name, err)
		} else {
			require.NoError(t, err, row.name)
		}
		applied := func() (there bool) {
			require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
				return tx.row(`SELECT COUNT(*) = 1 FROM meta WHERE name = $1`, fmt.Sprint("row", i)).Scan(&there)
			}), row.name)
			return there
		}
		if !row.applied {
			require.False(t, applied(), row.name)
			continue
		}
		for looks := 0; !applied(); looks++ { // the server may be at its COMMIT still
			require.Less(t, looks, 10_000, row.name)
		}
	}
}

// TestWhatGoesWithCOMMITAndFailsIsKnownToBeUndone has the last statements of a transaction fail, which nobody waits for.
func TestWhatGoesWithCOMMITAndFailsIsKnownToBeUndone(t *testing.T) {
	s := open(t, testservice.PostgreSQL(t))
	addUser(t, s, "ada")
	runs := 0
	write := func(last string, often int, args ...any) error {
		runs = 0
		return s.Update(t.Context(), func(tx *Tx) error {
			if _, err := tx.AppendChange("ada", "relation", nil, 1); err != nil {
				return err
			}
			if runs++; runs > often {
				return nil
			}
			return tx.later(last, args...)
		})
	}
	revision := func() int64 {
		log, err := s.Log(t.Context(), "ada", -1)
		require.NoError(t, err)
		return log.Rev
	}
	err := write(`SELECT 1 / $1::int`, 100, 0)
	require.False(t, unavailableFor(t, err).Data.Unknown, "%v", err)
	require.Equal(t, 1, runs)
	require.Zero(t, revision())

	require.NoError(t, write(`INSERT INTO users (id) VALUES ($1)`, 1, "ada"), "somebody else's row is tried again")
	require.Equal(t, 2, runs)
	require.Equal(t, int64(1), revision())

	require.NoError(t, write(`SELECT pg_terminate_backend(pg_backend_pid())`, 1), "so is a connection that the server ends")
	require.Equal(t, 2, runs)
	require.Equal(t, int64(2), revision())

	err = write(`SELECT pg_terminate_backend(pg_backend_pid())`, 100)
	require.False(t, unavailableFor(t, err).Data.Unknown, "%v", err)
	require.Equal(t, int64(2), revision())
	s.nothingHeld(t)
}

// nothingHeld checks that each connection to PostgreSQL is back in the pool, and in no transaction.
func (s *Store) nothingHeld(t *testing.T) {
	s.rest(t)
	p, ok := s.engine.(*postgres)
	require.True(t, ok)
	stat := p.pool.Stat()
	require.Zero(t, stat.AcquiredConns())
	require.LessOrEqual(t, int(stat.TotalConns()), p.size)
	require.Eventually(t, func() bool { // the server may have to notice yet that a connection was given up
		var open int
		err := s.View(t.Context(), func(tx *Tx) error {
			return tx.row(`SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'foyer' AND datname = current_database()
				AND state LIKE 'idle in transaction%'`).Scan(&open)
		})
		return err == nil && open == 0
	}, 10*time.Second, 10*time.Millisecond)
}
