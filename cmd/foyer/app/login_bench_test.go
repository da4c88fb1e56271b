package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/cmd/foyer/app"
	"foyer/server/auth"
	"foyer/server/config"
)

const benchSecret = "a secret of benchmarks alone, long enough"

// BenchmarkLogin is what a herd does: connect, say hello, join a session of ten, over a loopback socket and a store in
// memory. Its client's part of the allocations is small and always the same.
func BenchmarkLogin(b *testing.B) {
	url, tokens := benchNode(b), auth.Options{Secret: []byte(benchSecret)}
	session, devices := "", make([]*websocket.Conn, 0, b.N)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		token, err := auth.Sign(tokens, auth.Claims{Subject: fmt.Sprint("user-", i), Name: fmt.Sprint("User ", i)}, time.Hour)
		require.NoError(b, err)
		c, res, err := websocket.DefaultDialer.Dial(url, http.Header{"Authorization": {"Bearer " + token}})
		require.NoError(b, err)
		require.NoError(b, res.Body.Close())
		devices = append(devices, c)
		request(b, c, `{"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":{"name":"b","version":"1","kind":"bot"}}}`, nil)
		if i%10 == 0 {
			var made struct {
				Result struct {
					Session struct {
						ID string `json:"id"`
					} `json:"session"`
				} `json:"result"`
			}
			request(b, c, `{"jsonrpc":"2.0","id":2,"method":"session.create","params":{"name":"b"}}`, &made)
			session = made.Result.Session.ID
		} else {
			request(b, c, `{"jsonrpc":"2.0","id":2,"method":"session.join","params":{"session_id":"`+session+`"}}`, nil)
		}
	}
	b.StopTimer()
	for _, c := range devices {
		_ = c.Close()
	}
}

// request sends a request and reads its answer, past what else comes.
func request(b *testing.B, c *websocket.Conn, text string, into any) {
	require.NoError(b, c.WriteMessage(websocket.TextMessage, []byte(text)))
	for {
		kind, p, err := c.ReadMessage()
		require.NoError(b, err)
		if kind != websocket.TextMessage || !bytes.Contains(p[:min(len(p), 40)], []byte(`"id"`)) {
			continue
		}
		require.NotContains(b, string(p), `"error"`)
		if into != nil {
			require.NoError(b, json.Unmarshal(p, into))
		}
		return
	}
}

func benchNode(b *testing.B) (url string) {
	var settings config.Settings
	parser, err := kong.New(&settings, config.Options()...)
	require.NoError(b, err)
	_, err = parser.Parse([]string{
		"--store=sqlite::memory:", "--auth-secret=" + benchSecret, "--log-level=error", "--limits.upgrades-per-second=0", "--limits.requests-per-second=0",
	})
	require.NoError(b, err)
	require.NoError(b, settings.Complete())
	node, err := app.New(b.Context(), settings, zerolog.Nop())
	require.NoError(b, err)
	devices, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- node.Run(ctx, devices, nil) }()
	b.Cleanup(func() {
		stop()
		require.NoError(b, <-done)
	})
	return "ws://" + devices.Addr().String() + "/v1/ws"
}
