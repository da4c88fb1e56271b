package app

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/server/cluster/redis"
	"foyer/server/cluster/redis/redistest"
)

func TestTheLogSaysOnceThatRedisIsAwayAndOnceThatItIsBack(t *testing.T) {
	var log bytes.Buffer
	b := &between{log: zerolog.New(&log)}
	for range 2 {
		b.Returned(false) // nobody said that it was away
		b.Away(errors.New("refused"))
		b.Away(errors.New("refused again"))
		b.Returned(false)
	}
	require.Equal(t, 2, strings.Count(log.String(), "out of reach"), log.String())
	require.Equal(t, 2, strings.Count(log.String(), "is back"), log.String())
	require.NotContains(t, log.String(), "again")
}

// A node that began cut off, and whose clock is ahead, would end everybody's graces before it asks for the time again.
func TestTheClockIsPutRightBeforeAnythingIsDoneInARedisThatIsBack(t *testing.T) {
	client, err := redis.Open(redistest.Start(t).URL, redis.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	b := &between{client: client, clock: newCommon(func() time.Time { return time.Now().Add(90 * time.Second) })}
	b.Reached(t.Context())
	require.WithinDuration(t, time.Now(), b.clock.now(), 30*time.Second)
}
