package ws

import (
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// goroutines counts those that run this package's reading code.
func goroutines() int {
	b := make([]byte, 1<<22)
	n := 0
	for one := range strings.SplitSeq(string(b[:runtime.Stack(b, true)]), "\n\n") {
		if strings.Contains(one, "ws.(*Socket)") {
			n++
		}
	}
	return n
}

// untilAsleep waits until all sockets are silent. Real sockets tell nobody when.
func untilAsleep(t *testing.T, sockets ...*Socket) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, s := range sockets {
			if !s.asleep.Load() {
				return false
			}
		}
		return goroutines() == 0
	}, 5*time.Second, time.Millisecond)
}

func TestASilentSocketHasNoGoroutine(t *testing.T) {
	h, url := listen(t, nil)
	h.onText = func(s *Socket, p []byte) { s.Send(append([]byte("heard "), p...)) }
	var clients []*websocket.Conn
	var sockets []*Socket
	for range 50 {
		clients = append(clients, dial(t, url))
		sockets = append(sockets, (<-h.logs).socket)
	}
	untilAsleep(t, sockets...)
	for round := range 3 {
		for i, c := range clients {
			text := fmt.Sprint(round, " ", i)
			require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(text)))
			_, p, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, "heard "+text, string(p))
		}
		untilAsleep(t, sockets...)
	}
	for _, s := range sockets {
		s.sendPing()
	}
	for _, c := range clients {
		go func() { _, _, _ = c.ReadMessage() }()
	}
	require.Eventually(t, func() bool {
		for _, s := range sockets {
			if s.unanswered.Load() {
				return false
			}
		}
		return true
	}, 5*time.Second, time.Millisecond, "pongs are taken")
	untilAsleep(t, sockets...)
}

func TestASleepingSocketWakesForItsEnd(t *testing.T) {
	h, url := listen(t, nil)
	by := map[string]struct {
		end  func(*websocket.Conn, *Socket)
		code int
	}{
		"the server's close": {func(_ *websocket.Conn, s *Socket) { s.Close(protocol.CloseGoingAway, "") }, 1001},
		"the device's close": {func(c *websocket.Conn, _ *Socket) {
			_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""))
		}, 1000},
		"a broken network":        {func(c *websocket.Conn, _ *Socket) { _ = c.NetConn().Close() }, 1006},
		"both sides at once":      {func(c *websocket.Conn, s *Socket) { go s.Close(protocol.CloseGoingAway, ""); _ = c.NetConn().Close() }, 0},
		"twice the server's":      {func(_ *websocket.Conn, s *Socket) { go s.Close(1001, ""); s.Close(1001, "") }, 1001},
		"a close amid a message":  {func(c *websocket.Conn, s *Socket) { _, _ = c.NetConn().Write([]byte{0x81}); s.Close(1001, "") }, 1001},
		"half a message, no more": {func(c *websocket.Conn, _ *Socket) { _, _ = c.NetConn().Write([]byte{0x81}); _ = c.NetConn().Close() }, 1006},
	}
	for name, row := range by {
		for range 20 {
			c := dial(t, url)
			l := <-h.logs
			untilAsleep(t, l.socket)
			row.end(c, l.socket)
			end := l.end(t)
			if row.code != 0 {
				require.EqualValues(t, row.code, end.Code, name)
			}
			_ = c.NetConn().Close() // which the server would wait for, for a while
			<-l.socket.Done()
		}
	}
	require.Zero(t, h.acceptor.Stats().Open.Load())
	h.acceptor.watch.mu.Lock()
	defer h.acceptor.watch.mu.Unlock()
	for fd, s := range h.acceptor.watch.seats {
		require.Nil(t, s.socket, "descriptor %d is still watched", fd)
	}
}

func TestSocketsThatComeAndGoShareDescriptors(t *testing.T) {
	h, url := listen(t, func(o *Options) { o.UpgradesPerSecond = 0 })
	h.onText = func(s *Socket, p []byte) { s.Send(slices.Clone(p)) }
	h.logs = make(chan *log, 8*60)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 60 {
				c := dial(t, url)
				text := fmt.Sprint(worker, " ", i)
				_ = c.WriteMessage(websocket.TextMessage, []byte(text))
				if _, p, err := c.ReadMessage(); err != nil || string(p) != text {
					t.Errorf("%s: got %q, %v", text, p, err)
				}
				_ = c.NetConn().Close()
			}
		})
	}
	all.Wait()
	require.Eventually(t, func() bool { return h.acceptor.Stats().Open.Load() == 0 }, 5*time.Second, time.Millisecond)
}

// untilStates waits until l has had n, and returns them.
func (l *log) untilStates(t *testing.T, n int) []string {
	t.Helper()
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.states) >= n
	}, 5*time.Second, time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.states)
}

func TestADeviceThatWritesStatesNeedsNoGoroutine(t *testing.T) {
	h, url := listen(t, nil)
	h.onText = func(s *Socket, p []byte) { s.Send(append([]byte("heard "), p...)) }
	h.logs = make(chan *log, 40)
	var clients []*websocket.Conn
	var logs []*log
	var sockets []*Socket
	for range 40 {
		clients = append(clients, dial(t, url))
		l := <-h.logs
		logs, sockets = append(logs, l), append(sockets, l.socket)
	}
	var want []string
	for round := range 50 {
		want = append(want, fmt.Sprint("state ", round))
		for _, c := range clients {
			require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte(want[round])))
		}
		if round%10 != 0 {
			continue
		}
		for _, l := range logs {
			require.Equal(t, want, l.untilStates(t, len(want)))
		}
		untilAsleep(t, sockets...)
		for _, c := range clients { // and what is no state is answered as ever
			require.NoError(t, c.WriteMessage(websocket.PingMessage, []byte("there?")))
			require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte("request")))
			require.NoError(t, c.WriteMessage(websocket.PingMessage, []byte("still?")))
			_, p, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, "heard request", string(p))
		}
		untilAsleep(t, sockets...)
	}
	for _, l := range logs {
		require.Equal(t, want, l.untilStates(t, len(want)))
	}
	h.acceptor.watch.mu.Lock()
	defer h.acceptor.watch.mu.Unlock()
	for _, s := range sockets {
		b := s.wire.Conn.(*bare)
		b.mu.RLock()
		file, fd := b.file, b.fd
		b.mu.RUnlock()
		require.Nil(t, file, "nobody had to wait")
		require.True(t, h.acceptor.watch.seats[fd].lane)
	}
}

func TestTheEndThatComesWithAStateIsSeen(t *testing.T) {
	h, url := listen(t, nil)
	for i := range 200 {
		c := dial(t, url)
		l := <-h.logs
		states := 1 + i%3
		if i%2 == 0 { // it is in the lane already
			require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte("state")))
			l.untilStates(t, 1)
			untilAsleep(t, l.socket)
			states++
		}
		var last []byte
		for range 1 + i%3 {
			last = append(last, masked(0x82, "state")...)
		}
		_, err := c.NetConn().Write(last)
		require.NoError(t, err)
		require.NoError(t, c.NetConn().(*net.TCPConn).CloseWrite())
		l.end(t)
		require.Len(t, l.states, states)
		<-l.socket.Done()
		require.NoError(t, c.NetConn().Close())
	}
}

// tiles are n states, or whatever head says, each of which takes 128 bytes: buffers end where one of them ends.
func tiles(head byte, n int) (sent []byte, want []string) {
	for i := range n {
		want = append(want, fmt.Sprintf("%0122d", i))
		sent = append(sent, masked(head, want[i])...)
	}
	return sent, want
}

func TestMoreThanIsReadAtOnce(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	l := <-h.logs
	flood, want := tiles(0x82, 4*atOnce/128)
	for round := range 5 {
		l.mu.Lock() // the first state is taken when all of them are there
		_, err := c.NetConn().Write(flood)
		l.mu.Unlock()
		require.NoError(t, err)
		require.Equal(t, want, l.untilStates(t, (round+1)*len(want))[round*len(want):])
		untilAsleep(t, l.socket)
	}
}

func TestStatesBehindARequest(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	l := <-h.logs
	for round := range 5 {
		request, _ := tiles(0x81, 1)
		states, want := tiles(0x82, 4*readBuffer/128-1)
		_, err := c.NetConn().Write(append(request, states...))
		require.NoError(t, err)
		require.Equal(t, want, l.untilStates(t, (round+1)*len(want))[round*len(want):])
		untilAsleep(t, l.socket)
	}
}

func TestACloseWhileAStateIsTaken(t *testing.T) {
	h, url := listen(t, nil)
	for range 20 {
		c := dial(t, url)
		l := <-h.logs
		require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte("state")))
		l.untilStates(t, 1)
		untilAsleep(t, l.socket)
		l.mu.Lock()
		require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte("state")))
		require.Eventually(t, func() bool { return !l.socket.asleep.Load() }, 5*time.Second, time.Millisecond)
		l.socket.Close(protocol.CloseGoingAway, "")
		l.mu.Unlock()
		select {
		case <-l.ended: // though nothing comes from the device
		case <-time.After(5 * time.Second):
			require.FailNow(t, "nobody reads the socket to its end")
		}
		require.NoError(t, c.NetConn().Close())
		<-l.socket.Done()
	}
}

func TestASocketThatHasEndedIsNotWatchedAgain(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	l := <-h.logs
	untilAsleep(t, l.socket)
	h.acceptor.watch.forget(l.socket)
	require.False(t, h.acceptor.watch.arm(l.socket, true))
	l.socket.Close(protocol.CloseGoingAway, "")
	require.NoError(t, c.NetConn().Close())
	<-l.socket.Done()
}

func TestAStateInPiecesIsRead(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	l := <-h.logs
	first := masked(0x82, "first")
	sent := append(first, masked(0x82, "second")...)
	for cut := 1; cut < len(sent); cut++ {
		untilAsleep(t, l.socket)
		_, err := c.NetConn().Write(sent[:cut])
		require.NoError(t, err)
		require.Eventually(t, func() bool { return cut == len(first) || !l.socket.asleep.Load() }, 5*time.Second, time.Millisecond)
		_, err = c.NetConn().Write(sent[cut:])
		require.NoError(t, err)
		require.Equal(t, []string{"first", "second"}, l.untilStates(t, 2*cut)[2*cut-2:])
	}
	untilAsleep(t, l.socket)
}

func TestARequestThatTakesLongKeepsNobodyElseWaiting(t *testing.T) {
	h, url := listen(t, nil)
	going := make(chan struct{})
	h.onText = func(*Socket, []byte) { <-going }
	slow := dial(t, url)
	slows := <-h.logs
	quick := dial(t, url)
	quicks := <-h.logs
	for round := range 3 {
		require.NoError(t, slow.WriteMessage(websocket.BinaryMessage, []byte("before")))
		require.NoError(t, slow.WriteMessage(websocket.TextMessage, []byte("request")))
		require.NoError(t, slow.WriteMessage(websocket.BinaryMessage, []byte("after")))
		require.NoError(t, quick.WriteMessage(websocket.BinaryMessage, []byte("state")))
		quicks.untilStates(t, round+1)
		require.Len(t, slows.untilStates(t, 2*round+1), 2*round+1, "its own states stay behind its request")
		going <- struct{}{}
		slows.untilStates(t, 2*round+2)
	}
}

func TestAStateThatTakesLongKeepsNobodyElseWaiting(t *testing.T) {
	h, url := listen(t, nil)
	slow := dial(t, url)
	slows := <-h.logs
	quick := dial(t, url)
	quicks := <-h.logs
	for round := range 3 { // the first one is not in the lane yet
		slows.slow.Store(true)
		slows.mu.Lock()
		require.NoError(t, slow.WriteMessage(websocket.BinaryMessage, []byte("one")))
		require.NoError(t, slow.WriteMessage(websocket.BinaryMessage, []byte("two")))
		require.Eventually(t, func() bool { return !slows.socket.asleep.Load() }, 5*time.Second, time.Millisecond)
		require.NoError(t, quick.WriteMessage(websocket.BinaryMessage, []byte("state")))
		quicks.untilStates(t, round+1)
		slows.slow.Store(false)
		slows.mu.Unlock()
		require.Equal(t, []string{"one", "two"}, slows.untilStates(t, 2*round+2)[2*round:])
		untilAsleep(t, slows.socket, quicks.socket)
	}
}

func TestStatesFromManyWhoComeAndGo(t *testing.T) {
	h, url := listen(t, func(o *Options) { o.UpgradesPerSecond = 0 })
	h.logs = make(chan *log, 1000)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 40 {
				c := dial(t, url)
				for range i % 5 {
					_ = c.WriteMessage(websocket.BinaryMessage, []byte("state"))
				}
				if i%4 == worker%4 {
					_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""))
				}
				_ = c.NetConn().Close()
			}
		})
		all.Go(func() {
			for range 20 {
				(<-h.logs).socket.Close(protocol.CloseGoingAway, "")
			}
		})
	}
	all.Wait()
	require.Eventually(t, func() bool { return h.acceptor.Stats().Open.Load() == 0 }, 5*time.Second, time.Millisecond)
	h.acceptor.watch.mu.Lock()
	defer h.acceptor.watch.mu.Unlock()
	for fd, s := range h.acceptor.watch.seats {
		require.Nil(t, s.socket, "descriptor %d is still watched", fd)
	}
}
