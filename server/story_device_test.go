package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"foyer/protocol"
	"foyer/server/auth"
)

// device is a client of the raw protocol.
type device struct {
	w         *world
	user      string
	companion bool
	conn      *websocket.Conn
	hello     protocol.HelloResult
	nextID    int
	left      bool // hung up or dropped by the story
	pongless  atomic.Bool

	mu     sync.Mutex
	ledger ledger
	asleep chan struct{} // not nil: reads nothing until it is closed
	texts  [][]byte      // not looked at yet
	binary [][]byte
	closed int // close code, once it came
}

// dial opens a socket without a word, to the node whose turn it is.
func (w *world) dial() *device {
	d, err := w.dialWith(http.Header{"Sec-WebSocket-Protocol": {"foyer.v1"}})
	require.NoError(w.t, err)
	return d
}

func (w *world) dialWith(h http.Header) (*device, error) {
	n := w.nodes[w.turn%len(w.nodes)]
	w.turn++
	conn, response, err := n.network.Dialer().Dial("ws://foyer/v1/ws", h)
	if err != nil {
		if response != nil {
			seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
			w.retryAfter = time.Duration(seconds) * second
			return nil, refusedUpgrade(response.StatusCode)
		}
		return nil, err
	}
	d := &device{w: w, conn: conn}
	conn.SetPingHandler(func(data string) error {
		if d.pongless.Load() {
			return nil
		}
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(second))
	})
	w.devices = append(w.devices, d)
	go d.read()
	return d, nil
}

// refusedUpgrade is the HTTP status that a socket was refused with.
type refusedUpgrade int

func (r refusedUpgrade) Error() string { return strconv.Itoa(int(r)) }

func (d *device) read() {
	for {
		d.mu.Lock()
		asleep := d.asleep
		d.mu.Unlock()
		if asleep != nil {
			<-asleep
		}
		kind, b, err := d.conn.ReadMessage()
		d.mu.Lock()
		switch {
		case err != nil:
			d.closed = 1006
			var c *websocket.CloseError
			if errors.As(err, &c) {
				d.closed = c.Code
			}
			d.mu.Unlock()
			return
		case kind == websocket.BinaryMessage:
			d.ledger.states(b)
			d.binary = append(d.binary, b)
		default:
			d.ledger.received(b)
			d.texts = append(d.texts, b)
		}
		d.mu.Unlock()
	}
}

// arrives opens a socket and says hello as a user; edit may change the params.
func (w *world) arrives(user string, edit ...func(p map[string]any)) *device {
	w.t.Helper()
	d := w.dial()
	d.sayHello(user, edit...)
	return d
}

func (d *device) sayHello(user string, edit ...func(p map[string]any)) {
	d.w.t.Helper()
	d.user = user
	d.ok("hello", d.greeting(user, edit...), &d.hello)
}

// greeting returns hello's params.
func (d *device) greeting(user string, edit ...func(p map[string]any)) map[string]any {
	p := map[string]any{
		"token":  token(d.w.t, claims(user)),
		"client": map[string]any{"name": "story", "version": "1", "kind": "headset"},
	}
	for _, fn := range edit {
		fn(p)
	}
	d.companion, _ = p["client"].(map[string]any)["companion"].(bool)
	return p
}

func claims(user string) auth.Claims {
	return auth.Claims{Subject: user, Name: "Name of " + user, Username: user, Email: user + "@example.org", EmailVerified: true}
}

func withFeatures(user string, features ...string) auth.Claims {
	c := claims(user)
	c.Features = features
	return c
}

// with says hello with another token.
func with(t string) func(map[string]any) { return func(p map[string]any) { p["token"] = t } }

// kind says hello as a device of another kind.
func kind(k string) func(map[string]any) {
	return func(p map[string]any) { p["client"].(map[string]any)["kind"] = k }
}

// companion says hello as the tablet that follows its user's headset.
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
	d.w.t.Helper()
	return d.wait(d.ask(method, params))
}

// ask sends a request and returns its id, without waiting for anything.
func (d *device) ask(method string, params any) string {
	d.nextID++
	b, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": d.nextID, "method": method, "params": params})
	require.NoError(d.w.t, err)
	d.write(b)
	return strconv.Itoa(d.nextID)
}

// wait returns the answer to request id.
func (d *device) wait(id string) frame {
	d.w.t.Helper()
	synctest.Wait()
	for range 2000 { // a join waits for the roster's tick; time in the bubble costs nothing
		if f, came := d.answer(id); came {
			return f
		}
		pass(time.Millisecond)
	}
	require.FailNow(d.w.t, "no answer", "%s to request %s; closed %d", d.user, id, d.closeCode())
	return frame{}
}

// answer takes the answer to request id, if it has come.
func (d *device) answer(id string) (frame, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, text := range d.texts {
		if !bytes.HasPrefix(text, []byte(`{"jsonrpc":"2.0","id":`+id+`,`)) {
			continue
		}
		var f frame
		require.NoError(d.w.t, json.Unmarshal(text, &f), string(text))
		if string(f.ID) == id {
			d.texts = append(d.texts[:i:i], d.texts[i+1:]...)
			return f, true
		}
	}
	return frame{}, false
}

// write sends a text frame.
func (d *device) write(b []byte) {
	d.mu.Lock()
	d.ledger.sent(b)
	d.mu.Unlock()
	require.NoError(d.w.t, d.conn.WriteMessage(websocket.TextMessage, b))
}

// send writes a text frame and waits until everybody has nothing left to do.
func (d *device) send(text string) {
	d.write([]byte(text))
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

// wrong is a call whose params are bad, at field.
func (d *device) wrong(field, method string, params any) {
	d.w.t.Helper()
	f := d.call(method, params)
	require.NotNil(d.w.t, f.Error, "%s: %s %v: %s", d.user, method, params, f.Result)
	require.Equal(d.w.t, protocol.CodeInvalidParams, f.Error.Code, "%s %v: %v", method, params, f.Error)
	require.Equal(d.w.t, field, f.Error.Data.Field)
}

// raw takes the text frames that came and were not looked at yet.
func (d *device) raw() [][]byte {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.texts
	d.texts = nil
	return out
}

// told is raw, decoded.
func (d *device) told() []frame {
	texts := d.raw()
	out := make([]frame, len(texts))
	for i, text := range texts {
		require.NoError(d.w.t, json.Unmarshal(text, &out[i]), string(text))
	}
	return out
}

// silent is a device that must not have been told anything.
func (d *device) silent() {
	d.w.t.Helper()
	require.Empty(d.w.t, d.summary(), "told to %s", d.user)
}

// hears requires that a device was told exactly these things.
func (d *device) hears(lines ...string) {
	d.w.t.Helper()
	require.Equal(d.w.t, lines, d.summary(), "told to %s", d.user)
}

// forget is for what a story does not look at.
func forget(devices ...*device) {
	for _, d := range devices {
		d.raw()
		d.states()
	}
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
	d.wake()
	d.left = true
	_ = d.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
	_ = d.conn.Close()
	synctest.Wait()
}

// drop cuts the wire without a word.
func (d *device) drop() {
	d.left = true
	_ = d.conn.Close()
	synctest.Wait()
}

// sleep lets the device read nothing more, after the next frame at the latest.
func (d *device) sleep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asleep = make(chan struct{})
}

func (d *device) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asleep != nil {
		close(d.asleep)
		d.asleep = nil
	}
}

// closeCode returns the close code that came, 0 for none.
func (d *device) closeCode() int {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// there reports whether the device is still connected.
func (d *device) there() bool { return !d.left && d.closeCode() == 0 && d.hello.DeviceID != "" }
