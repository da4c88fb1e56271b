package ws

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func queues(n int) (a *Acceptor, sockets []*Socket) {
	a = &Acceptor{options: Options{QueueTotal: 1 << 20}}
	for range n {
		sockets = append(sockets, &Socket{owner: a, writing: true}) // as if a write never ended
	}
	return a, sockets
}

func TestWhatManyAreSentIsCountedOnce(t *testing.T) {
	a, sockets := queues(1000)
	shared := NewText(make([]byte, 20_000))
	for _, s := range sockets {
		require.True(t, s.Hold(Held{Frame: shared}))
	}
	require.EqualValues(t, 20_000+1000*entryBytes, a.stats.Queued.Load(), "held back for many, in memory once")
	for _, s := range sockets {
		require.True(t, s.SendFrame(shared))
		s.LetGo(Held{Frame: shared})
	}
	require.EqualValues(t, 20_000+1000*entryBytes, a.stats.Queued.Load())
	for _, s := range sockets {
		b, ok := s.take()
		require.True(t, ok)
		a.discharge(b.messages)
	}
	require.Zero(t, a.stats.Queued.Load())
}

func TestWhatIsHeldBackForOneIsBounded(t *testing.T) {
	a, sockets := queues(2)
	own := Held{Text: make([]byte, 20_000)}
	n := 1
	for ; sockets[0].Hold(own); n++ {
		require.Less(t, n, 10)
	}
	require.True(t, sockets[1].Hold(own))
	require.EqualValues(t, (n+1)*(20_000+entryBytes), a.stats.Queued.Load())
	for range n {
		sockets[0].LetGo(own)
	}
	require.True(t, sockets[0].Hold(own), "what was let go is counted no more")
}

func TestALargeSharedFrameIsWrittenByItself(t *testing.T) {
	_, sockets := queues(1)
	s := sockets[0]
	s.owner.options.QueueTotal = 0
	small, large := NewText([]byte("small")), NewText(make([]byte, largeBytes))
	for _, f := range []*Frame{small, small, large, large, small} {
		require.True(t, s.SendFrame(f))
	}
	for _, want := range [][]*Frame{{small, small}, {large}, {large}, {small}} {
		b, ok := s.take()
		require.True(t, ok)
		require.Len(t, b.messages, len(want))
		for i, f := range want {
			require.Same(t, f, b.messages[i].frame)
		}
		if want[0] == large {
			require.Same(t, large, b.only(), "it is not copied")
		}
	}
}
