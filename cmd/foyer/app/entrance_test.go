package app

import (
	"bufio"
	"bytes"
	"container/list"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const plainRequest = "GET /v1/ws HTTP/1.1\r\nHost: foyer.example:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

func with(line string) string {
	return strings.Replace(plainRequest, "Connection:", line+"\r\nConnection:", 1)
}

// odd are requests that the entrance leaves to the HTTP server.
var odd = map[string]string{
	"nothing of ours":            "hello\r\n\r\n",
	"another path":               strings.Replace(plainRequest, "/v1/ws", "/v1/other", 1),
	"a query":                    strings.Replace(plainRequest, "/v1/ws", "/v1/ws?x=1", 1),
	"a whole URL":                strings.Replace(plainRequest, "/v1/ws", "http://foyer.example/v1/ws", 1),
	"another method":             strings.Replace(plainRequest, "GET", "POST", 1),
	"HTTP/1.0":                   strings.Replace(plainRequest, "1.1", "1.0", 1),
	"HTTP/2":                     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"no Host":                    strings.Replace(plainRequest, "Host:", "X-Host:", 1),
	"two Hosts":                  with("host: other.example"),
	"an empty Host":              strings.Replace(plainRequest, "foyer.example:8080", "", 1),
	"a Host that is none":        strings.Replace(plainRequest, "foyer.example", "foyer/example", 1),
	"no Upgrade":                 strings.Replace(plainRequest, "Upgrade: websocket", "X: y", 1),
	"two Upgrades":               with("Upgrade: websocket"),
	"a body":                     with("Content-Length: 1") + "x",
	"an empty body":              with("Content-Length: 0"),
	"a body in pieces":           with("Transfer-Encoding: chunked") + "0\r\n\r\n",
	"an expectation":             with("Expect: 100-continue"),
	"a control character":        with("X: a\x01b"),
	"a NUL":                      with("X: a\x00b"),
	"a bare line feed":           with("X: a\nY: b"),
	"a bare carriage return":     with("X: a\rb"),
	"a line that goes on":        with("X: a\r\n b"),
	"a name with a space":        with("X : a"),
	"a line without a name":      with(": a"),
	"a line without a colon":     with("xyz"),
	"other letters":              with("X: ü"),
	"something behind it":        plainRequest + "x",
	"two requests":               plainRequest + plainRequest,
	"more than is read at once":  with("X: " + strings.Repeat("a", 5000)),
	"more than the server takes": with("X: " + strings.Repeat("a", 64<<10)),
}

func TestWhatIsPlain(t *testing.T) {
	for _, text := range []string{
		plainRequest, strings.ReplaceAll(plainRequest, "Host: foyer.example:8080", "host:[::1]:80"), with("X-Forwarded-For:  10.0.0.1 \r\nORIGIN:\r\nx-forwarded-for: 10.0.0.2"),
	} {
		want, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		require.NoError(t, err)
		require.Equal(t, want, plain([]byte(text)), "as the HTTP server reads it")
	}
	for name, text := range odd {
		require.Nil(t, plain([]byte(text[:min(len(text), len(guest{}.first))])), name)
	}
	for i := range plainRequest {
		require.Nil(t, plain([]byte(plainRequest[:i])), "cut off after %d bytes", i)
	}
}

// hall is an HTTP server whose requests say who answered them, with an entrance or without.
type hall struct {
	address string
	log     bytes.Buffer // once the hall is closed
	close   func()
}

func newHall(t *testing.T, entrance bool) *hall {
	h := &hall{}
	room := &waitingRoom{places: strangers, order: list.New(), at: map[net.Conn]*list.Element{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/ws", func(w http.ResponseWriter, r *http.Request) {
		_, quick := w.(*reply)
		switch r.Header.Get("Sec-Websocket-Protocol") {
		case "panic":
			panic("a mistake")
		case "refuse":
			w.Header().Set("Retry-After", "7")
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if b, ok := c.(*begun); ok {
			c = b.Plain()
		}
		_, tcp := c.(*net.TCPConn)
		if rw.Reader.Buffered() == 0 {
			_, _ = c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
		}
		if quick {
			_, _ = c.Write([]byte("quick "))
		}
		if tcp {
			_, _ = c.Write([]byte("tcp"))
		}
		_ = c.Close()
	})
	front := &http.Server{Handler: mux, ReadHeaderTimeout: headerTime, MaxHeaderBytes: headerBytes, ConnState: room.changed, ErrorLog: stdlog.New(&h.log, "", 0)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.address = l.Addr().String()
	if entrance {
		l = enterBy(l, front, room)
	}
	done := make(chan error, 1)
	go func() { done <- front.Serve(l) }()
	closed := false
	h.close = func() {
		if !closed {
			closed = true
			require.NoError(t, front.Close())
			require.ErrorIs(t, <-done, http.ErrServerClosed)
		}
	}
	t.Cleanup(h.close)
	return h
}

// ask sends the parts one after the other and returns the status and all that follows the header.
func (h *hall) ask(t *testing.T, parts ...string) (status int, header http.Header, rest string) {
	c, err := net.Dial("tcp", h.address)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	for _, p := range parts {
		_, _ = c.Write([]byte(p)) // it may be refused before its end
		if len(parts) > 1 {
			time.Sleep(20 * time.Millisecond) //nolint:forbidigo // so that it comes in pieces; in one it is right too
		}
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, nil, ""
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		all, _ := io.ReadAll(r)
		return res.StatusCode, res.Header, string(all)
	}
	all, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(all)
}

func TestAPlainRequestIsAnsweredAtTheEntrance(t *testing.T) {
	h := newHall(t, true)
	status, _, rest := h.ask(t, plainRequest)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	require.Equal(t, "quick tcp", rest)
	status, header, rest := h.ask(t, with("Sec-WebSocket-Protocol: refuse"))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "7", header.Get("Retry-After"))
	require.NotEmpty(t, header.Get("Date"))
	require.Equal(t, "not now\n", rest)
}

func TestWhatComesInPiecesIsTheServers(t *testing.T) {
	h := newHall(t, true)
	for _, at := range []int{1, 10, len(plainRequest) - 1} {
		status, _, rest := h.ask(t, plainRequest[:at], plainRequest[at:])
		require.Equal(t, http.StatusSwitchingProtocols, status)
		require.Equal(t, "tcp", rest, "and the device is none the worse for it")
	}
}

func TestWhatIsOddIsAnsweredAsWithoutAnEntrance(t *testing.T) {
	without, by := newHall(t, false), newHall(t, true)
	for name, text := range odd {
		status, header, rest := without.ask(t, text)
		got, gotHeader, gotRest := by.ask(t, text)
		require.Equal(t, status, got, name)
		require.Equal(t, rest, gotRest, name)
		header.Del("Date")
		gotHeader.Del("Date")
		require.Equal(t, header, gotHeader, name)
	}
}

func TestAMistakeBehindTheEntranceEndsOneConnection(t *testing.T) {
	h := newHall(t, true)
	status, _, _ := h.ask(t, with("Sec-WebSocket-Protocol: panic"))
	require.Zero(t, status)
	status, _, _ = h.ask(t, plainRequest)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	h.close()
	require.Contains(t, h.log.String(), "a mistake")
}

func TestWhoSaysNothingIsSentAwayAtTheEnd(t *testing.T) {
	h := newHall(t, true)
	c, err := net.Dial("tcp", h.address)
	require.NoError(t, err)
	defer c.Close()
	h.ask(t, plainRequest) // so that c has been met
	h.close()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	_, err = net.Dial("tcp", h.address)
	require.Error(t, err)
}
