package load

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"foyer/client/wire"
	"foyer/cmd/foyer-bots/result"
	"foyer/cmd/foyer-bots/scenario"
	"foyer/cmd/foyer/app"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/store"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

const secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// startNodes starts nodes of one cluster in this process, with real sockets, and returns their addresses.
func startNodes(t *testing.T, names ...string) []string {
	t.Helper()
	s, err := config.Defaults()
	require.NoError(t, err)
	s.Store, s.Auth.Secret, s.DrainTime, s.Presence.Grace = "sqlite::memory:", secret, 100*time.Millisecond, 3*time.Second
	s.Limits.RequestsPerSecond, s.Limits.UpgradesPerSecond = 0, 0
	s.Invitations.PerMinute, s.Invitations.PerDay, s.Invitations.PairGap, s.Invitations.PairMax = 0, 0, 0, 0
	shared := app.Shared{Cluster: app.NewCluster(s)}
	shared.Store, err = store.Open(t.Context(), s.Store, store.Options{Alone: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = shared.Store.Close(); _ = shared.Cluster.Close() })
	var addresses []string
	for _, name := range names {
		s.Node = name
		node, err := app.NewWith(t.Context(), s, zerolog.Nop(), shared)
		require.NoError(t, err)
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- node.Run(ctx, l, nil) }()
		t.Cleanup(func() { stop(); require.NoError(t, <-served) })
		addresses = append(addresses, "http://"+l.Addr().String())
	}
	return addresses
}

// options are a scenario that is ready, changed, at some addresses.
func options(t *testing.T, name string, addresses []string, sets ...string) Options {
	t.Helper()
	text, err := scenario.Source(name)
	require.NoError(t, err)
	text, err = scenario.Overlay(text, sets)
	require.NoError(t, err)
	s, err := scenario.Decode(text)
	require.NoError(t, err)
	o := Options{Scenario: s, Source: string(text), Parts: 1, Patience: time.Minute} // whatever else the machine does
	for _, a := range addresses {
		target, err := NewTarget(t.Context(), a, false)
		require.NoError(t, err)
		o.Targets = append(o.Targets, target)
	}
	o.Tokens, err = Signed(auth.Options{Secret: []byte(secret)})
	require.NoError(t, err)
	return o
}

// carry carries a scenario out.
func carry(t *testing.T, o Options) *result.Result {
	t.Helper()
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	return r
}

// began is a load that goes on beside others: t.Parallel would let only as many go on as there are cores.
type began struct {
	r    *result.Result
	err  error
	done chan struct{}
}

func begin(t *testing.T, o Options) *began {
	b := &began{done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.r, b.err = Run(t.Context(), o)
	}()
	return b
}

// result waits for the load's end.
func (b *began) result(t *testing.T) *result.Result {
	t.Helper()
	<-b.done
	require.NoError(t, b.err)
	return b.r
}

// proxy stands between bots and a server, and lets tamper change what the server says: each frame becomes those returned.
// later sends one more frame on the same socket, after a time.
func proxy(t *testing.T, address string, tamper func(f wire.Frame, later func(time.Duration, wire.Frame)) []wire.Frame) string {
	t.Helper()
	upgrader := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}, CheckOrigin: func(*http.Request) bool { return true }}
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		down, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer down.Close()
		up, err := wire.Dial(t.Context(), "ws"+strings.TrimPrefix(address, "http")+"/v1/ws", wire.Options{})
		if err != nil {
			return
		}
		defer up.Drop()
		go func() {
			for {
				kind, data, err := down.ReadMessage()
				if err != nil {
					if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
						up.Close(1000)
					}
					up.Drop()
					return
				}
				if up.Write(wire.Frame{Binary: kind == websocket.BinaryMessage, Data: data}) != nil {
					return
				}
			}
		}()
		frames, ended := make(chan wire.Frame, 64), make(chan struct{})
		defer close(ended)
		go func() {
			for {
				select {
				case f := <-frames:
					kind := websocket.TextMessage
					if f.Binary {
						kind = websocket.BinaryMessage
					}
					_ = down.WriteMessage(kind, f.Data)
				case <-ended:
					return
				}
			}
		}()
		send := func(f wire.Frame) {
			select {
			case frames <- f:
			case <-ended:
			}
		}
		later := func(d time.Duration, f wire.Frame) { time.AfterFunc(d, func() { send(f) }) }
		_ = up.Each(func(f wire.Frame) {
			for _, out := range tamper(wire.Frame{Binary: f.Binary, Data: append([]byte(nil), f.Data...)}, later) {
				send(out)
			}
		})
	}))
	t.Cleanup(p.Close)
	return p.URL
}
