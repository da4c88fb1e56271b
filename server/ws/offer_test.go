package ws

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// A device that read nothing for a while gets whole frames once it does: those that were on their way, and the newest.
func TestWhatThereWasNoRoomForFollows(t *testing.T) {
	h := newRoom(nil)
	l, err := Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	srv := &httptest.Server{Listener: l, Config: httptest.NewUnstartedServer(h).Config}
	srv.Start()
	t.Cleanup(func() { srv.Close(); h.acceptor.Close() })
	c := dial(t, "ws://"+l.Addr().String())
	s := (<-h.logs).socket

	const size = 50 << 10
	sent := uint64(0)
	for h.acceptor.Stats().KeyFrames.Load() < 20 { // so often one took the place of another
		sent++
		payload := bytes.Repeat(binary.BigEndian.AppendUint64(nil, sent), size/8)
		require.True(t, s.SendState([]*Frame{NewBinary(payload), NewBinary([]byte("next"))}, true))
	}
	for last := uint64(0); last < sent; {
		_, p, err := c.ReadMessage()
		require.NoError(t, err)
		require.Len(t, p, size)
		n := binary.BigEndian.Uint64(p)
		require.Greater(t, n, last)
		require.Equal(t, bytes.Repeat(p[:8], size/8), p)
		_, p, err = c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "next", string(p))
		last = n
	}
	require.NoError(t, c.NetConn().Close())
	<-s.Done()
}

// tcpPair is a connection of this machine with itself: who dialed, and who was dialed.
func tcpPair(t *testing.T) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	near, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	far, err = l.Accept()
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return near, far
}

// A tick of more frames than one write takes comes whole and in order, however little of it there was room for at once.
func TestATickOfManyFramesComesWhole(t *testing.T) {
	near, far := tcpPair(t)
	w := newWire(near, 10*time.Second)
	var frames []*Frame
	var want []byte
	for i := range 60 {
		f := NewBinary(bytes.Repeat([]byte{byte(i)}, 1+i*2000))
		frames, want = append(frames, f), append(want, f.framed...)
	}
	sent := make(chan error, 1)
	go func() {
		for range 3 {
			left, err := w.offer(frames)
			for ; left && err == nil; left = false {
				err = w.drain()
			}
			if err != nil {
				sent <- err
				return
			}
		}
		sent <- w.Close()
	}()
	got, err := io.ReadAll(far)
	require.NoError(t, err)
	require.NoError(t, <-sent)
	require.True(t, bytes.Equal(bytes.Repeat(want, 3), got))
	require.NoError(t, far.Close())
}

func TestNothingFollowsACloseFrame(t *testing.T) {
	near, far := tcpPair(t)
	w := newWire(near, time.Second)
	_, err := w.Write([]byte{0x80 | websocket.CloseMessage, 0})
	require.NoError(t, err)
	left, err := w.offer([]*Frame{NewBinary([]byte("state"))})
	require.ErrorIs(t, err, websocket.ErrCloseSent)
	require.False(t, left)
	require.ErrorIs(t, w.send([]byte("text")), websocket.ErrCloseSent)
	require.NoError(t, w.Close())
	b := make([]byte, 10)
	n, err := far.Read(b)
	require.NoError(t, err)
	require.Equal(t, []byte{0x88, 0}, b[:n])
	require.NoError(t, far.Close())
}
