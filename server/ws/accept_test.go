package ws

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"foyer/server/ws/wstest"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestWhoMayUpgrade(t *testing.T) {
	listed := func(o *Options) { o.Origins = []string{"https://app.example", "http://localhost:5173"} }
	rows := []struct {
		name   string
		change func(*Options)
		header http.Header
		status int
	}{
		{"a native client, no subprotocol", nil, nil, 101},
		{"our subprotocol among others", nil, header("Sec-WebSocket-Protocol", "chat, foyer.v1"), 101},
		{"our subprotocol in a second line", nil, header("Sec-WebSocket-Protocol", "chat", "Sec-WebSocket-Protocol", "foyer.v1"), 101},
		{"an empty list of subprotocols", nil, header("Sec-WebSocket-Protocol", ""), 101},
		{"our subprotocol in capitals is another", nil, header("Sec-WebSocket-Protocol", "Foyer.V1"), 400},
		{"only other subprotocols", nil, header("Sec-WebSocket-Protocol", "chat, foyer.v2"), 400},
		{"the server's own page", nil, header("Origin", "http://{host}"), 101},
		{"the same host by another scheme", nil, header("Origin", "https://{host}"), 403},
		{"the same host on another port", nil, header("Origin", "http://127.0.0.1:1"), 403},
		{"another site", nil, header("Origin", "https://evil.example"), 403},
		{"another site with our name in it", listed, header("Origin", "https://app.example.evil.example"), 403},
		{"a subdomain of a listed one", listed, header("Origin", "https://x.app.example"), 403},
		{"an opaque origin", nil, header("Origin", "null"), 403},
		{"null even if a list is given", listed, header("Origin", "null"), 403},
		{"an empty origin", nil, header("Origin", ""), 403},
		{"an origin with a user name", listed, header("Origin", "https://app.example@evil.example"), 403},
		{"a listed origin", listed, header("Origin", "https://app.example"), 101},
		{"a listed origin with its default port, in capitals", listed, header("Origin", "HTTPS://App.Example:443"), 101},
		{"a listed origin by another scheme", listed, header("Origin", "http://app.example"), 403},
		{"with a list, the server's own page is not in it", listed, header("Origin", "http://{host}"), 403},
		{"two origins", listed, header("Origin", "https://app.example", "Origin", "https://app.example"), 403},
		{"behind a proxy the own page is https", func(o *Options) { o.BehindProxy = true }, header("Origin", "https://{host}"), 101},
		{"behind a proxy http is another origin", func(o *Options) { o.BehindProxy = true }, header("Origin", "http://{host}"), 403},
		{"X-Forwarded-Proto from anybody is not believed", func(o *Options) { o.BehindProxy = true }, header("Origin", "http://{host}", "X-Forwarded-Proto", "http"), 403},
		{"a good token", nil, header("Authorization", "Bearer good"), 101},
		{"the scheme's case does not matter", nil, header("Authorization", "bearer good"), 101},
		{"a bad token", nil, header("Authorization", "Bearer bad"), 401},
		{"a token that can't be checked now", nil, header("Authorization", "Bearer uncheckable"), 503},
		{"no token in the header", nil, header("Authorization", "Bearer "), 401},
		{"another scheme", nil, header("Authorization", "Basic Zm9vOmJhcg=="), 401},
		{"two tokens", nil, header("Authorization", "Bearer good", "Authorization", "Bearer good"), 401},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, url := listen(t, row.change)
			for _, values := range row.header {
				for i := range values {
					values[i] = strings.ReplaceAll(values[i], "{host}", strings.TrimPrefix(url, "ws://"))
				}
			}
			c, res, err := websocket.DefaultDialer.Dial(url, row.header)
			require.NotNil(t, res)
			require.Equal(t, row.status, res.StatusCode)
			if err == nil {
				if strings.Contains(row.header.Get("Sec-WebSocket-Protocol"), "chat") {
					require.Equal(t, Subprotocol, c.Subprotocol())
				}
				require.NoError(t, c.Close())
			}
			if row.status == 401 {
				require.NotEmpty(t, res.Header.Get("WWW-Authenticate"))
			}
			require.NoError(t, res.Body.Close())
		})
	}
}

func TestRequestsThatAreNoUpgrade(t *testing.T) {
	_, url := listen(t, nil)
	url = "http" + strings.TrimPrefix(url, "ws")
	rows := []struct {
		name, method string
		header       http.Header
		status       int
	}{
		{"a plain GET", "GET", nil, 400},
		{"a POST", "POST", nil, 405},
		{"another version", "GET", header("Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "12", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), 400},
		{"no key", "GET", header("Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13"), 400},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, err := http.NewRequest(row.method, url, nil)
			require.NoError(t, err)
			r.Header = row.header
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			res, err := client.Do(r)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, row.status, res.StatusCode)
		})
	}
}

func TestMoreUpgradesThanTheRateAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newRoom(func(o *Options) { o.UpgradesPerSecond = 5 })
		defer h.acceptor.Close()
		network := wstest.NewNetwork()
		srv := &http.Server{Handler: h}
		go func() { _ = srv.Serve(network) }()
		defer func() { _ = srv.Close() }()
		try := func() int {
			c, res, err := network.Dialer().Dial("ws://foyer/v1/ws", nil)
			if err == nil {
				require.NoError(t, c.Close())
			} else {
				require.Contains(t, []string{"1", "2"}, res.Header.Get("Retry-After"), "one who is outside is let in within a fifth of a second")
			}
			require.NoError(t, res.Body.Close())
			return res.StatusCode
		}
		for range 5 {
			require.Equal(t, 101, try())
		}
		require.Equal(t, 503, try())
		<-time.After(time.Second)
		require.Equal(t, 101, try())
	})
}

func TestMoreDevicesThanAnAddressMayHave(t *testing.T) {
	h, url := listen(t, func(o *Options) { o.DevicesPerAddress = 2 })
	first := dial(t, url)
	dial(t, url)
	l := <-h.logs
	_, res, err := websocket.DefaultDialer.Dial(url, nil)
	require.Error(t, err)
	require.Equal(t, 429, res.StatusCode)
	require.NotEmpty(t, res.Header.Get("Retry-After"))
	require.NoError(t, res.Body.Close())
	require.NoError(t, first.Close())
	<-l.socket.Done()
	dial(t, url)
}

func TestWhoseAddressCounts(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	rows := []struct {
		name, peer, want string
		forwarded        []string
		trusted          []netip.Prefix
	}{
		{"a direct device", "203.0.113.7:1234", "203.0.113.7", nil, proxies},
		{"what a device says of itself is not believed", "203.0.113.7:1", "203.0.113.7", []string{"1.2.3.4"}, proxies},
		{"nobody is trusted unless told", "10.0.0.1:1", "10.0.0.1", []string{"1.2.3.4"}, nil},
		{"a trusted proxy is", "10.0.0.1:1", "198.51.100.9", []string{"198.51.100.9"}, proxies},
		{"the last one that is no proxy", "10.0.0.1:1", "198.51.100.9", []string{"1.2.3.4, 198.51.100.9, 10.2.2.2"}, proxies},
		{"over several lines", "10.0.0.1:1", "198.51.100.9", []string{"1.2.3.4", "198.51.100.9"}, proxies},
		{"nonsense ends the chain", "10.0.0.1:1", "10.2.2.2", []string{"1.2.3.4, nonsense, 10.2.2.2"}, proxies},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", "198.51.100.9", []string{"::ffff:198.51.100.9"}, proxies},
		{"in memory", "pipe", "invalid IP", nil, proxies},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			a := &Acceptor{options: Options{TrustedProxies: row.trusted}}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = row.peer
			r.Header["X-Forwarded-For"] = row.forwarded
			require.Equal(t, row.want, a.clientAddress(r).String())
		})
	}
	require.Equal(t, block(netip.MustParseAddr("2001:db8::1")), block(netip.MustParseAddr("2001:db8::2")))
	require.NotEqual(t, block(netip.MustParseAddr("2001:db8:0:1::1")), block(netip.MustParseAddr("2001:db8::1")))
	require.NotEqual(t, block(netip.MustParseAddr("203.0.113.1")), block(netip.MustParseAddr("203.0.113.2")))
}

func TestOverTLS(t *testing.T) {
	h := newRoom(nil)
	h.onText = func(s *Socket, p []byte) { s.Send(append([]byte(nil), p...)); s.Close(4401, "") }
	srv := httptest.NewTLSServer(h)
	t.Cleanup(func() { srv.Close(); h.acceptor.Close() })
	d := &websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	c, res, err := d.Dial("wss"+strings.TrimPrefix(srv.URL, "https"), header("Origin", srv.URL))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte("over TLS")))
	_, p, err := c.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "over TLS", string(p))
	require.Equal(t, 4401, closeCode(t, c))
	require.NoError(t, c.Close())
	<-(<-h.logs).socket.Done()
}

// putBack is a listener as one is that reads the beginning of its connections and puts it back.
type putBack struct{ net.Listener }

func (l putBack) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return again{c}, err
}

type again struct{ net.Conn }

func (a again) Plain() net.Conn { return a.Conn }

func TestASocketWhoseBeginningWasPutBackIsAsGoodAsAny(t *testing.T) {
	h := newRoom(nil)
	srv := httptest.NewUnstartedServer(h)
	srv.Listener = putBack{srv.Listener}
	srv.Start()
	t.Cleanup(func() { srv.Close(); h.acceptor.Close() })
	c := dial(t, "ws"+strings.TrimPrefix(srv.URL, "http"))
	s := (<-h.logs).socket
	require.NotNil(t, s.wire.raw, "it is written to without blocking")
	s.Send([]byte("hello"))
	_, p, err := c.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "hello", string(p))
}
