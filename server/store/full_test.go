package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sqlite3 "zombiezen.com/go/sqlite"

	"foyer/protocol"
)

// TestWhereThereIsNoRoomNothingIsDone has a database that may not grow, which SQLite tells as it does a full disk.
func TestWhereThereIsNoRoomNothingIsDone(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	pragma := func(set string) {
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			var n int
			return tx.row(`PRAGMA ` + set).Scan(&n)
		}))
	}
	put := func(tx *Tx, name, value string) error {
		_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, $2)`, name, value)
		return err
	}
	pragma("max_page_count = 1") // no less than there are
	much := strings.Repeat("x", 1<<20)
	for _, goesOn := range []bool{false, true} {
		err := s.Update(t.Context(), func(tx *Tx) error {
			if err := put(tx, "before", ""); err != nil {
				return err
			}
			if err := put(tx, "much", much); err == nil || !goesOn {
				return err
			}
			_ = put(tx, "after", "") // a mistake of the caller's
			return nil
		})
		var refused *protocol.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, protocol.Unavailable, refused.Reason())
		require.False(t, refused.Data.Unknown)
		require.ErrorContains(t, err, "full")
		require.NotContains(t, err.Error(), "no transaction", "of what came of it")
		require.NoError(t, s.Ping(t.Context()))
		require.ErrorContains(t, s.Writes(t.Context()), "full")
	}
	pragma("max_page_count = 100000")
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error { return put(tx, "then", much) }))
	require.NoError(t, s.Writes(t.Context()))
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		var names int
		require.NoError(t, tx.row(`SELECT COUNT(*) FROM meta WHERE name IN ('before', 'much', 'after')`).Scan(&names))
		require.Zero(t, names)
		return nil
	}))
}

func TestACommitForWhichThereIsNoRoomIsUndone(t *testing.T) {
	require.False(t, mayLast(sqlite3.ResultFull.ToError()))
	require.True(t, mayLast(sqlite3.ResultIOErrFsync.ToError()))
	require.True(t, mayLast(errors.New("another")))
}
