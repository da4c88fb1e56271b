package app

import (
	"bufio"
	"bytes"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"foyer/server/ws"
)

// entrance is a listener that answers the plain requests to become a WebSocket by itself, through the same handler:
// nearly all are plain, and the buffers and goroutines that the HTTP server has for each were a good part of what letting
// a device in costs. Whoever sends anything else, or sends it in pieces, is handed on to the HTTP server with what was
// read put back. So nothing but the HTTP server decides about what is odd.
type entrance struct {
	net.Listener
	handler http.Handler
	room    *waitingRoom
	log     *stdlog.Logger
	others  chan net.Conn // for the HTTP server
	failed  chan error    // of the listener
	done    chan struct{} // closed by Close
	once    sync.Once
}

// enterBy returns a listener for front, in place of l.
func enterBy(l net.Listener, front *http.Server, room *waitingRoom) net.Listener {
	e := &entrance{
		Listener: l, handler: front.Handler, room: room, log: front.ErrorLog,
		others: make(chan net.Conn), failed: make(chan error), done: make(chan struct{}),
	}
	go e.run()
	return e
}

func (e *entrance) run() {
	for {
		c, err := e.Listener.Accept()
		if err == nil {
			go e.meet(c)
			continue
		}
		select {
		case e.failed <- err: // the HTTP server knows whether to wait a moment or to give up
		case <-e.done:
			return
		}
	}
}

// Accept returns the next connection that the HTTP server has to see to.
func (e *entrance) Accept() (net.Conn, error) {
	select {
	case c := <-e.others:
		return c, nil
	case err := <-e.failed:
		return nil, err
	case <-e.done:
		return nil, net.ErrClosed
	}
}

// Close ends the listener and whoever is no device yet.
func (e *entrance) Close() error {
	err := e.Listener.Close()
	e.once.Do(func() { close(e.done) })
	e.room.clear()
	return err
}

// guest is what is needed to read one request.
type guest struct {
	first [4096]byte    // longer requests are the HTTP server's
	none  *bufio.Reader // for whoever takes the connection over: nothing is left to read
	out   *bufio.Writer // of whoever takes the connection over, while it is answered
}

var guests = sync.Pool{New: func() any { return &guest{none: bufio.NewReaderSize(nil, 16), out: bufio.NewWriterSize(nil, 512)} }}

// meet reads what a connection sends first.
func (e *entrance) meet(c net.Conn) {
	ws.Deepen()
	e.room.changed(c, http.StateNew)
	g := guests.Get().(*guest)
	defer guests.Put(g)
	n, err := e.read(c, g.first[:])
	if err != nil {
		e.end(c)
		return
	}
	r := plain(g.first[:n])
	if r == nil {
		e.handOn(c, g.first[:n])
		return
	}
	r.RemoteAddr = c.RemoteAddr().String()
	g.out.Reset(c)
	e.answer(c, r, bufio.NewReadWriter(g.none, g.out))
	g.out.Reset(nil)
}

func (e *entrance) read(c net.Conn, p []byte) (int, error) {
	select {
	case <-e.done: // the room may have been cleared before c was in it
		return 0, net.ErrClosed
	default:
	}
	if err := c.SetReadDeadline(time.Now().Add(headerTime)); err != nil {
		return 0, err
	}
	return c.Read(p)
}

func (e *entrance) end(c net.Conn) {
	_ = c.Close() // whoever it was is gone, or has to go
	e.room.changed(c, http.StateClosed)
}

// handOn leaves c to the HTTP server.
func (e *entrance) handOn(c net.Conn, first []byte) {
	e.room.changed(c, http.StateClosed) // the HTTP server counts it anew
	_ = c.SetReadDeadline(time.Time{})  // fails on a dead connection, which the HTTP server finds too
	select {
	case e.others <- &begun{Conn: c, first: bytes.Clone(first)}:
	case <-e.done:
		_ = c.Close() // it would have been closed by the HTTP server
	}
}

// answer has the handler answer r, on a connection that is good for nothing else. rest is valid until it returns.
func (e *entrance) answer(c net.Conn, r *http.Request, rest *bufio.ReadWriter) {
	w := &reply{conn: c, rest: rest, room: e.room, header: http.Header{}}
	defer func() {
		if p := recover(); p != nil {
			e.log.Printf("http: panic serving %v: %v\n%s", r.RemoteAddr, p, debug.Stack())
			e.end(c)
		}
	}()
	e.handler.ServeHTTP(w, r)
	if w.taken {
		return
	}
	w.send(r)
	e.end(c)
}

// reply is a ResponseWriter for one short answer, or for none.
type reply struct {
	conn   net.Conn
	rest   *bufio.ReadWriter // with nothing in it
	room   *waitingRoom
	header http.Header
	status int
	body   bytes.Buffer
	taken  bool
}

func (w *reply) Header() http.Header { return w.header }

func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *reply) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Hijack implements http.Hijacker.
func (w *reply) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.taken {
		return nil, nil, http.ErrHijacked
	}
	w.taken = true
	w.room.changed(w.conn, http.StateHijacked)
	return w.conn, w.rest, w.conn.SetReadDeadline(time.Time{})
}

// lingerTime is how long whoever was answered may take to close, so that the answer isn't lost to what it still sends.
const lingerTime = 500 * time.Millisecond

// send writes the answer and ends the connection.
func (w *reply) send(r *http.Request) {
	w.WriteHeader(http.StatusOK)
	w.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	res := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: r, Close: true,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
	var out bytes.Buffer
	if res.Write(&out) != nil || w.conn.SetWriteDeadline(time.Now().Add(answerTime)) != nil {
		return
	}
	if _, err := w.conn.Write(out.Bytes()); err != nil {
		return
	}
	half, ok := w.conn.(interface{ CloseWrite() error })
	if ok && half.CloseWrite() == nil && w.conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(w.conn, headerBytes)) // however this ends, the connection is closed next
	}
}

// begun is a connection of which the beginning was read and put back.
type begun struct {
	net.Conn
	first []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) == 0 {
		return b.Conn.Read(p)
	}
	n := copy(p, b.first)
	b.first = b.first[n:]
	return n, nil
}

// CloseWrite ends what is written, if the connection can do so.
func (b *begun) CloseWrite() error {
	if half, ok := b.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Plain returns the connection itself, once all that was put back has been read; else b.
func (b *begun) Plain() net.Conn {
	if len(b.first) > 0 {
		return b
	}
	return b.Conn
}
