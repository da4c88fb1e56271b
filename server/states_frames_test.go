package server

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What several receivers get is framed once, also where it is a part of what each gets.
func TestFramesAreMadeOnceForAllWhoGetThem(t *testing.T) {
	one, two, shared := []byte("one"), []byte("second"), []byte("shared by both")
	var m framesOf
	first := m.of([][]byte{one, shared})
	require.Same(t, first[1], m.of([][]byte{one, shared})[1])
	second := m.of([][]byte{two, shared})
	require.Same(t, first[1], second[1])
	require.Same(t, first[0], m.of([][]byte{one})[0])
	require.Same(t, second[0], m.of([][]byte{two, shared})[0])
	require.Equal(t, []int{len(one), len(two), len(shared)}, []int{first[0].Size(), second[0].Size(), second[1].Size()})
	require.Empty(t, m.of(nil))
}
