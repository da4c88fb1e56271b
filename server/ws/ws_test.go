package ws

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"foyer/protocol"
	"foyer/server/ws/wstest"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// log records what a socket's handler was told, and can answer.
type log struct {
	socket *Socket
	onText func(*Socket, []byte)
	slow   atomic.Bool

	mu     sync.Mutex
	texts  []string
	states []string
	closed []Closed
	ended  chan struct{}
}

func (l *log) Text(p []byte) {
	l.mu.Lock()
	l.texts = append(l.texts, string(p))
	l.mu.Unlock()
	if l.onText != nil {
		l.onText(l.socket, p)
	}
}

func (l *log) Binary(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = append(l.states, string(p))
}

func (l *log) Quick() bool { return !l.slow.Load() }

func (l *log) Closed(c Closed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = append(l.closed, c)
	close(l.ended)
}

// end is what Closed was told, which happened exactly once.
func (l *log) end(t testing.TB) Closed {
	t.Helper()
	<-l.ended
	l.mu.Lock()
	defer l.mu.Unlock()
	require.Len(t, l.closed, 1)
	return l.closed[0]
}

// room is a server with sockets that are recorded in the order in which they came.
type room struct {
	acceptor *Acceptor
	logs     chan *log
	onText   func(*Socket, []byte)
}

func (h *room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, err := h.acceptor.Upgrade(w, r, func(token string) error {
		switch token {
		case "good":
			return nil
		case "uncheckable":
			return protocol.Refuse(protocol.Unavailable)
		}
		return protocol.Refuse(protocol.TokenInvalid)
	})
	if err != nil {
		return
	}
	l := &log{socket: s, onText: h.onText, ended: make(chan struct{})}
	s.Start(l)
	h.logs <- l
}

func newRoom(change func(*Options)) *room {
	o := Defaults()
	if change != nil {
		change(&o)
	}
	return &room{acceptor: New(o), logs: make(chan *log, 100)}
}

// listen serves a room on a real loopback socket.
func listen(t testing.TB, change func(*Options)) (*room, string) {
	h := newRoom(change)
	srv := httptest.NewServer(h)
	t.Cleanup(func() { srv.Close(); h.acceptor.Close() })
	return h, "ws" + strings.TrimPrefix(srv.URL, "http")
}

func dial(t testing.TB, url string) *websocket.Conn {
	t.Helper()
	c, res, err := websocket.DefaultDialer.Dial(url, nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// inMemory runs a story in a bubble, over pipes, with time that passes at once.
func inMemory(t *testing.T, change func(*Options), story func(t *testing.T, h *room, dial func() *websocket.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		h := newRoom(change)
		network := wstest.NewNetwork()
		srv := &http.Server{Handler: h}
		go func() { _ = srv.Serve(network) }()
		var open []*websocket.Conn
		defer func() {
			for _, c := range open {
				_ = c.Close()
			}
			_ = srv.Close()
			synctest.Wait()
			h.acceptor.Close()
			require.Zero(t, h.acceptor.Stats().Open.Load(), "sockets left")
		}()
		story(t, h, func() *websocket.Conn {
			c, res, err := network.Dialer().Dial("ws://foyer/v1/ws", nil)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			open = append(open, c)
			return c
		})
	})
}

func closeCode(t testing.TB, c *websocket.Conn) int {
	t.Helper()
	for {
		_, _, err := c.ReadMessage()
		if err != nil {
			var e *websocket.CloseError
			require.ErrorAs(t, err, &e)
			return e.Code
		}
	}
}

func TestMessagesAreDeliveredInOrderAndAnswered(t *testing.T) {
	h, url := listen(t, nil)
	h.onText = func(s *Socket, p []byte) { s.Send(append([]byte("re: "), p...)) }
	c := dial(t, url)
	for _, m := range []string{"one", "two", "three"} {
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(m)))
	}
	require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte{1, 2}))
	for _, m := range []string{"re: one", "re: two", "re: three"} {
		kind, p, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, websocket.TextMessage, kind)
		require.Equal(t, m, string(p))
	}
	require.NoError(t, c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye")))
	require.Equal(t, 1000, closeCode(t, c))
	l := <-h.logs
	require.Equal(t, Closed{Code: 1000, Clean: true, ByDevice: true}, l.end(t))
	require.Equal(t, []string{"one", "two", "three"}, l.texts)
	require.Equal(t, []string{"\x01\x02"}, l.states)
	<-l.socket.Done()
	require.False(t, l.socket.Send([]byte("late")))
}

func TestAFragmentedMessageIsOne(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	w, err := c.NextWriter(websocket.TextMessage)
	require.NoError(t, err)
	long := strings.Repeat("x", 20000)
	for _, part := range []string{"a", long, "z"} {
		_, err = w.Write([]byte(part))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, c.WriteMessage(websocket.CloseMessage, nil))
	l := <-h.logs
	require.Equal(t, Closed{Code: 1005, ByDevice: true}, l.end(t), "without a code it is not a clean close")
	require.Equal(t, []string{"a" + long + "z"}, l.texts)
}

func TestWhatADeviceMayNotSend(t *testing.T) {
	rows := []struct {
		name    string
		kind    int
		payload string
		code    int
	}{
		{"text over the limit", websocket.TextMessage, strings.Repeat("x", 32769), 1009},
		{"state over the limit", websocket.BinaryMessage, strings.Repeat("x", 514), 1009},
		{"text that is not UTF-8", websocket.TextMessage, "\xff\xfe", 1007},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h, url := listen(t, nil)
			c := dial(t, url)
			require.NoError(t, c.WriteMessage(row.kind, []byte(row.payload)))
			require.Equal(t, row.code, closeCode(t, c))
			l := <-h.logs
			require.EqualValues(t, row.code, l.end(t).Code)
			require.False(t, l.closed[0].ByDevice)
			require.Empty(t, l.texts)
			require.Empty(t, l.states)
			require.NoError(t, c.Close())
			<-l.socket.Done()
		})
	}
	t.Run("at the limit", func(t *testing.T) {
		h, url := listen(t, nil)
		c := dial(t, url)
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", 32768))))
		require.NoError(t, c.WriteMessage(websocket.BinaryMessage, []byte(strings.Repeat("x", 513))))
		require.NoError(t, c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "")))
		l := <-h.logs
		require.True(t, l.end(t).Clean)
		require.Len(t, l.texts, 1)
		require.Len(t, l.states, 1)
	})
}

func TestFramesThatBreakTheProtocol(t *testing.T) {
	rows := map[string][]byte{
		"unmasked":                {0x81, 0x01, 'x'},
		"reserved bit":            {0xc1, 0x80, 0, 0, 0, 0},
		"unknown opcode":          {0x83, 0x80, 0, 0, 0, 0},
		"continuation of nothing": {0x80, 0x80, 0, 0, 0, 0},
		"long control frame":      {0x89, 0xfe, 0, 126, 0, 0, 0, 0},
		"fragmented control":      {0x09, 0x80, 0, 0, 0, 0},
		"close with a bad code":   {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed},
	}
	for name, frame := range rows {
		t.Run(name, func(t *testing.T) {
			h, url := listen(t, nil)
			c := dial(t, url)
			_, err := c.NetConn().Write(frame)
			require.NoError(t, err)
			require.Equal(t, 1002, closeCode(t, c))
			require.EqualValues(t, 1002, (<-h.logs).end(t).Code)
		})
	}
}

func TestADeviceThatGoesAwayWithoutAWord(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	require.NoError(t, c.NetConn().Close())
	end := (<-h.logs).end(t)
	require.EqualValues(t, 1006, end.Code)
	require.True(t, end.ByDevice)
	require.False(t, end.Clean)
	require.Error(t, end.Err)
}

func TestABrowserTabThatClosesIsNotAClean1000(t *testing.T) {
	h, url := listen(t, nil)
	c := dial(t, url)
	require.NoError(t, c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1001, "")))
	require.Equal(t, 1001, closeCode(t, c), "the close is echoed")
	require.Equal(t, Closed{Code: 1001, ByDevice: true}, (<-h.logs).end(t))
}

func TestWhatWasQueuedComesBeforeTheClose(t *testing.T) {
	h, url := listen(t, nil)
	h.onText = func(s *Socket, _ []byte) {
		for range 100 {
			s.Send([]byte("answer"))
		}
		s.Close(protocol.CloseToken, "token")
		s.Close(protocol.CloseFlooding, "the first close wins")
	}
	c := dial(t, url)
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte("hello")))
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte("never delivered")))
	for range 100 {
		_, p, err := c.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "answer", string(p))
	}
	require.Equal(t, 4401, closeCode(t, c))
	l := <-h.logs
	require.Equal(t, Closed{Code: 4401}, l.end(t))
	require.Equal(t, []string{"hello"}, l.texts)
}

// A close frame must arrive although the device never stops sending: a plain close would reset the socket.
func TestTheCloseFrameReachesAFloodingDevice(t *testing.T) {
	h, url := listen(t, nil)
	h.onText = func(s *Socket, _ []byte) { s.Close(protocol.CloseFlooding, "") }
	c := dial(t, url)
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for err := error(nil); err == nil; {
			err = c.WriteMessage(websocket.TextMessage, make([]byte, 1000))
		}
	}()
	require.Equal(t, 4429, closeCode(t, c))
	require.NoError(t, c.NetConn().Close())
	<-stop
	<-(<-h.logs).socket.Done()
}

func TestTheReasonIsCutBetweenCharacters(t *testing.T) {
	h, url := listen(t, nil)
	h.onText = func(s *Socket, _ []byte) { s.Close(protocol.CloseNotProtocol, strings.Repeat("é", 100)) }
	c := dial(t, url)
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte("x")))
	_, _, err := c.ReadMessage()
	var e *websocket.CloseError
	require.ErrorAs(t, err, &e)
	require.Equal(t, strings.Repeat("é", 61), e.Text)
}
