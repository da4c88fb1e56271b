package app

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
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
