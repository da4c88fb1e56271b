package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatIsCommittedIsOnTheDisk looks at what each connection was told; whether it is so shows the campaign of kill -9.
func TestWhatIsCommittedIsOnTheDisk(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	look := func(tx *Tx) error {
		var mode string
		var synchronous, wait int
		require.NoError(t, tx.row(`PRAGMA journal_mode`).Scan(&mode))
		require.NoError(t, tx.row(`PRAGMA synchronous`).Scan(&synchronous))
		require.NoError(t, tx.row(`PRAGMA busy_timeout`).Scan(&wait))
		require.Equal(t, "wal", mode)
		require.Equal(t, 2, synchronous, "FULL: the log is synced at each commit")
		require.Equal(t, 5000, wait)
		return nil
	}
	require.NoError(t, s.Update(t.Context(), look))
	for range 8 {
		require.NoError(t, s.View(t.Context(), look))
	}
}
