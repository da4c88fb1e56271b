package redis

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster"
	"foyer/server/cluster/redis/redistest"
)

// A node whose machine's clock is off dates the graces that it begins by itself as the others do.
func TestGracesAreDatedByTheClockThatNodesHaveInCommon(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := newMember(t, server.URL, newPrefix(), "one")
	one.halt(t)
	one.r.now = func() time.Time { return time.Now().Add(time.Hour) }
	one.Node = NewNode(one.d, one.r, "again", one)
	require.Eventually(t, func() bool { return one.returned.Load() > 0 }, waitAtMost, waitEvery)
	one.halt(t)
	r := &roamer{t: t, id: uuid.NewString()}
	dated := func() {
		t.Helper()
		d := one.adas(t)[0]
		require.False(t, d.Connected)
		require.WithinDuration(t, one.r.now(), d.GraceUntil, time.Minute)
	}

	d := r.come(one, "dropped alone", time.Hour)
	one.cut()
	_, err := one.d.Drop(t.Context(), d, time.Now())
	require.NoError(t, err)
	require.True(t, one.Check(t.Context()))
	dated()

	r.come(one, "a ghost", time.Hour)
	one.ended.Store(true)
	require.NoError(t, one.lookForGhosts(t.Context()))
	dated()

	_, err = one.d.Attach(t.Context(), cluster.Attach{
		Now: one.r.now(), WantID: r.id, Device: cluster.Device{UserID: "ada", Kind: protocol.KindBot, Node: "dead", Incarnation: "on a dead node"},
	})
	require.NoError(t, err)
	require.NoError(t, one.clear(t.Context(), "dead"))
	dated()
}
