package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/server/store"
	"foyer/server/store/storetest"
	"foyer/server/store/testservice"
)

func TestInvitations(t *testing.T) {
	testservice.Each(t, func(t *testing.T, dsn func(testing.TB) string) {
		storetest.Invitations(t, func(t *testing.T) *store.Store {
			s, err := store.Open(t.Context(), dsn(t), store.Options{})
			require.NoError(t, err)
			return s
		})
	})
}
