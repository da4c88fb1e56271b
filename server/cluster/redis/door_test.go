package redis

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/cluster/redis/redistest"
)

func TestNobodyNewGetsInBeforeAnEmptyRedisIsFilled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	one.Check(t.Context()) // and knows of two
	two.cancel()           // it is slow to notice
	<-two.done
	one.cancel()
	<-one.done
	server.Kill()
	server.Restart()
	j := two.join("dan")
	j.Rules.Rev, j.Rules.Capacity = 2, 2
	_, err := two.r.Join(t.Context(), j)
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "the roster is not there, and so isn't full")
	one.ctx = context.Background()
	require.True(t, one.Check(t.Context()))
	_, err = two.r.Join(t.Context(), j)
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "nor does it have all")
	_, err = one.r.Join(t.Context(), one.join("eve"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	_, err = one.r.Join(t.Context(), one.join("ada"))
	require.NoError(t, err, "who is in may come again")
	require.Error(t, one.Err())
	require.NoError(t, pause(t.Context(), 2500*time.Millisecond)) // however long it takes
	_, err = one.r.Join(t.Context(), one.join("eve"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable))
	two.ctx = context.Background()
	require.True(t, two.Check(t.Context()))
	_, err = two.r.Join(t.Context(), j)
	require.ErrorIs(t, err, protocol.Refuse(protocol.SessionFull))
	_, err = one.r.Join(t.Context(), j)
	require.ErrorIs(t, err, protocol.Refuse(protocol.SessionFull), "at once")
	one.Check(t.Context())
	require.NoError(t, one.Err())
}

func TestWhoComesAfterAnEmptyRedisWasFilledComesAnew(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	one, two := newMember(t, server.URL, prefix, "one"), newMember(t, server.URL, prefix, "two")
	one.bring(t, "ada")
	two.bring(t, "ben")
	one.catchUp(t)
	one.Check(t.Context()) // and knows of two
	two.cancel()           // stopped, for long
	<-two.done
	server.Kill()
	require.Eventually(t, func() bool { return one.Err() != nil }, waitAtMost, waitEvery)
	server.Restart()
	require.Eventually(t, func() bool { return one.returned.Load() > 0 }, waitAtMost, waitEvery)
	_, err := one.r.Join(t.Context(), one.join("eve"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "ben may come back")
	one.expire(t, two.ID())
	require.Eventually(t, func() bool { _, err = one.r.Join(t.Context(), one.join("eve")); return err == nil }, waitAtMost, waitEvery)
	two.ctx = context.Background()
	require.False(t, two.Check(t.Context()))
	require.EqualValues(t, 1, two.Stats.Fenced.Load(), "ben's place may be another's")
	require.True(t, two.Check(t.Context()))
	_, err = two.r.Join(t.Context(), two.join("fay"))
	require.NoError(t, err)
}
