package load

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/cmd/foyer-bots/scenario"
)

// TestNothingIsBegunThatWasDueAfterTheEnd has a machine stand still beyond the end of a load, and nobody hear its timer.
func TestNothingIsBegunThatWasDueAfterTheEnd(t *testing.T) {
	f := &field{s: &scenario.Scenario{Duration: scenario.Duration(2 * time.Second)}, o: Options{Parts: 1}, rec: newRecorder(2 * time.Second)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var begun atomic.Int64
	f.every(ctx, time.Now().Add(-10*time.Second), scenario.Constant(20), func(time.Time) { begun.Add(1) })
	f.tasks.Wait()
	require.EqualValues(t, 40, begun.Load())
}
