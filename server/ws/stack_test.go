package ws

import (
	"runtime/debug"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A deepened stack holds what a request needs without moving.
func TestAStackThatWasDeepenedDoesNotGrow(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection takes away what of a stack isn't used
	moved := make(chan bool)
	go func() {
		Deepen()
		var here byte
		before := uintptr(unsafe.Pointer(&here))
		useStack(requestStack / 256)
		moved <- before != uintptr(unsafe.Pointer(&here))
	}()
	require.False(t, <-moved)
}

// useStack needs at least depth * 256 bytes of stack.
//
//go:noinline
func useStack(depth int) byte {
	var some [224]byte
	if depth == 0 {
		return some[0]
	}
	some[depth%len(some)] = useStack(depth - 1)
	return some[0] + some[depth%len(some)]
}
