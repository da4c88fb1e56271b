package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alecthomas/kong"
	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"foyer/cmd/foyer/app"
	"foyer/protocol"
	"foyer/server/auth"
	"foyer/server/config"
	"foyer/server/ws/wstest"
)

// A story runs the whole program in a bubble where time passes only while everybody waits, over sockets in memory: a
// test can let a minute pass, or be sure that something does not come, at no cost.

const secret = "a secret that only these stories know, long enough"

// world is one node and the devices that tell the story.
type world struct {
	t       *testing.T
	args    []string
	network *wstest.Network
	stop    context.CancelFunc
	done    chan error
	devices []*device
	frames  [][]byte // everything that any device received
}

// story runs tell in a bubble with one node, started with the given flags.
func story(t *testing.T, args []string, tell func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, args: append([]string{"--node=one", "--store=sqlite::memory:", "--auth-secret=" + secret, "--log-level=error"}, args...)}
		w.start()
		defer func() {
			for _, d := range w.devices {
				d.hangUp()
			}
			w.shutDown()
		}()
		tell(w)
	})
}

// start runs a node.
func (w *world) start() {
	var settings config.Settings
	parser, err := kong.New(&settings, config.Options()...)
	require.NoError(w.t, err)
	_, err = parser.Parse(w.args)
	require.NoError(w.t, err)
	require.NoError(w.t, settings.Complete())
	log := zerolog.New(zerolog.NewTestWriter(w.t)).Level(zerolog.WarnLevel)
	ctx, stop := context.WithCancel(context.Background())
	node, err := app.New(ctx, settings, log)
	require.NoError(w.t, err)
	w.network, w.stop, w.done = wstest.NewNetwork(), stop, make(chan error, 1)
	go func() { w.done <- node.Run(ctx, w.network, nil) }()
}

// shutDown drains the node and waits for its end.
func (w *world) shutDown() {
	w.stop()
	require.NoError(w.t, <-w.done)
}

// token signs one for a user.
func token(t *testing.T, c auth.Claims) string {
	text, err := auth.Sign(auth.Options{Secret: []byte(secret)}, c, 24*365*time.Hour)
	require.NoError(t, err)
	return text
}

// device is a client of the raw protocol.
type device struct {
	w      *world
	user   string
	conn   *websocket.Conn
	hello  protocol.HelloResult
	nextID int

	mu     sync.Mutex
	texts  [][]byte // not looked at yet
	binary [][]byte
	closed int // close code, once it came
}

// dial opens a socket without a word.
func (w *world) dial() *device {
	conn, _, err := w.network.Dialer().Dial("ws://foyer/v1/ws", http.Header{"Sec-WebSocket-Protocol": {"foyer.v1"}})
	require.NoError(w.t, err)
	d := &device{w: w, conn: conn}
	w.devices = append(w.devices, d)
	go d.read()
	return d
}

func (d *device) read() {
	for {
		kind, b, err := d.conn.ReadMessage()
		d.mu.Lock()
		switch {
		case err != nil:
			d.closed = 1006
			if c, ok := err.(*websocket.CloseError); ok {
				d.closed = c.Code
			}
			d.mu.Unlock()
			return
		case kind == websocket.BinaryMessage:
			d.binary = append(d.binary, b)
		default:
			d.texts = append(d.texts, b)
		}
		d.mu.Unlock()
	}
}

// arrives opens a socket and says hello as a user; edit may change the params.
func (w *world) arrives(user string, edit ...func(p map[string]any)) *device {
	d := w.dial()
	d.sayHello(user, edit...)
	return d
}

func (d *device) sayHello(user string, edit ...func(p map[string]any)) {
	d.user = user
	p := map[string]any{
		"token":  token(d.w.t, auth.Claims{Subject: user, Name: "Name of " + user, Username: user, Email: user + "@example.org", EmailVerified: true}),
		"client": map[string]any{"name": "story", "version": "1", "kind": "headset"},
	}
	for _, fn := range edit {
		fn(p)
	}
	d.ok("hello", p, &d.hello)
}

func companion(p map[string]any) {
	p["client"] = map[string]any{"name": "story", "version": "1", "kind": "tablet", "companion": true}
}

func resuming(from *device, rev int64) func(map[string]any) {
	return func(p map[string]any) {
		p["resume"] = map[string]any{"epoch": from.hello.Epoch, "rev": rev, "device_id": from.hello.DeviceID}
	}
}

type frame struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *protocol.Error `json:"error"`
}

// call sends a request and returns its answer. Frames that came before the answer stay to be looked at.
func (d *device) call(method string, params any) frame {
	d.nextID++
	id := strconv.Itoa(d.nextID)
	b, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": d.nextID, "method": method, "params": params})
	require.NoError(d.w.t, err)
	d.send(b)
	for range 1000 { // a join waits for the roster's tick; time in the bubble costs nothing
		if f, came := d.answer(id); came {
			return f
		}
		pass(time.Millisecond)
	}
	require.FailNow(d.w.t, "no answer", "%s to %s %v; closed %d", d.user, method, params, d.closeCode())
	return frame{}
}

// answer takes the answer to request id, if it has come.
func (d *device) answer(id string) (frame, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, text := range d.texts {
		var f frame
		require.NoError(d.w.t, json.Unmarshal(text, &f), string(text))
		if string(f.ID) == id {
			d.texts = append(d.texts[:i:i], d.texts[i+1:]...)
			return f, true
		}
	}
	return frame{}, false
}

// send writes a text frame and waits until everybody has nothing left to do.
func (d *device) send(b []byte) {
	require.NoError(d.w.t, d.conn.WriteMessage(websocket.TextMessage, b))
	synctest.Wait()
}

// ok is a call that must succeed; the result goes into into unless that is nil.
func (d *device) ok(method string, params, into any) {
	d.w.t.Helper()
	f := d.call(method, params)
	require.Nil(d.w.t, f.Error, "%s: %s %v", d.user, method, params)
	if into != nil {
		require.NoError(d.w.t, json.Unmarshal(f.Result, into))
	}
}

// refused is a call that must fail for a reason.
func (d *device) refused(reason protocol.Reason, method string, params any) *protocol.Error {
	d.w.t.Helper()
	f := d.call(method, params)
	require.NotNil(d.w.t, f.Error, "%s: %s %v: %s", d.user, method, params, f.Result)
	require.Equal(d.w.t, reason, f.Error.Reason(), "%s: %s %v: %v", d.user, method, params, f.Error)
	return f.Error
}

// told takes the frames that came and were not looked at yet.
func (d *device) told() []frame {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]frame, len(d.texts))
	for i, text := range d.texts {
		require.NoError(d.w.t, json.Unmarshal(text, &out[i]))
	}
	d.texts = nil
	return out
}

// silent is a device that must not have been told anything.
func (d *device) silent() {
	d.w.t.Helper()
	require.Empty(d.w.t, d.summary())
}

// summary takes what came, one short line each.
func (d *device) summary() []string {
	out := []string{}
	for _, f := range d.told() {
		out = append(out, line(d.w.t, f))
	}
	return out
}

// line says what a notification is about, without ids and times.
func line(t *testing.T, f frame) string {
	decode := func(into any) { require.NoError(t, json.Unmarshal(f.Params, into)) }
	switch protocol.Method(f.Method) {
	case protocol.NotifyRelationChanged:
		var n protocol.RelationChanged
		decode(&n)
		other := ""
		if n.User != nil {
			other = n.User.ID
		}
		return fmt.Sprintf("relation rev=%d %s %s cause=%s notify=%t unseen=%d", n.Rev, other, n.Relation.State, n.Cause, n.Notify, n.Unseen)
	case protocol.NotifyPresenceChanged:
		var n protocol.PresenceChanged
		decode(&n)
		s := "presence"
		for _, p := range n.People {
			s += fmt.Sprintf(" %s=%s", p.UserID, p.Presence.Status)
			if p.Presence.Session != nil {
				s += "@" + p.Presence.Session.Name
			}
		}
		return s
	case protocol.NotifySessionRoster:
		var n protocol.SessionRoster
		decode(&n)
		s := fmt.Sprintf("roster v%d", n.Version)
		for _, m := range n.Joined {
			s += " +" + m.User.ID
		}
		for _, m := range n.Updated {
			s += fmt.Sprintf(" ~%s(%s,%t)", m.User.ID, m.Role, m.Connected)
		}
		for _, m := range n.Left {
			s += fmt.Sprintf(" -%s(%s)", m.UserID, m.Reason)
		}
		return s
	case protocol.NotifySessionEnded:
		var n protocol.SessionEnded
		decode(&n)
		return "ended " + string(n.Reason)
	case protocol.NotifySessionResync:
		var n protocol.SessionJoinResult
		decode(&n)
		return fmt.Sprintf("resync v%d members=%d missed=%t", n.Version, len(n.Members), n.Missed)
	case protocol.NotifySessionMessage:
		var n protocol.SessionMessage
		decode(&n)
		return fmt.Sprintf("message from=%s seq=%d %s %s", n.From, n.Seq, n.Kind, n.Data)
	case protocol.NotifyFocusChanged:
		var n protocol.Focus
		decode(&n)
		s := fmt.Sprintf("focus %s %s", n.Person.User.ID, n.Person.Relation.State)
		for _, a := range n.Actions {
			s += " " + string(a.Action)
			if !a.Enabled {
				s += "!" + string(a.Reason)
			}
		}
		return s
	}
	return f.Method + " " + string(f.Params)
}

// states takes the binary frames that came.
func (d *device) states() []protocol.StateFrame {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]protocol.StateFrame, len(d.binary))
	for i, b := range d.binary {
		f, err := protocol.ParseStates(b)
		require.NoError(d.w.t, err)
		out[i] = f
	}
	d.binary = nil
	return out
}

// hangUp closes cleanly: the device will not come back.
func (d *device) hangUp() {
	_ = d.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
	_ = d.conn.Close()
	synctest.Wait()
}

// drop cuts the wire without a word.
func (d *device) drop() {
	_ = d.conn.Close()
	synctest.Wait()
}

// closeCode waits for nothing and returns the close code that came, 0 for none.
func (d *device) closeCode() int {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
