package relay_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"foyer/protocol"
	"foyer/session/relay"
)

// screen is what a client has, from the frames that it was sent.
type screen map[uint16]string

func (s screen) apply(t require.TestingT, kind protocol.FrameKind, tick uint32, frames [][]byte) {
	if kind == protocol.FrameKey && len(frames) > 0 {
		clear(s)
	}
	for _, b := range frames {
		require.LessOrEqual(t, len(b), protocol.MaxFrame)
		f, err := protocol.ParseStates(b)
		require.NoError(t, err)
		require.Equal(t, kind, f.Kind)
		require.Equal(t, tick, f.Tick)
		for number, state := range f.All() {
			s[number] = string(state)
		}
	}
}

func TestTheLastStateOfATickWins(t *testing.T) {
	var r relay.Relay
	require.True(t, r.Write(1, []byte("a")))
	require.True(t, r.Write(2, []byte("x")))
	require.True(t, r.Write(1, []byte("b")))
	r.Tick(7)
	s := screen{}
	s.apply(t, protocol.FrameTick, 7, r.Frames(nil))
	require.Equal(t, screen{1: "b", 2: "x"}, s)
}

func TestOnlyWhatChangedIsSent(t *testing.T) {
	var r relay.Relay
	r.Write(1, []byte("a"))
	r.Write(2, []byte("x"))
	r.Tick(1)
	r.Write(2, []byte("y"))
	require.False(t, r.Write(1, []byte("a")), "the same state again is no change")
	r.Tick(2)
	s := screen{}
	s.apply(t, protocol.FrameTick, 2, r.Frames(nil))
	require.Equal(t, screen{2: "y"}, s)
}

func TestNothingIsSentWhenNothingChanged(t *testing.T) {
	var r relay.Relay
	r.Tick(1)
	require.Empty(t, r.Frames(nil))
	r.Write(1, []byte("a"))
	r.Tick(2)
	r.Tick(3)
	require.Empty(t, r.Frames(nil))
	require.False(t, r.Changed())
}

func TestAKeyFrameIsThereEvenWithNothingInIt(t *testing.T) {
	var r relay.Relay
	require.Equal(t, [][]byte{{3, 9, 0, 0, 0, 0, 0}}, r.Key(9, nil))
	require.Equal(t, [][]byte{{3, 9, 0, 0, 0, 0, 0}}, r.Key(9, relay.NewExclusion([]uint16{1})))
}

func TestAnEmptyStateIsAState(t *testing.T) {
	var r relay.Relay
	require.True(t, r.Write(1, nil))
	r.Tick(1)
	s := screen{}
	s.apply(t, protocol.FrameTick, 1, r.Frames(nil))
	require.Equal(t, screen{1: ""}, s)
}

func TestAStateEndsWithItsMember(t *testing.T) {
	var r relay.Relay
	r.Write(1, []byte("a"))
	r.Write(2, []byte("x"))
	r.Remove(1)
	r.Remove(1)
	r.Remove(99)
	require.Equal(t, 1, r.States())
	r.Tick(1)
	tick, key := screen{}, screen{}
	tick.apply(t, protocol.FrameTick, 1, r.Frames(nil))
	key.apply(t, protocol.FrameKey, 1, r.Key(1, nil))
	require.Equal(t, screen{2: "x"}, tick)
	require.Equal(t, screen{2: "x"}, key)

	r.Write(1, []byte("a"))
	r.Tick(2)
	tick.apply(t, protocol.FrameTick, 2, r.Frames(nil))
	require.Equal(t, screen{1: "a", 2: "x"}, tick, "the number's next member begins anew")
}

func TestAMemberRemovedBetweenTickAndFramesIsInNone(t *testing.T) {
	var r relay.Relay
	r.Write(1, []byte("a"))
	r.Write(2, []byte("x"))
	r.Write(3, []byte("z"))
	r.Tick(1)
	r.Remove(1)
	s := screen{}
	s.apply(t, protocol.FrameTick, 1, r.Frames(relay.NewExclusion([]uint16{3})))
	require.Equal(t, screen{2: "x"}, s)
}

func TestBlockedMembersAreLeftOut(t *testing.T) {
	var r relay.Relay
	r.Write(1, []byte("a"))
	r.Write(2, []byte("x"))
	r.Tick(1)
	x := relay.NewExclusion([]uint16{2, 5})
	s := screen{}
	s.apply(t, protocol.FrameTick, 1, r.Frames(x))
	require.Equal(t, screen{1: "a"}, s)
	s.apply(t, protocol.FrameKey, 1, r.Key(1, x))
	require.Equal(t, screen{1: "a"}, s)

	r.Write(2, []byte("y"))
	r.Tick(2)
	require.Empty(t, r.Frames(x), "a tick in which only a blocked member moved is none")
	require.NotEmpty(t, r.Frames(nil))
}

func TestTheSameBytesGoToAllWhomNoBlockConcerns(t *testing.T) {
	var r relay.Relay
	r.Write(1, []byte("a"))
	r.Tick(1)
	all := r.Frames(nil)
	require.Len(t, all, 1)
	unconcerned := r.Frames(relay.NewExclusion([]uint16{7}))
	require.Same(t, &all[0][0], &unconcerned[0][0])

	r.Write(2, []byte("b"))
	r.Tick(2)
	x := relay.NewExclusion([]uint16{2})
	r.Write(1, []byte("c"))
	r.Tick(3)
	r.Write(1, []byte("d"))
	r.Write(2, []byte("d"))
	r.Tick(4)
	one, two := r.Frames(x), r.Frames(x)
	require.Same(t, &one[0][0], &two[0][0])
	one, two = r.Key(4, x), r.Key(4, x)
	require.Same(t, &one[0][0], &two[0][0])
	require.Nil(t, relay.NewExclusion(nil))
	require.Empty(t, relay.NewExclusion(nil).Numbers())
	require.Equal(t, []uint16{2}, x.Numbers())
}

func TestFramesDoNotChangeOnceHandedOut(t *testing.T) {
	var r relay.Relay
	r.Write(1, []byte("aaaa"))
	r.Tick(1)
	frames, key := r.Frames(nil), r.Key(1, nil)
	tick, first := bytes.Clone(frames[0]), bytes.Clone(key[0])
	r.Write(1, []byte("bbbb"))
	r.Tick(2)
	r.Key(2, nil)
	require.Equal(t, tick, frames[0])
	require.Equal(t, first, key[0])
}

func TestATickThatIsTooLargeIsSeveralFramesOfTheSameTick(t *testing.T) {
	var r relay.Relay
	want := screen{}
	for n := uint16(1); n <= 1000; n++ {
		state := bytes.Repeat([]byte{byte(n)}, 512)
		r.Write(n, state)
		want[n] = string(state)
	}
	r.Tick(5)
	require.Greater(t, len(r.Frames(nil)), 8)
	tick, key := screen{}, screen{}
	tick.apply(t, protocol.FrameTick, 5, r.Frames(nil))
	key.apply(t, protocol.FrameKey, 5, r.Key(5, nil))
	require.Equal(t, want, tick)
	require.Equal(t, want, key)
}

func TestAStateThatNoFrameHoldsChangesNothing(t *testing.T) {
	var r relay.Relay
	require.False(t, r.Write(1, make([]byte, protocol.MaxFrame)))
	require.Zero(t, r.States())
}

func TestTicksCountFromTheStart(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Zero(t, relay.At(start, start.Add(-time.Second), 20))
	require.Equal(t, uint32(20), relay.At(start, start.Add(time.Second), 20))
	require.Equal(t, uint32(19), relay.At(start, start.Add(time.Second-1), 20))
	require.Equal(t, uint32(60*86400*365), relay.At(start, start.Add(365*24*time.Hour), 60))
	for hz := 1; hz <= 60; hz++ {
		now := start.Add(3 * 365 * 24 * time.Hour)
		for range 3 * hz {
			wait := relay.Next(start, now, hz)
			require.Positive(t, wait)
			require.Equal(t, relay.At(start, now, hz)+1, relay.At(start, now.Add(wait), hz))
			require.Equal(t, relay.At(start, now, hz), relay.At(start, now.Add(wait-1), hz))
			now = now.Add(wait)
		}
	}
}

// Whatever is written, removed and blocked: a key frame and the ticks after it leave each client with the truth.
func TestKeyFramesAndTicksConvergeToTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r relay.Relay
		truth := screen{}
		type client struct {
			sees screen
			x    *relay.Exclusion
		}
		var clients []*client
		tick := uint32(0)
		number := rapid.Uint16Range(1, 12)
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				n, state := number.Draw(t, "number"), rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "state")
				r.Write(n, state)
				truth[n] = string(state)
			},
			"remove": func(t *rapid.T) {
				n := number.Draw(t, "number")
				r.Remove(n)
				delete(truth, n)
				for _, c := range clients {
					delete(c.sees, n) // as the roster says
				}
			},
			"join": func(t *rapid.T) {
				c := &client{sees: screen{}, x: relay.NewExclusion(rapid.SliceOfN(number, 0, 3).Draw(t, "blocked"))}
				c.sees.apply(t, protocol.FrameKey, tick, r.Key(tick, c.x))
				clients = append(clients, c)
			},
			"tick": func(t *rapid.T) {
				tick++
				r.Tick(tick)
				for i, c := range clients {
					c.sees.apply(t, protocol.FrameTick, tick, r.Frames(c.x))
					want := screen{}
					for n, state := range truth {
						want[n] = state
					}
					for _, n := range c.x.Numbers() {
						delete(want, n)
					}
					require.Equal(t, want, c.sees, "client %d", i)
				}
				require.Equal(t, len(truth), r.States())
			},
		})
	})
}

func BenchmarkTick(b *testing.B) {
	for _, members := range []int{10, 50, 1000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			var r relay.Relay
			state := make([]byte, 64)
			b.ReportAllocs()
			for i := range b.N {
				state[0], state[1], state[2] = byte(i), byte(i>>8), byte(i>>16)
				for n := 1; n <= members; n++ {
					r.Write(uint16(n), state)
				}
				r.Tick(uint32(i))
			}
		})
	}
}

// BenchmarkSubset is a tick of a large session in which each of the receivers named twenty others, twenty of them the same.
func BenchmarkSubset(b *testing.B) {
	const members = 500
	var r relay.Relay
	var subsets []*relay.Subset
	for n := range uint16(members / 20) {
		named := make([]uint16, 20)
		for i := range named {
			named[i] = (n*20 + uint16(i)) % members
		}
		subsets = append(subsets, r.NewSubset(named, 2, 20, nil))
	}
	state := make([]byte, 64)
	b.ReportAllocs()
	for i := range b.N {
		state[0], state[1], state[2] = byte(i), byte(i>>8), byte(i>>16)
		for n := range uint16(members) {
			r.Write(n, state)
		}
		r.Tick(uint32(i))
		for n := range members {
			if len(r.Subset(subsets[n/20])) == 0 {
				b.Fatal("nothing sent")
			}
		}
	}
}

func BenchmarkDelivery(b *testing.B) {
	var r relay.Relay
	x := relay.NewExclusion([]uint16{3})
	for n := uint16(1); n <= 50; n++ {
		r.Write(n, []byte("0123456789abcdef"))
	}
	r.Tick(1)
	r.Frames(x)
	b.ReportAllocs()
	for range b.N {
		if len(r.Frames(nil)) != 1 || len(r.Frames(x)) != 1 {
			b.Fatal("frames missing")
		}
	}
}
