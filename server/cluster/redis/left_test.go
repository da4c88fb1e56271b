package redis

import (
	"testing"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
	"foyer/session"
)

// A node's own copy of a roster is up to a second old. It is put back first, and then somebody else's who has the place.
func TestWhoWasHeardToLeaveIsNotPutBackIntoAnEmptyRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	two.bring(t, "cem")
	one.bring(t, "ada")
	two.bring(t, "ben")
	one.catchUp(t)
	one.halt(t)
	left, err := two.r.Leave(t.Context(), session.Leave{UserID: "cem", Reason: protocol.LeftByChoice})
	require.NoError(t, err)
	require.NotNil(t, left.Departure)
	one.r.Heard("s", two.version(t), "cem")
	two.bring(t, "dan")
	two.halt(t)
	server.Kill()
	server.Restart()
	for _, m := range []*member{one, two} {
		require.True(t, m.Check(t.Context()))
	}
	require.ElementsMatch(t, []string{"ada", "ben", "dan"}, one.users(t))
	places, err := two.r.Places(t.Context(), []string{"ada", "ben", "cem", "dan"})
	require.NoError(t, err)
	require.NotContains(t, places, "cem")
}
