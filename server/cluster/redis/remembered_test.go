package redis

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
)

// What a node remembers of a user is what it puts back into an empty Redis, and what it goes by while Redis is away: it
// must be what was written last, whichever of several calls is told first that its write is done.
func TestWhatANodeRemembersIsWhatItWroteLast(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	for round := range 100 {
		user := "user-" + strconv.Itoa(round)
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				d := cluster.Device{ID: user + "-" + strconv.Itoa(i), UserID: user, Kind: protocol.KindBot, Node: one.ID(), Incarnation: strconv.Itoa(i)}
				if _, err := one.d.Attach(t.Context(), cluster.Attach{Now: time.Now(), Device: d}); err != nil {
					t.Error(err)
				}
				if i%2 == 0 {
					return
				}
				if _, err := one.d.Drop(t.Context(), d, time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		v, err := one.c.load(t.Context(), one.d.key(user))
		require.NoError(t, err)
		if one.d.kept.has(user) {
			require.JSONEq(t, v.body, one.d.kept.of(user))
		}
		seen := roll{one.d.seen.of([]string{user})[user]}
		require.JSONEq(t, v.body, seen.text())
	}
}
