package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/invitation"
	"foyer/server/store"
	"foyer/server/store/storetest"
	"foyer/server/store/testservice"
)

func TestDirectory(t *testing.T) {
	testservice.Each(t, func(t *testing.T, dsn func(testing.TB) string) {
		storetest.Directory(t, func(t *testing.T) *store.Store {
			s, err := store.Open(t.Context(), dsn(t), store.Options{})
			require.NoError(t, err)
			return s
		})
	})
}

// TestWhoIsNewAndAlone covers that a new user counts as alone only if nobody has anything to do with them: others keep
// what is between them and a user who was erased.
func TestWhoIsNewAndAlone(t *testing.T) {
	onTwoNodes(t, unlimited(), func(t *testing.T, n *nodes) {
		for _, id := range []string{"abe", "zoe"} { // before and behind ben in a pair
			claims := directory.Claims{Subject: id, Name: id}
			_, changed, err := n.users[0].Upsert(t.Context(), claims)
			require.NoError(t, err)
			require.True(t, changed.New && changed.Alone)
			_, changed, err = n.users[0].Upsert(t.Context(), claims)
			require.NoError(t, err)
			require.False(t, changed.New || changed.Alone, "known by now")
			_, _, err = n.pairs[0].Block(t.Context(), invitation.Call{UserID: "ben"}, id)
			require.NoError(t, err)
			require.NoError(t, n.users[0].Erase(t.Context(), id))
			_, changed, err = n.users[0].Upsert(t.Context(), claims)
			require.NoError(t, err)
			require.True(t, changed.New)
			require.False(t, changed.Alone, "ben blocks %s", id)
		}
	})
}
