package ws

import (
	"fmt"
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
	for fd, s := range h.acceptor.watch.sleepers {
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
