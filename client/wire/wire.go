// Package wire is a socket to a Foyer server without manners: frames go out as they are and come in as they come. Tests
// use it to say what no client would, and `foyer talk` to let a person speak the protocol by hand.
//
// It keeps nothing, retries nothing and checks nothing. A Socket is for one reader and one writer at a time.
package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"foyer/protocol"

	"github.com/gorilla/websocket"
)

// Subprotocol is the one that version 1 offers.
const Subprotocol = "foyer.v1"

// writeTimeout is how long a peer that doesn't read is waited for.
const writeTimeout = 10 * time.Second

// Options shape the upgrade.
type Options struct {
	Header       http.Header // added to the request, such as Authorization or Origin
	Subprotocols []string    // Subprotocol alone when nil; none when empty
	NetDial      func(ctx context.Context, network, address string) (net.Conn, error)
	ReadBuffer   int // bytes that an open socket holds; 4096 when 0. Longer frames pass through it
}

// writeBuffers are shared by all sockets of a program: one that is silent holds none.
var writeBuffers sync.Pool

// RefusedError says that the upgrade was answered with something else.
type RefusedError struct {
	Status int
	Header http.Header
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("upgrade refused: %d %s", e.Status, http.StatusText(e.Status))
}

// ClosedError says with which code the server closed the socket; 1006 if it just broke.
type ClosedError struct {
	Code   protocol.CloseCode
	Reason string
}

func (e *ClosedError) Error() string { return fmt.Sprintf("closed: %d %s", e.Code, e.Reason) }

// Frame is one message of the WebSocket.
type Frame struct {
	Binary bool
	Data   []byte
}

// Socket is an open WebSocket.
type Socket struct{ conn *websocket.Conn }

// Dial opens a socket to a ws or wss address. It returns a *RefusedError if the server answered otherwise.
func Dial(ctx context.Context, url string, o Options) (*Socket, error) {
	protocols := o.Subprotocols
	if protocols == nil {
		protocols = []string{Subprotocol}
	}
	d := websocket.Dialer{
		Subprotocols: protocols, NetDialContext: o.NetDial, HandshakeTimeout: writeTimeout,
		ReadBufferSize: o.ReadBuffer, WriteBufferPool: &writeBuffers,
	}
	conn, response, err := d.DialContext(ctx, url, o.Header) //nolint:bodyclose // gorilla's needs no closing
	switch {
	case response != nil && response.StatusCode != http.StatusSwitchingProtocols:
		return nil, &RefusedError{response.StatusCode, response.Header}
	case err != nil:
		return nil, fmt.Errorf("dial %s: %w", url, err)
	}
	return &Socket{conn}, nil
}

// Subprotocol returns the one that the server chose, or "".
func (s *Socket) Subprotocol() string { return s.conn.Subprotocol() }

// Read returns the next frame. The error is a *ClosedError at the end; a ctx that ends before breaks the socket.
func (s *Socket) Read(ctx context.Context) (Frame, error) {
	stop := context.AfterFunc(ctx, s.Drop)
	defer stop()
	kind, data, err := s.conn.ReadMessage()
	switch {
	case err == nil:
		return Frame{Binary: kind == websocket.BinaryMessage, Data: data}, nil
	case ctx.Err() != nil:
		return Frame{}, ctx.Err()
	}
	return Frame{}, closedBy(err)
}

// frames are shared by all sockets that are read by Each: one to which nothing comes holds none.
var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Each hands every frame that comes to take, whose Data is good until take returns, and returns the *ClosedError at the
// end. A socket costs no buffer beside Options.ReadBuffer while nothing comes.
func (s *Socket) Each(take func(Frame)) error {
	for {
		kind, r, err := s.conn.NextReader()
		if err != nil {
			return closedBy(err)
		}
		data := frames.Get().(*bytes.Buffer)
		data.Reset()
		if _, err := data.ReadFrom(r); err != nil {
			return closedBy(err)
		}
		take(Frame{Binary: kind == websocket.BinaryMessage, Data: data.Bytes()})
		frames.Put(data)
	}
}

// closedBy returns the *ClosedError that an error of reading means.
func closedBy(err error) error {
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		return &ClosedError{protocol.CloseCode(closed.Code), closed.Text}
	}
	return &ClosedError{websocket.CloseAbnormalClosure, err.Error()}
}

// Write sends a frame as it is.
func (s *Socket) Write(f Frame) error {
	kind := websocket.TextMessage
	if f.Binary {
		kind = websocket.BinaryMessage
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	return s.conn.WriteMessage(kind, f.Data)
}

// Text sends a text frame.
func (s *Socket) Text(text string) error { return s.Write(Frame{Data: []byte(text)}) }

// Close says goodbye with a code and ends the socket without waiting for an answer.
func (s *Socket) Close(code protocol.CloseCode) {
	message := websocket.FormatCloseMessage(int(code), "")
	_ = s.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second))
	_ = s.conn.Close()
}

// Drop breaks the connection without a goodbye.
func (s *Socket) Drop() { _ = s.conn.NetConn().Close() }
