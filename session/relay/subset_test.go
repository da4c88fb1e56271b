package relay_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
	"foyer/session/relay"
)

func TestNamedMembersComeAtEveryTickTheOthersAtTheirPace(t *testing.T) {
	var r relay.Relay
	s := r.NewSubset([]uint16{1}, 5, 20, nil)
	got := map[uint16]int{}
	for tick := uint32(1); tick <= 40; tick++ {
		for n := range uint16(3) {
			r.Write(n, fmt.Append(nil, tick))
		}
		r.Tick(tick)
		came := map[uint16]bool{} // who is named may also have a turn
		for _, b := range r.Subset(s) {
			f, err := protocol.ParseStates(b)
			require.NoError(t, err)
			for n := range f.All() {
				came[n] = true
			}
		}
		for n := range came {
			got[n]++
		}
	}
	require.Equal(t, map[uint16]int{0: 10, 1: 40, 2: 10}, got)
}

func TestWhoIsNotNamedAtPaceZeroNeverComes(t *testing.T) {
	var r relay.Relay
	s := r.NewSubset([]uint16{1, 9}, 0, 20, nil)
	r.Write(1, []byte("a"))
	r.Write(2, []byte("x"))
	r.Tick(1)
	have := screen{}
	have.apply(t, protocol.FrameTick, 1, r.Subset(s))
	require.Equal(t, screen{1: "a"}, have)
	have.apply(t, protocol.FrameKey, 1, r.SubsetKey(1, s))
	require.Equal(t, screen{1: "a"}, have)
	require.False(t, r.Behind(s))
	r.Write(2, []byte("y"))
	r.Tick(2)
	require.Empty(t, r.Subset(s), "a tick in which nobody named moved is none")
	require.False(t, r.Behind(s))
}

func TestWhatThePaceHeldBackComesThoughNobodyWritesAnyMore(t *testing.T) {
	var r relay.Relay
	s := r.NewSubset(nil, 1, 20, nil)
	have := screen{}
	have.apply(t, protocol.FrameKey, 0, r.SubsetKey(0, s))
	r.Write(1, []byte("a"))
	ticks := 0
	for tick := uint32(1); r.Behind(s); tick++ {
		r.Tick(tick)
		have.apply(t, protocol.FrameTick, tick, r.Subset(s))
		ticks++
	}
	require.Equal(t, screen{1: "a"}, have)
	require.LessOrEqual(t, ticks, 20)
	require.Greater(t, ticks, 1)
}

func TestSubsetsShareWhatIsTheSame(t *testing.T) {
	var r relay.Relay
	one, other := r.NewSubset([]uint16{1}, 10, 20, nil), r.NewSubset([]uint16{2}, 10, 20, nil)
	r.Write(1, []byte("a"))
	r.Write(2, []byte("b"))
	r.Tick(2)
	require.Len(t, r.Subset(one), 2)
	require.Same(t, &r.Subset(one)[1][0], &r.Subset(other)[1][0], "all of a pace get the same bytes of whose turn it is")
	require.Same(t, &r.SubsetKey(2, one)[0][0], &r.Key(2, nil)[0][0])
	r.Write(1, []byte("c"))
	r.Write(2, []byte("d"))
	r.Tick(3)
	between := r.Subset(one)
	require.Same(t, &between[0][0], &r.Subset(one)[0][0], "and all of a subset in between")
}

func TestTheOthersAreSpreadOverTheTicks(t *testing.T) {
	const members = 1000
	var r relay.Relay
	s := r.NewSubset(nil, 2, 20, nil)
	for tick := uint32(1); tick <= 100; tick++ {
		for n := range uint16(members) {
			r.Write(n, fmt.Append(nil, tick))
		}
		r.Tick(tick)
		count := 0
		for _, b := range r.Subset(s) {
			f, err := protocol.ParseStates(b)
			require.NoError(t, err)
			count += f.Count
		}
		require.Equal(t, members/10, count, "tick %d", tick)
	}
}

func TestWhatDidNotChangeHasNoTurn(t *testing.T) {
	var r relay.Relay
	s := r.NewSubset(nil, 5, 20, nil)
	r.Write(3, []byte("once"))
	came := 0
	for tick := uint32(1); tick <= 40; tick++ {
		r.Tick(tick)
		came += len(r.Subset(s))
	}
	require.Equal(t, 1, came)
}

// Whatever is written, removed and ticked: after the others' pace had its turn, a receiver has the true states of all it
// hears of, and those named are true after every tick.
func TestASubsetShowsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const members = 8
		var r relay.Relay
		number := rapid.Uint16Range(0, members-1)
		list := func(label string) []uint16 { return rapid.SliceOfN(number, 0, 4).Draw(t, label) }
		rate := rapid.IntRange(2, 60).Draw(t, "rate")
		not := relay.NewExclusion(list("blocked"))
		hidden := screen{}
		for _, n := range not.Numbers() {
			hidden[n] = ""
		}
		named, others := list("named"), rapid.IntRange(0, rate-1).Draw(t, "others")
		s := r.NewSubset(named, others, rate, not)
		truth, have := screen{}, screen{}
		have.apply(t, protocol.FrameKey, 0, r.SubsetKey(0, s))
		wanted := func(all bool) screen {
			out := screen{}
			for n, state := range truth {
				_, blocked := hidden[n]
				if !blocked && (all && others > 0 || s.Names(n)) {
					out[n] = state
				}
			}
			return out
		}
		tick := uint32(0)
		step := func() {
			tick++
			r.Tick(tick)
			if rapid.IntRange(0, 9).Draw(t, "slow") == 0 {
				have.apply(t, protocol.FrameKey, tick, r.SubsetKey(tick, s))
			} else {
				have.apply(t, protocol.FrameTick, tick, r.Subset(s))
			}
			for n, state := range wanted(false) {
				require.Equal(t, state, have[n], "named %d", n)
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch n := number.Draw(t, "number"); rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				r.Remove(n)
				delete(truth, n)
				delete(have, n) // the roster says so
			case 1:
				step()
			default:
				truth[n] = fmt.Sprint(rapid.IntRange(0, 99).Draw(t, "state"))
				r.Write(n, []byte(truth[n]))
			}
		}
		step()
		for r.Behind(s) {
			step()
		}
		require.Equal(t, wanted(true), have)
	})
}
