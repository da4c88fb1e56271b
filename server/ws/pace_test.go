package ws

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func TestPingsAreAnsweredAndAFloodOfThemIsNot(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		c := dial()
		var pongs []string
		c.SetPongHandler(func(p string) error { pongs = append(pongs, p); return nil })
		end := make(chan error)
		go func() {
			_, _, err := c.ReadMessage()
			end <- err
		}()
		require.NoError(t, c.WriteMessage(websocket.PingMessage, []byte("are you there")))
		synctest.Wait()
		require.Equal(t, []string{"are you there"}, pongs)
		for range pingsPerSecond {
			_ = c.WriteMessage(websocket.PingMessage, nil) // the last ones may find the socket closed
		}
		require.True(t, websocket.IsCloseError(<-end, 4429))
		require.EqualValues(t, 4429, (<-h.logs).end(t).Code)
	})
}

func TestADeviceIsPingedEvery25SecondsAndMustAnswerWithin10(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		live, dead := dial(), dial()
		start := time.Now()
		var pinged []time.Duration
		live.SetPingHandler(func(string) error {
			pinged = append(pinged, time.Since(start).Round(time.Second))
			return live.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))
		})
		dead.SetPingHandler(func(string) error { return nil })
		go func() { _, _, _ = live.ReadMessage() }()
		require.Equal(t, 4001, closeCode(t, dead))
		require.InDelta(t, 35, time.Since(start).Seconds(), 1)
		<-time.After(70 * time.Second)
		synctest.Wait()
		require.Equal(t, []time.Duration{25 * time.Second, 50 * time.Second, 75 * time.Second, 100 * time.Second}, pinged)
		first, second := <-h.logs, <-h.logs
		require.EqualValues(t, 1, h.acceptor.Stats().PongsMissing.Load())
		require.Len(t, append(first.closed, second.closed...), 1)
	})
}

func TestAFullQueueRefusesAndTheRestIsDropped(t *testing.T) {
	inMemory(t, func(o *Options) { o.QueueMessages, o.QueueBytes = 10, 1000 }, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		c := dial()
		s := (<-h.logs).socket
		require.True(t, s.Send([]byte("taken by the writer")))
		synctest.Wait() // it hangs on the pipe now: nobody reads
		for range 10 {
			require.True(t, s.Send([]byte("waits")))
		}
		require.False(t, s.Send([]byte("one too many")))
		require.Equal(t, 50, s.Queued())
		s.Close(protocol.CloseSlowReader, "")
		require.Zero(t, s.Queued())
		_, p, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "taken by the writer", string(p))
		require.Equal(t, 4000, closeCode(t, c))

		c = dial()
		s = (<-h.logs).socket
		require.True(t, s.Send(make([]byte, 10)))
		synctest.Wait()
		require.True(t, s.Send(make([]byte, 1000)))
		require.False(t, s.Send(make([]byte, 1)))
		require.NoError(t, c.Close())
	})
}

func TestADeviceThatTakesNothingFor10SecondsIsClosedWith4000(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		dial() // and never read
		l := <-h.logs
		start := time.Now()
		require.True(t, l.socket.Send([]byte("hello?")))
		end := l.end(t)
		require.EqualValues(t, 4000, end.Code)
		require.InDelta(t, 10, time.Since(start).Seconds(), 1)
		<-l.socket.Done()
		require.EqualValues(t, 1, h.acceptor.Stats().SlowReaders.Load())
	})
}

func TestADeviceThatTakesALittleEveryFewSecondsStays(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		c := dial()
		l := <-h.logs
		require.True(t, l.socket.Send([]byte("0123456789")))
		for range 6 {
			<-time.After(9 * time.Second / 2)
			_, err := c.NetConn().Read(make([]byte, 1))
			require.NoError(t, err)
		}
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		require.NotContains(t, l.closed, Closed{Code: 4000, Err: errStalled})
	})
}

func TestCloseOfAStuckDeviceDoesNotTakeLong(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		dial()
		l := <-h.logs
		for range 100 {
			require.True(t, l.socket.Send(make([]byte, 10000)))
		}
		synctest.Wait()
		start := time.Now()
		l.socket.Close(protocol.CloseGoingAway, "")
		require.EqualValues(t, 1001, l.end(t).Code)
		require.Zero(t, time.Since(start), "the owner knows at once")
		<-l.socket.Done()
		require.Less(t, time.Since(start), 4*time.Second)
	})
}

func TestStatesAreNewestOnly(t *testing.T) {
	inMemory(t, nil, func(t *testing.T, h *room, dial func() *websocket.Conn) {
		c := dial()
		s := (<-h.logs).socket
		frames := func(names ...string) (out []*Frame) {
			for _, n := range names {
				out = append(out, NewBinary([]byte(n)))
			}
			return out
		}
		s.Send([]byte("stuck"))
		synctest.Wait()
		require.True(t, s.SendState(frames("tick 1"), false))
		require.False(t, s.SendState(frames("tick 2"), false), "tick 1 was not taken: both are dropped")
		require.True(t, s.SendState(frames("key 3a", "key 3b"), true))
		require.True(t, s.SendState(frames("key 4a", "key 4b"), true), "a key frame replaces an older one")
		s.Send([]byte("after"))
		require.EqualValues(t, 1, h.acceptor.Stats().StatesDropped.Load())
		for _, want := range []string{"stuck", "key 4a", "key 4b", "after"} {
			_, p, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, want, string(p))
		}
		require.True(t, s.SendState(frames("tick 5"), false))
		_, p, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "tick 5", string(p))

		s.Send([]byte("stuck again"))
		synctest.Wait()
		require.True(t, s.SendState(frames("of the session that was left"), false))
		s.DropStates()
		require.True(t, s.SendState(frames("of the next"), true))
		for _, want := range []string{"stuck again", "of the next"} {
			_, p, err = c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, want, string(p))
		}
	})
}

// A slow device on a real socket: the kernel's buffers fill, the writer waits, and everything arrives once it reads.
func TestASlowReaderOnARealSocketGetsAllInOrder(t *testing.T) {
	h, url := listen(t, func(o *Options) { o.QueueMessages, o.QueueBytes = 0, 0 })
	c := dial(t, url)
	l := <-h.logs
	const n = 2000
	for i := range n {
		p := make([]byte, 8192)
		p[0], p[1] = byte(i), byte(i>>8)
		require.True(t, l.socket.Send(p))
	}
	for i := range n {
		_, p, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, i, int(p[0])|int(p[1])<<8)
	}
}

// A device that stops reading costs little and is gone soon, whatever is sent to it.
func TestASlowReaderOnARealSocketIsClosed(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		h := newRoom(func(o *Options) { o.StallAfter = 300 * time.Millisecond })
		l, err := Listen(t.Context(), "127.0.0.1:0")
		require.NoError(t, err)
		srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
		url, d := "ws://"+l.Addr().String(), *websocket.DefaultDialer
		if encrypted {
			srv.StartTLS()
			url = "wss://" + l.Addr().String()
			d.TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		} else {
			srv.Start()
		}
		c, res, err := d.Dial(url, nil)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())

		log := <-h.logs
		frame := []*Frame{NewBinary(make([]byte, 50<<10))}
		tick := time.NewTicker(time.Millisecond)
		behind := 0
		for ended := false; !ended; {
			select {
			case <-log.ended:
				ended = true
			case <-tick.C:
				if !log.socket.SendState(frame, false) {
					behind++
				}
			}
		}
		tick.Stop()
		require.EqualValues(t, 4000, log.end(t).Code)
		require.Positive(t, behind, "states were dropped, not queued")
		require.EqualValues(t, 1, h.acceptor.Stats().SlowReaders.Load())
		require.NoError(t, c.NetConn().Close())
		<-log.socket.Done()
		srv.Close()
		h.acceptor.Close()
	}
}

func TestManySendersAtOnce(t *testing.T) {
	h, url := listen(t, func(o *Options) { o.QueueMessages, o.QueueBytes = 0, 0 })
	c := dial(t, url)
	s := (<-h.logs).socket
	shared := NewText([]byte("shared"))
	state := []*Frame{NewBinary([]byte("state"))}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				s.Send([]byte("own"))
				s.SendFrame(shared)
				s.SendState(state, true)
				s.sendPing()
				s.sendPong("pong")
			}
		})
	}
	got := map[string]int{}
	for got["own"]+got["shared"] < 8*200*2 {
		_, p, err := c.ReadMessage()
		require.NoError(t, err)
		got[string(p)]++
	}
	wg.Wait()
	require.Equal(t, 1600, got["own"])
	require.Equal(t, 1600, got["shared"])
	s.Close(protocol.CloseGoingAway, "")
	require.Equal(t, 1001, closeCode(t, c))
}

// A client that knows the standard reads what is sent, whatever its length, alone and among others.
func TestFramesOfEveryLengthAreRead(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	s := (<-h.logs).socket
	for _, n := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1<<16 + 1} {
		payload := bytes.Repeat([]byte{'x'}, n)
		shared := NewText(payload)
		require.Equal(t, n, shared.Size())
		require.Len(t, shared.framed, cap(shared.framed))
		require.True(t, s.Send(payload))
		require.True(t, s.SendFrame(shared))
		for range 2 {
			kind, got, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, websocket.TextMessage, kind)
			require.Len(t, got, n)
		}
		require.True(t, s.SendState([]*Frame{NewBinary(payload), NewBinary([]byte("next"))}, true))
		for _, want := range []int{n, 4} {
			kind, got, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, websocket.BinaryMessage, kind)
			require.Len(t, got, want)
		}
	}
}

// What arrives is fit for the wire: the frames of a batch are whole and unmasked.
func TestSeveralQueuedMessagesGoInOneWrite(t *testing.T) {
	near, far := net.Pipe()
	s := &Socket{wire: newWire(far, time.Second)}
	got := make(chan string)
	go func() {
		b := make([]byte, 100)
		n, _ := near.Read(b)
		got <- string(b[:n])
	}()
	b := batch{ping: true, messages: []entry{{text: []byte("one")}, {frame: NewText([]byte("two"))}}, farewell: websocket.FormatCloseMessage(1000, "")}
	require.NoError(t, s.write(b))
	require.Equal(t, "\x89\x00\x81\x03one\x81\x03two\x88\x02\x03\xe8", <-got)
	require.NoError(t, near.Close())
	err := s.wire.send([]byte("x"))
	require.Error(t, err)
	require.Equal(t, err, s.wire.send([]byte("x")), "after a broken write nothing is written")
}
