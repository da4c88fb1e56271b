package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// ErrClosed is returned by calls on a client that has ended; Err has the reason.
var ErrClosed = errors.New("client is closed")

// ErrInterrupted is returned by a call whose socket broke before its answer came and that cannot safely be sent again:
// it may or may not have been carried out.
var ErrInterrupted = errors.New("connection lost before the answer came")

// TokenSource returns a token that is good now. It is asked at every connect, and when the token in use is about to end
// or was refused.
type TokenSource func(context.Context) (string, error)

// StaticToken returns a source of always the same token; the client ends when that does.
func StaticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

// Options say where to connect, as whom, and who is told of what. URL and Token are required.
type Options struct {
	// URL is the server's, as ws://host:port/v1/ws, or only http://host:port.
	URL   string
	Token TokenSource
	// Client describes this program; a bot called "go" unless told.
	Client protocol.Client
	// States asks for the state lane on a companion device; other devices always have it.
	States bool
	// Resume continues an earlier program's view, as its Client.Resume returned it.
	Resume *protocol.Resume

	// OnEvent is called for every notification and for what becomes of the socket, one at a time and in order, on a
	// goroutine of its own; the first time maybe before Dial has returned. Events wait in memory while it runs.
	OnEvent func(*Client, Event)
	// OnStates is called for each frame of the state lane, on the reading goroutine: it must be quick and must not make
	// calls. The frame is valid until it returns.
	OnStates func(frame []byte)

	// CallTimeout bounds a call whose context has no deadline: 15 s unless told.
	CallTimeout time.Duration
	// WithoutOpIDs sends durable calls as they are, for load tests: such a call is not repeated.
	WithoutOpIDs bool
	// NetDial opens the network connection, for tests without a network; the net package's unless given.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is one device. Its methods may be called from any goroutine.
type Client struct {
	o      Options
	url    string
	dialer *websocket.Dialer
	events *queue
	ctx    context.Context // ends with the client
	cancel context.CancelFunc
	done   chan struct{} // closed when all goroutines have ended

	background sync.WaitGroup // what is done beside reading; started by the reading goroutine

	// writing is held while a frame is written, and taken before mu.
	writing sync.Mutex

	mu      sync.Mutex // guards what follows
	socket  *websocket.Conn
	hello   protocol.HelloResult
	epoch   string
	rev     int64 // of the newest notification taken in
	device  string
	joined  *protocol.SessionJoinParams      // the session to go back to
	wanted  *protocol.SessionSubscribeParams // whose states to ask for there; nil for everybody's
	pending map[int64]*pending
	lastID  int64
	err     error

	// owned by the goroutine that connects and reads
	token    string
	draining time.Time // not back before
}

// Dial connects, says hello and returns once that was answered. It tries once; the returned error is a *protocol.Error
// when hello was refused. Later the client comes back by itself until Close, or until coming back makes no sense (see
// Err). The end of ctx later has no effect.
func Dial(ctx context.Context, o Options) (*Client, error) {
	address, err := endpoint(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Token == nil {
		return nil, errors.New("options without a token source")
	}
	if o.Client == (protocol.Client{}) {
		o.Client = protocol.Client{Name: "go", Version: "1", Kind: protocol.KindBot}
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = 15 * time.Second
	}
	c := &Client{
		o:       o,
		url:     address,
		dialer:  newDialer(o.NetDial),
		events:  newQueue(),
		done:    make(chan struct{}),
		pending: map[int64]*pending{},
	}
	if o.Resume != nil {
		c.epoch, c.rev, c.device = o.Resume.Epoch, o.Resume.Rev, o.Resume.DeviceID
	}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	socket, ended := c.connect(ctx)
	if socket == nil {
		c.cancel()
		return nil, fmt.Errorf("dial %s: %w", address, ended.err)
	}
	go c.live(socket)
	return c, nil
}

// live runs the client's goroutines until both have ended.
func (c *Client) live(socket *websocket.Conn) {
	defer close(c.done)
	handler := make(chan struct{})
	go func() {
		defer close(handler)
		c.events.deliver(func(e Event) {
			if c.o.OnEvent != nil {
				c.o.OnEvent(c, e)
			}
		})
	}()
	c.run(socket)
	c.background.Wait()
	<-handler
}

// Close ends the device at once and cleanly, so that its user is seen to leave without a grace. It does not wait for a
// handler that is running; Done does.
func (c *Client) Close() {
	c.finish(ErrClosed)
}

// Drop breaks the socket without a goodbye, as a failing network would. The client comes back and resumes. For tests
// and load tests.
func (c *Client) Drop() {
	c.mu.Lock()
	socket := c.socket
	c.mu.Unlock()
	if socket != nil {
		_ = socket.NetConn().Close()
	}
}

// Done is closed when the client has ended, by Close or for good, and its handler has returned.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns why the client has ended: ErrClosed after Close, else the last refusal or close code. It returns nil before.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Hello returns the newest answer to hello.
func (c *Client) Hello() protocol.HelloResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hello
}

// User returns who this device belongs to.
func (c *Client) User() protocol.User { return c.Hello().User }

// Resume returns what another client needs to continue this one's view: all that OnEvent has been given or will be.
func (c *Client) Resume() protocol.Resume {
	c.mu.Lock()
	defer c.mu.Unlock()
	return protocol.Resume{Epoch: c.epoch, Rev: c.rev, DeviceID: c.device}
}

// finish ends the client for the reason given; only the first reason counts.
func (c *Client) finish(reason error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = reason
	socket := c.socket
	c.socket = nil
	waiting := c.pending
	c.pending = map[int64]*pending{}
	c.mu.Unlock()
	for _, p := range waiting {
		p.answer(answer{err: ErrClosed})
	}
	c.cancel()
	if socket != nil {
		goodbye(socket)
	}
	c.events.close(errors.Is(reason, ErrClosed))
}
