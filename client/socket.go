package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

const (
	subprotocol  = "foyer.v1"
	helloTimeout = 10 * time.Second
	writeTimeout = 10 * time.Second
	// readLimit is far above what a server sends in one message: a page of a list, or a key frame.
	readLimit = 4 << 20
	// quietFor is how long a socket may be silent before hello has told the server's ping interval.
	quietFor = time.Minute
)

// CloseError says that the server closed the device.
type CloseError struct {
	Code   protocol.CloseCode
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("closed by the server: %d %s", e.Code, e.Reason)
}

// endpoint returns the WebSocket address that a given one means.
func endpoint(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("server address: %w", err)
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	case "ws", "wss":
	default:
		return "", fmt.Errorf("server address %q: want ws, wss, http or https", address)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/ws"
	}
	return u.String(), nil
}

// writeBuffers are shared by all clients of a program: a bot that is silent holds none.
var writeBuffers sync.Pool

func newDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) *websocket.Dialer {
	return &websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		NetDialContext:   dial,
		Subprotocols:     []string{subprotocol},
		HandshakeTimeout: helloTimeout,
		ReadBufferSize:   1024,
		WriteBufferPool:  &writeBuffers,
	}
}

// write sends one frame; the caller holds Client.writing or is alone. A socket that cannot be written to is broken, so
// that its reader notices.
func write(socket *websocket.Conn, kind int, frame []byte) bool {
	_ = socket.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err := socket.WriteMessage(kind, frame); err != nil {
		_ = socket.NetConn().Close()
		return false
	}
	return true
}

// goodbye ends a socket cleanly, as far as it still can.
func goodbye(socket *websocket.Conn) {
	message := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = socket.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
	_ = socket.Close()
}

// connect makes one attempt to be online: it dials, says hello and takes in the answer.
func (c *Client) connect(ctx context.Context) (*websocket.Conn, ending) {
	ctx, cancel := context.WithTimeout(ctx, 2*helloTimeout)
	defer cancel()
	stop := context.AfterFunc(c.ctx, cancel)
	defer stop()

	token, err := c.o.Token(ctx)
	if err != nil {
		return nil, ending{err: fmt.Errorf("token: %w", err)}
	}
	refusedBefore := token == c.token
	c.token = token

	socket, response, err := c.dialer.DialContext(ctx, c.url, nil) //nolint:bodyclose // gorilla's needs no closing
	if err != nil {
		return nil, refusedUpgrade(response, err)
	}
	hello, err := c.greet(ctx, socket, token)
	if err != nil {
		e := endingOf(err)
		e.sameToken = refusedBefore
		_ = socket.Close()
		return nil, e
	}
	c.welcomed(socket, hello)
	return socket, ending{}
}

// refusedUpgrade tells a server that is busy from one that doesn't want this client.
func refusedUpgrade(response *http.Response, err error) ending {
	if response == nil {
		return ending{err: err}
	}
	e := ending{err: fmt.Errorf("%w: %s", err, response.Status)}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		e.wait = time.Duration(seconds) * time.Second
	}
	switch response.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		e.final = true
	}
	return e
}

// greet says hello and reads until its answer.
func (c *Client) greet(ctx context.Context, socket *websocket.Conn, token string) (hello protocol.HelloResult, err error) {
	stop := context.AfterFunc(ctx, func() { _ = socket.NetConn().Close() })
	defer stop()
	socket.SetReadLimit(readLimit)
	_ = socket.SetReadDeadline(time.Now().Add(helloTimeout))

	params := protocol.HelloParams{
		Token:  token,
		Client: &protocol.HelloClient{Client: c.o.Client, States: c.o.States},
	}
	if c.epoch != "" {
		params.Resume = &protocol.Resume{Epoch: c.epoch, Rev: c.rev, DeviceID: c.device}
	}
	frame, err := encode(0, protocol.MethodHello, params)
	if err != nil {
		return hello, err
	}
	if !write(socket, websocket.TextMessage, frame) {
		return hello, errors.New("hello could not be written")
	}
	_, frame, err = socket.ReadMessage()
	if err != nil {
		return hello, err
	}
	m, err := protocol.ParseServerFrame(frame)
	switch {
	case err != nil:
		return hello, err
	case m.Error != nil:
		return hello, m.Error
	case !m.IsResponse():
		return hello, fmt.Errorf("%s came before the answer to hello", m.Method)
	}
	return hello, json.Unmarshal(m.Result, &hello)
}

// welcomed takes in the answer to hello and lets calls use the socket.
func (c *Client) welcomed(socket *websocket.Conn, hello protocol.HelloResult) {
	quiet := quietFor
	if hello.Limits.PingMS > 0 {
		quiet = 2*time.Duration(hello.Limits.PingMS)*time.Millisecond + 10*time.Second
	}
	alive := func() { _ = socket.SetReadDeadline(time.Now().Add(quiet)) }
	alive()
	pong := socket.PingHandler()
	socket.SetPingHandler(func(data string) error { alive(); return pong(data) })

	c.mu.Lock()
	c.hello, c.epoch, c.device = hello, hello.Epoch, hello.DeviceID
	if !hello.Resumed {
		c.rev = hello.Rev
	}
	joined := c.joined
	c.mu.Unlock()

	c.events.add(&Online{Hello: hello, Fresh: !hello.Resumed})
	if joined != nil && !c.o.Client.Companion {
		c.rejoin(*joined)
	}
	c.goOnline(socket)
}
