package server

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// TestAStepThatFailsIsLoggedWhenThatBeginsAndEnds, however often it is tried in between: one is tried five times a second.
func TestAStepThatFailsIsLoggedWhenThatBeginsAndEnds(t *testing.T) {
	var log bytes.Buffer
	s := &Server{ctx: t.Context(), log: zerolog.New(&log), metrics: &metrics{
		failed:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "failed"}, []string{"step"}),
		mistakes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mistakes"}, []string{"where"}),
	}}
	failed := 0
	try := func(err error) { failed = s.step("graces", func(context.Context) error { return err }, failed) }
	try(nil)
	require.Empty(t, log.String())
	for range 5 {
		try(errors.New("out of reach"))
	}
	require.Equal(t, `{"level":"warn","error":"out of reach","step":"graces","message":"step not done"}`+"\n", log.String())
	failed = s.step("graces", func(context.Context) error { panic("mistake") }, failed)
	require.Contains(t, log.String(), "mistake in the server")
	log.Reset()
	try(nil)
	try(nil)
	require.Equal(t, `{"level":"warn","step":"graces","failed":5,"message":"step done again"}`+"\n", log.String())
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.metrics.failed)
	families, err := registry.Gather()
	require.NoError(t, err)
	require.InDelta(t, 5, families[0].GetMetric()[0].GetCounter().GetValue(), 0, "the metric counts each time")
	log.Reset()
	try(errors.New("out of reach"))
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
}
