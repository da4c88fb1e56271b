package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecondServerOnOneSQLiteFileIsRefused(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	first, err := Open(t.Context(), dsn, Options{Alone: true})
	require.NoError(t, err)
	_, err = Open(t.Context(), dsn, Options{Alone: true})
	require.ErrorContains(t, err, "another server")
	beside, err := Open(t.Context(), dsn, Options{})
	require.NoError(t, err, "whoever only reads or migrates may")
	require.NoError(t, beside.Close())
	require.NoError(t, first.Close())
	again, err := Open(t.Context(), dsn, Options{Alone: true})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
