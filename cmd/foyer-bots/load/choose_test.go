package load

import (
	"bytes"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"foyer/client/wire"
	"foyer/protocol"

	"github.com/stretchr/testify/require"
)

// Devices name two members each. Later one gets, beside theirs, the newest state of all others.
func TestStateOfSomebodyNotNamedIsCaught(t *testing.T) {
	var mu sync.Mutex
	begun := time.Time{}
	states := map[uint16][]byte{}
	lying := proxy(t, startNodes(t, "one")[0], func(f wire.Frame, _ func(time.Duration, wire.Frame)) []wire.Frame {
		frame, err := protocol.ParseStates(f.Data)
		if !f.Binary || err != nil {
			return []wire.Frame{f}
		}
		mu.Lock()
		defer mu.Unlock()
		if begun.IsZero() {
			begun = time.Now()
		}
		for n, state := range frame.All() {
			states[n] = bytes.Clone(state)
		}
		if time.Since(begun) < 2*lingering {
			return []wire.Frame{f}
		}
		var w protocol.StateWriter
		w.Start(protocol.FrameTick, frame.Tick, nil)
		for _, n := range slices.Sorted(maps.Keys(states)) {
			w.Add(n, states[n])
		}
		return []wire.Frame{{Binary: true, Data: w.Finish(nil)[0]}}
	})
	o := options(t, "crowd", []string{lying}, "people=8", "sessions.size=8", "duration=3s", "states={hz: 10, named: 2, renew: 1h}", "objectives=null")
	r := carry(t, o)
	require.Positive(t, r.Violations.Kinds["state"])
	require.Contains(t, r.Violations.Sample[0].What, "whom it did not name")
}

func TestMembersAreNamedInTurn(t *testing.T) {
	r := &room{own: 3}
	for _, n := range []uint16{1, 2, 3, 5, 8} {
		r.set(n, &person{})
	}
	require.Equal(t, []uint16{5, 8}, r.some(2, 0))
	require.Equal(t, []uint16{8, 1}, r.some(2, 1))
	require.Equal(t, []uint16{2, 5}, r.some(2, 7))
	require.Equal(t, []uint16{5, 8, 1, 2}, r.some(20, 0))

	now := time.Now()
	r.choose([]uint16{5, 8}, now)
	r.choose([]uint16{8, 1, 77}, now.Add(time.Second))
	require.Equal(t, map[uint16]choice{8: {r.by[8], now}, 1: {r.by[1], now.Add(time.Second)}}, r.chosen)
	five, eight := r.by[5], r.by[8]
	require.Zero(t, five.chosenBy.Load())
	require.EqualValues(t, 1, eight.chosenBy.Load())
	r.set(8, nil)
	require.Zero(t, eight.chosenBy.Load())
	require.NotContains(t, r.chosen, uint16(8))
}
