// Package wstest is a network in memory, for tests in a testing/synctest bubble, where real sockets don't work. It
// serves an http.Server and dials it; each connection is a net.Pipe, so a device that does not read blocks its writer at
// once.
package wstest

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

// Network is a listener and the way to reach it.
type Network struct {
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

// NewNetwork returns an open network.
func NewNetwork() *Network {
	return &Network{accept: make(chan net.Conn), done: make(chan struct{})}
}

// Accept waits for a dialled connection.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.accept:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept; open connections stay.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

// Addr is a made-up address.
func (n *Network) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }

// DialContext connects to the listener, whatever the address.
func (n *Network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.accept <- far:
		return near, nil
	case <-n.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Dialer returns gorilla's dialer on this network. Dial it with any ws:// address.
func (n *Network) Dialer() *websocket.Dialer {
	return &websocket.Dialer{NetDialContext: n.DialContext}
}

// Client returns an HTTP client on this network that keeps no connection open.
func (n *Network) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: n.DialContext, DisableKeepAlives: true}}
}
