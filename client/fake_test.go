package client_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"foyer/client"
	"foyer/protocol"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

// fake is a server without rules: the test plays it, frame by frame, over in-memory connections.
type fake struct {
	t       *testing.T
	conns   chan net.Conn
	sockets chan *websocket.Conn
	busy    chan time.Duration // a wait to turn the next upgrade away with
}

func newFake(t *testing.T) *fake {
	f := &fake{t, make(chan net.Conn), make(chan *websocket.Conn), make(chan time.Duration, 1)}
	server := &http.Server{Handler: http.HandlerFunc(f.upgrade)}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(f) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	return f
}

// Accept, Close and Addr make f the listener of its own HTTP server.
func (f *fake) Accept() (net.Conn, error) {
	conn, open := <-f.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (f *fake) Close() error   { close(f.conns); return nil }
func (f *fake) Addr() net.Addr { return &net.TCPAddr{} }

func (f *fake) upgrade(w http.ResponseWriter, r *http.Request) {
	select {
	case wait := <-f.busy:
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	default:
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{"foyer.v1"}}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err == nil {
		f.sockets <- socket
	}
}

func (f *fake) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case f.conns <- ours:
		return theirs, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// peer is the server's end of one socket.
type peer struct {
	t *testing.T
	*websocket.Conn
}

// accept waits for the next socket.
func (f *fake) accept() *peer { return &peer{f.t, <-f.sockets} }

type request struct {
	ID     int64
	Method protocol.Method
	Params json.RawMessage
}

// next reads a request.
func (p *peer) next() request {
	p.t.Helper()
	var r request
	require.NoError(p.t, p.ReadJSON(&r))
	return r
}

// expect reads a request of the method and decodes its params.
func (p *peer) expect(method protocol.Method, params any) request {
	p.t.Helper()
	r := p.next()
	require.Equal(p.t, method, r.Method)
	require.NoError(p.t, json.Unmarshal(r.Params, params))
	return r
}

func (p *peer) answer(r request, result any) {
	p.t.Helper()
	require.NoError(p.t, p.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": r.ID, "result": result}))
}

// serve answers the next request while the test waits for a call; wait returns when that is written.
func (p *peer) serve(result any) (wait func()) {
	written := make(chan struct{})
	go func() { defer close(written); p.answer(p.next(), result) }()
	return func() { <-written }
}

func (p *peer) refuse(r request, e *protocol.Error) {
	p.t.Helper()
	require.NoError(p.t, p.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": r.ID, "error": e}))
}

func (p *peer) notify(method protocol.Method, params any) {
	p.t.Helper()
	require.NoError(p.t, p.WriteJSON(map[string]any{"jsonrpc": "2.0", "method": method, "params": params}))
}

// revision notifies of a relation that changed, to nothing in particular.
func (p *peer) revision(rev int64) {
	p.t.Helper()
	p.notify(protocol.NotifyRelationChanged, protocol.RelationChanged{
		Rev: rev, Relation: protocol.Relation{State: protocol.RelationNone},
	})
}

// end closes with a code, and drop like a network that fails.
func (p *peer) end(code protocol.CloseCode) {
	message := websocket.FormatCloseMessage(int(code), "")
	_ = p.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
	_ = p.Conn.Close()
}
func (p *peer) drop() { _ = p.NetConn().Close() }

// hello is how the fake answers the first hello.
var hello = protocol.HelloResult{
	User: protocol.User{ID: "ada", Name: "Ada"}, DeviceID: "d1", Epoch: "e1", Rev: 7,
	Features: []string{}, Limits: protocol.Limits{PingMS: 25_000},
}

// resumed is how it answers one that resumes.
func resumed() protocol.HelloResult {
	h := hello
	h.Resumed = true
	return h
}

// welcome reads hello and answers it.
func (p *peer) welcome(result protocol.HelloResult) protocol.HelloParams {
	p.t.Helper()
	var params protocol.HelloParams
	p.answer(p.expect(protocol.MethodHello, &params), result)
	return params
}

// device is a client under test, with what its handler was given.
type device struct {
	*client.Client
	events chan client.Event
}

// dial returns a client that is online, and the server's end of its socket.
func (f *fake) dialed(change func(*client.Options)) (*device, *peer) {
	f.t.Helper()
	d := &device{events: make(chan client.Event, 100)}
	o := client.Options{
		URL: "ws://foyer.test", Token: client.StaticToken("t1"), NetDial: f.dial,
		OnEvent: func(_ *client.Client, e client.Event) { d.events <- e },
	}
	if change != nil {
		change(&o)
	}
	peers := make(chan *peer)
	go func() {
		p := f.accept()
		p.welcome(hello)
		peers <- p
	}()
	var err error
	d.Client, err = client.Dial(f.t.Context(), o)
	require.NoError(f.t, err)
	f.t.Cleanup(func() { d.Close(); <-d.Done() })
	online := next[*client.Online](f.t, d)
	require.True(f.t, online.Fresh)
	return d, <-peers
}

// next waits for the next event, which must be an E.
func next[E any](t *testing.T, d *device) E {
	t.Helper()
	select {
	case e := <-d.events:
		require.IsType(t, *new(E), e)
		return e.(E)
	case <-time.After(time.Hour): // of a bubble's clock
		require.FailNow(t, "no event came")
		panic("unreachable")
	}
}

// nothing checks that no event has come and that none is on its way.
func nothing(t *testing.T, d *device) {
	t.Helper()
	select {
	case e := <-d.events:
		require.Failf(t, "an event came", "%T %+v", e, e)
	case <-time.After(time.Minute):
	}
}
