package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/store"
	"foyer/server/store/storetest"
)

func TestInvitations(t *testing.T) {
	for name, dsn := range map[string]func(*testing.T) string{
		"memory": func(*testing.T) string { return "sqlite::memory:" },
		"file":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "foyer.db") },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Invitations(t, func(t *testing.T) *store.Store {
				s, err := store.Open(t.Context(), dsn(t), store.Options{})
				require.NoError(t, err)
				return s
			})
		})
	}
}
