package protocol

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestGoldenStateFrames(t *testing.T) {
	frames := []string{hex.EncodeToString(AppendState(nil, []byte("pose")))}
	var w StateWriter
	for _, kind := range []FrameKind{FrameTick, FrameKey} {
		w.Start(kind, 0x01020304, nil)
		require.True(t, w.Add(7, []byte("pose")))
		require.True(t, w.Add(0x0102, nil))
		for _, frame := range w.Finish(nil) {
			frames = append(frames, hex.EncodeToString(frame))
		}
	}
	w.Start(FrameKey, 5, nil)
	for _, frame := range w.Finish(nil) {
		frames = append(frames, hex.EncodeToString(frame))
	}
	golden(t, "states.hex", frames)
}

func TestParseState(t *testing.T) {
	state, ok := ParseState([]byte{1, 'a', 'b'})
	require.True(t, ok)
	require.Equal(t, "ab", string(state))
	state, ok = ParseState([]byte{1})
	require.True(t, ok, "an empty state is a state")
	require.Empty(t, state)
	for _, frame := range [][]byte{nil, {}, {0}, {2, 0, 0, 0, 0, 0, 0}, {'{'}} {
		_, ok = ParseState(frame)
		require.False(t, ok)
	}
}

func TestParseStatesRefuses(t *testing.T) {
	var w StateWriter
	w.Start(FrameTick, 9, nil)
	w.Add(1, []byte("abc"))
	w.Add(2, nil)
	good := w.Finish(nil)[0]
	_, err := ParseStates(good)
	require.NoError(t, err)
	for n := range good {
		_, err = ParseStates(good[:n])
		require.Error(t, err, "cut to %d", n)
	}
	_, err = ParseStates(append(bytes.Clone(good), 0))
	require.Error(t, err, "something behind it")
	for _, kind := range []byte{0, 1, 4, 255} {
		other := bytes.Clone(good)
		other[0] = kind
		_, err = ParseStates(other)
		require.Error(t, err, "kind %d", kind)
	}
}

func TestStateWriterStaysWithinTheFrame(t *testing.T) {
	var w StateWriter
	w.Start(FrameKey, 1, nil)
	require.False(t, w.Add(1, make([]byte, MaxFrame)))
	require.True(t, w.Add(2, make([]byte, largestState)))
	require.True(t, w.Add(3, nil))
	frames := w.Finish(nil)
	require.Len(t, frames, 2)
	require.Len(t, frames[0], MaxFrame)
	w.Start(FrameTick, 2, nil)
	require.Empty(t, w.Finish(nil), "a tick without changes is no frame")
}

type entry struct {
	number uint16
	state  string
}

// What a writer splits, the iterator puts together again, whatever the sizes and the buffer it starts with.
func TestStatesRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]FrameKind{FrameTick, FrameKey}).Draw(rt, "kind")
		tick := rapid.Uint32().Draw(rt, "tick")
		size := rapid.IntRange(0, 2000)
		count := rapid.IntRange(0, 400).Draw(rt, "count")
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 10).Draw(rt, "prefix")
		var w StateWriter
		w.Start(kind, tick, bytes.Clone(prefix))
		var want, got []entry
		for i := range count {
			state := bytes.Repeat([]byte{byte(i)}, size.Draw(rt, "size"))
			require.True(rt, w.Add(uint16(i*7), state))
			want = append(want, entry{uint16(i * 7), string(state)})
		}
		for _, frame := range w.Finish(nil) {
			require.LessOrEqual(rt, len(frame), MaxFrame)
			f, err := ParseStates(frame)
			require.NoError(rt, err)
			require.Equal(rt, kind, f.Kind)
			require.Equal(rt, tick, f.Tick)
			n := 0
			for number, state := range f.All() {
				got = append(got, entry{number, string(state)})
				n++
			}
			require.Equal(rt, f.Count, n)
		}
		require.Equal(rt, want, got)
		require.True(rt, bytes.HasPrefix(w.Buffer(), prefix))
	})
}

func TestStatesAllocateNothing(t *testing.T) {
	var w StateWriter
	state := make([]byte, 64)
	buf := make([]byte, 0, 2*MaxFrame)
	frames := make([][]byte, 0, 4)
	sum := 0
	require.Zero(t, testing.AllocsPerRun(20, func() {
		w.Start(FrameTick, 1, buf)
		for n := range 1000 {
			w.Add(uint16(n), state)
		}
		frames = w.Finish(frames[:0])
		for _, frame := range frames {
			f, _ := ParseStates(frame)
			for number := range f.All() {
				sum += int(number)
			}
		}
	}))
	require.Len(t, frames, 2)
}
