package redis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/server/cluster/redis/redistest"
)

func TestAClockIsNotReadFromAnAnswerThatWasLongInComing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := newClient(t, server.URL, newPrefix())
	ahead, err := c.Ahead(t.Context(), time.Now)
	require.NoError(t, err)
	require.Less(t, ahead.Abs(), time.Second)
	stopped := time.Duration(0)
	_, err = c.Ahead(t.Context(), func() time.Time {
		defer func() { stopped = 30 * time.Second }() // between the question and the answer
		return time.Now().Add(stopped)
	})
	require.Error(t, err, "it would be taken to be 15 s off")
}
