package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/store"
	"foyer/server/store/storetest"
)

// TestWhatRunsAgainIsAsIfItHadRunOnce holds the rooms to what Update and View say of their functions.
func TestWhatRunsAgainIsAsIfItHadRunOnce(t *testing.T) {
	open := func(t *testing.T) *store.Store {
		s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{})
		require.NoError(t, err)
		store.Again(s)
		return s
	}
	storetest.Invitations(t, open)
	storetest.Directory(t, open)
	storetest.Sessions(t, open)
}
