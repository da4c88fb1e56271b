package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/cmd/foyer/app"
	"foyer/protocol"
	"foyer/server"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/ws/wstest"
)

// bench is a node with a store in memory, and devices on sockets in memory.
type bench struct {
	*testing.B
	server  *server.Server
	network *wstest.Network
}

func newBench(b *testing.B) *bench {
	var settings config.Settings
	parser, err := kong.New(&settings, config.Options()...)
	require.NoError(b, err)
	_, err = parser.Parse(append([]string{
		"--store=sqlite::memory:", "--auth-secret=" + secret, "--log-level=error", "--limits.upgrades-per-second=0", "--limits.requests-per-second=0",
		"--transport.queue-messages=100000", "--transport.queue-bytes=100000000", // benchmarks ask faster than anybody reads
		"--invitations.outstanding=0",
	}, free...))
	require.NoError(b, err)
	require.NoError(b, settings.Complete())
	node, err := app.New(b.Context(), settings, zerolog.Nop())
	require.NoError(b, err)
	ctx, stop := context.WithCancel(context.Background())
	done, network := make(chan error, 1), wstest.NewNetwork()
	go func() { done <- node.Run(ctx, network, nil) }()
	b.Cleanup(func() {
		stop()
		require.NoError(b, <-done)
	})
	return &bench{B: b, server: node.Server(), network: network}
}

// benchDevice takes everything that it is sent.
type benchDevice struct {
	b       *bench
	conn    *websocket.Conn
	answers chan []byte
}

func (b *bench) arrives(user string) *benchDevice {
	text, err := auth.Sign(auth.Options{Secret: []byte(secret)}, auth.Claims{Subject: user, Name: "Name of " + user}, time.Hour)
	require.NoError(b, err)
	c, res, err := b.network.Dialer().Dial("ws://foyer/v1/ws", http.Header{"Authorization": {"Bearer " + text}})
	require.NoError(b, err)
	_ = res.Body.Close()
	d := &benchDevice{b: b, conn: c, answers: make(chan []byte, 1)}
	b.Cleanup(func() { _ = c.Close() })
	go d.read()
	d.ok("hello", `{"client":{"name":"b","version":"1","kind":"headset"}}`, nil)
	return d
}

// read passes on answers, and does no more with notifications than take them.
func (d *benchDevice) read() {
	start, rest := make([]byte, len(benchAnswer)), make([]byte, 4096)
	for {
		_, r, err := d.conn.NextReader()
		if err != nil {
			return
		}
		if _, err = io.ReadFull(r, start); err == nil && string(start) == benchAnswer {
			result, err := io.ReadAll(r)
			if err != nil {
				return
			}
			d.answers <- result[:len(result)-1]
			continue
		}
		for err == nil {
			_, err = r.Read(rest)
		}
	}
}

// benchAnswer is how the answer to a device's request begins.
const benchAnswer = `{"jsonrpc":"2.0","id":1,"result":`

func (d *benchDevice) ok(method, params string, into any) {
	require.NoError(d.b, d.conn.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":`+params+`}`)))
	result := <-d.answers
	require.NotEmpty(d.b, result, method)
	if into != nil {
		require.NoError(d.b, json.Unmarshal(result, into))
	}
}

// BenchmarkDispatch is a request from the frame to the queued answer: decoded, measured, carried out, encoded.
func BenchmarkDispatch(b *testing.B) {
	w := newBench(b)
	var made protocol.SessionResult
	w.arrives("ada").ok("session.create", `{"name":"Lobby"}`, &made)
	ada := w.server.DeviceOf("ada")
	for _, row := range []struct{ name, frame string }{
		{"people.unfocus", `{"jsonrpc":"2.0","id":7,"method":"people.unfocus","params":{}}`},
		{"refused", `{"jsonrpc":"2.0","id":7,"method":"session.join","params":{"session_id":7}}`},
		{"batch of 10", batchOf(10, `{"jsonrpc":"2.0","id":7,"method":"people.unfocus","params":{}}`)},
		{"presence.set", `{"jsonrpc":"2.0","id":7,"method":"presence.set","params":{"status":"busy"}}`},
		{"session.send", `{"jsonrpc":"2.0","id":7,"method":"session.send","params":{"session_id":"` + made.Session.ID + `","kind":"chat","data":{"text":"hello"}}}`},
	} {
		b.Run(row.name, func(b *testing.B) {
			frame := []byte(row.frame)
			b.ReportAllocs()
			for b.Loop() {
				ada.Text(frame)
			}
		})
	}
}

func batchOf(n int, item string) string {
	out := "[" + item
	for range n - 1 {
		out += "," + item
	}
	return out + "]"
}

// BenchmarkStateIn is a state from the frame to where the next tick finds it.
func BenchmarkStateIn(b *testing.B) {
	w := newBench(b)
	w.arrives("ada").ok("session.create", `{"name":"Lobby"}`, nil)
	ada := w.server.DeviceOf("ada")
	frame := protocol.AppendState(nil, make([]byte, 64))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		frame[5], frame[6], frame[7] = byte(i), byte(i>>8), byte(i>>16)
		ada.Binary(frame)
	}
}

// BenchmarkPresence is one user's change of presence: told to so many who watch, until it is in their queues.
func BenchmarkPresence(b *testing.B) {
	for _, watchers := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("told/watchers=%d", watchers), func(b *testing.B) {
			w := newBench(b)
			watched(w, watchers)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				w.server.TellPresence("ben", i)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(watchers), "ns/watcher")
		})
	}
	for _, watchers := range []int{0, 1} {
		b.Run(fmt.Sprintf("read and published/watchers=%d", watchers), func(b *testing.B) {
			w := newBench(b)
			watched(w, watchers)
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, w.server.ShowPresence(b.Context(), "ben"))
			}
		})
	}
}

// watched has ben online, with so many connections who are, too.
func watched(w *bench, watchers int) {
	ben := w.arrives("ben")
	for i := range watchers {
		var sent protocol.InvitationSendResult
		w.arrives(fmt.Sprint("watcher-", i)).ok("invitation.send", `{"to":{"user_id":"ben"}}`, &sent)
		ben.ok("invitation.accept", `{"invitation_id":"`+sent.Invitation.ID+`"}`, nil)
	}
	require.Eventually(w, func() bool { return w.server.Watchers("ben") == watchers }, 10*time.Second, time.Millisecond)
}
