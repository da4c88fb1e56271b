package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/protocol"
)

func TestNobodyNewGetsInBeforeAnEmptyRedisIsFilled(t *testing.T) {
	t.Parallel()
	server, one, two := newTwo(t)
	one.Check(t.Context()) // and knows of two
	two.halt(t)            // it is slow to notice
	one.halt(t)
	server.Kill()
	server.Restart()
	j := two.join("dan")
	j.Rules.Rev, j.Rules.Capacity = 2, 2
	_, err := two.r.Join(t.Context(), j)
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "the roster is not there, and so isn't full")
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
	server, one, two := newTwo(t)
	one.catchUp(t)
	one.Check(t.Context()) // and knows of two
	two.halt(t)            // stopped, for long
	one.goesAway(t, server)
	one.comesBackEmpty(t, server)
	_, err := one.r.Join(t.Context(), one.join("eve"))
	require.ErrorIs(t, err, protocol.Refuse(protocol.Unavailable), "ben may come back")
	one.expire(t, two.ID())
	require.Eventually(t, func() bool { _, err = one.r.Join(t.Context(), one.join("eve")); return err == nil }, waitAtMost, waitEvery)
	require.False(t, two.Check(t.Context()))
	require.EqualValues(t, 1, two.Stats.Fenced.Load(), "ben's place may be another's")
	require.True(t, two.Check(t.Context()))
	_, err = two.r.Join(t.Context(), two.join("fay"))
	require.NoError(t, err)
}
