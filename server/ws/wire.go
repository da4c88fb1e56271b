package ws

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

const (
	stallStep = time.Second     // how often a blocked write looks at the clock
	hurryTime = 2 * time.Second // how long a closing device may keep the last bytes waiting
	chunk     = 16 << 10        // what is written at once when the device is slow
)

var errStalled = errors.New("device takes no bytes")

// wire is the network under gorilla's connection, which reads from it; what is sent goes past gorilla, framed already. It
// decides how long a device may take: deadlines exist only while a write is blocked, so that an idle or quick device has no timer.
type wire struct {
	net.Conn
	raw   syscall.RawConn // nil where a write can't be tried without blocking
	stall time.Duration   // a device that takes nothing for so long is too slow
	hurry atomic.Bool     // the socket is closing

	ready   func(fd uintptr) bool // whether reading would not wait
	reading attempt               // owned by who reads, as ahead
	ahead   []byte                // read before, and still to be taken

	mu      sync.Mutex // guards what follows, and the order of the bytes
	ended   bool       // gorilla has sent a close frame
	rest    []byte     // taken but not yet written
	broken  error      // a write that ended in the middle of a frame: nothing can follow it
	writing attempt
}

// newWire wraps a connection that the HTTP server gave up.
func newWire(c net.Conn, stall time.Duration) *wire {
	w := &wire{Conn: c, stall: stall}
	if tcp, ok := c.(*net.TCPConn); ok {
		w.Conn, w.raw = bareOf(tcp)
		w.bind()
	}
	return w
}

// SetWriteDeadline does nothing: wire sets its own.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline sets the read deadline alone.
func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }

// Write is gorilla's way to the network: for the answer to the upgrade, and for the close frame with which it answers a
// breach of RFC 6455.
func (w *wire) Write(p []byte) (int, error) {
	const closing = 0x80 | websocket.CloseMessage
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = w.ended || len(p) > 0 && p[0] == closing
	return len(p), w.writeLocked(p)
}

// send writes whole frames, unless gorilla has sent a close frame: then it answers websocket.ErrCloseSent.
func (w *wire) send(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return websocket.ErrCloseSent
	}
	return w.writeLocked(p)
}

func (w *wire) writeLocked(p []byte) error {
	if w.broken != nil {
		return w.broken
	}
	if len(w.rest) > 0 {
		w.rest = append(w.rest, p...)
		return nil
	}
	if w.raw != nil {
		n, err := w.writing.write(w.raw, p)
		if err != nil || n == len(p) {
			w.broken = err
			return err
		}
		p = p[n:]
	}
	w.broken = w.push(p)
	return w.broken
}

// offer writes whole frames as far as the kernel has room for them, without blocking. It answers true if something is
// left, which drain must write.
func (w *wire) offer(frames []*Frame) (left bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended:
		return false, websocket.ErrCloseSent
	case w.broken != nil:
		return false, w.broken
	}
	n, err := w.writing.writeAll(w.raw, frames)
	w.broken = err
	if err != nil {
		return false, err
	}
	for _, f := range frames {
		taken := min(n, len(f.framed))
		w.rest = append(w.rest, f.framed[taken:]...)
		n -= taken
	}
	return len(w.rest) > 0, nil
}

// drain writes what offer left over.
func (w *wire) drain() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.rest
	w.rest = nil
	return w.writeLocked(rest)
}

// push writes p to a device that may not be reading. It gives up with errStalled after w.stall without a byte taken.
func (w *wire) push(p []byte) error {
	defer func() { _ = w.Conn.SetWriteDeadline(time.Time{}) }() // fails only on a dead socket
	encrypted, step := w.encrypted(), stallStep
	if encrypted {
		step = w.stall // a TLS write that timed out can't be resumed
	}
	last := time.Now()
	for len(p) > 0 {
		if err := w.Conn.SetWriteDeadline(time.Now().Add(step)); err != nil {
			return err
		}
		n, err := w.Conn.Write(p[:min(len(p), chunk)])
		p = p[n:]
		now := time.Now()
		if n > 0 {
			last = now
		}
		switch {
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case encrypted, now.Sub(last) >= w.patience():
			return errStalled
		}
	}
	return nil
}

func (w *wire) encrypted() bool {
	_, yes := w.Conn.(*tls.Conn)
	return yes
}

// hasten leaves a blocked write little time from now on: the socket is closing.
func (w *wire) hasten() {
	w.hurry.Store(true)
	if w.encrypted() {
		_ = w.Conn.SetWriteDeadline(time.Now().Add(w.patience())) // fails only on a dead socket
	}
}

func (w *wire) patience() time.Duration {
	if w.hurry.Load() {
		return min(hurryTime, w.stall)
	}
	return w.stall
}

// doze waits until there is something to read, or reading ends; it takes nothing. It needs little stack, which is what an
// idle device costs. Where that can't be done it returns at once, and reading waits.
func (w *wire) doze() {
	if w.raw != nil {
		_ = w.raw.Read(w.ready) // the read that follows meets the same error
	}
}

// closeWrite tells the device that nothing more comes, while what it still sends can be read.
func (w *wire) closeWrite() {
	if c, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite() // a device that is gone already need not be told
	}
}
