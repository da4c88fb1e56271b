package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRequestsOfOneStepEndTogetherAndNoneTooSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := &Server{ctx: ctx}
		first := s.term()
		<-time.After(termStep - time.Millisecond)
		require.Same(t, first, s.term())
		<-time.After(requestTime)
		require.NoError(t, first.Err(), "who came last has had just its time")
		next := s.term()
		require.NotSame(t, first, next)
		<-time.After(2 * time.Millisecond)
		require.ErrorIs(t, first.Err(), context.DeadlineExceeded)
		require.NoError(t, next.Err())
		stop()
		require.ErrorIs(t, next.Err(), context.Canceled)
		require.ErrorIs(t, s.term().Err(), context.Canceled)
	})
}
