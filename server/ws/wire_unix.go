//go:build unix

package ws

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"foyer/server/nowait"
)

// attempt writes to a socket once, without waiting for room, or reads from it. It lives in a wire so that trying
// allocates nothing.
type attempt struct {
	put func(fd uintptr)      // is once
	get func(fd uintptr) bool // is take
	p   []byte
	all []*Frame // is to be written instead of p
	n   int
	err error
}

func (w *wire) bind() {
	w.writing.put, w.reading.get, w.ready = w.writing.once, w.reading.take, readable
}

// readable reports whether reading from a socket would not wait.
func readable(fd uintptr) bool {
	ask := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(ask[:], 0)
	return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
}

// once writes what there is room for.
func (a *attempt) once(fd uintptr) {
	for {
		if a.all == nil {
			a.n, a.err = nowait.Write(int(fd), a.p)
		} else {
			a.n, a.err = tryWriteAll(int(fd), a.all)
		}
		if !errors.Is(a.err, syscall.EINTR) {
			return
		}
	}
}

// writeAll is write for frames, which are not copied for it.
func (a *attempt) writeAll(raw syscall.RawConn, frames []*Frame) (int, error) {
	if len(frames) == 1 {
		return a.write(raw, frames[0].framed)
	}
	a.all = frames
	n, err := a.write(raw, nil)
	a.all = nil
	return n, err
}

// write answers how many bytes of p the kernel took at once: all, some or none.
func (a *attempt) write(raw syscall.RawConn, p []byte) (int, error) {
	a.p = p
	err := raw.Control(a.put) // not Write, which makes ready to wait
	a.p = nil
	switch {
	case err != nil:
		return 0, err
	case errors.Is(a.err, syscall.EAGAIN):
		return 0, nil
	case a.err != nil:
		return 0, a.err
	}
	return a.n, nil
}

// take reads what is there; false if nothing is.
func (a *attempt) take(fd uintptr) bool {
	for {
		a.n, a.err = nowait.Read(int(fd), a.p)
		if !errors.Is(a.err, syscall.EINTR) {
			return !errors.Is(a.err, syscall.EAGAIN)
		}
	}
}

// Read reads what there is, and waits until there is something.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.ahead) > 0 {
		n := copy(p, w.ahead)
		if w.ahead = w.ahead[n:]; len(w.ahead) == 0 {
			w.ahead = nil
		}
		return n, nil
	}
	if w.raw == nil {
		return w.Conn.Read(p)
	}
	a := &w.reading
	a.p = p
	err := w.raw.Read(a.get)
	a.p = nil
	if err != nil {
		return 0, err
	}
	return a.n, a.err
}

// boundSendBuffer sets the send buffer of a listening socket, which the accepted ones inherit.
func boundSendBuffer(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBuffer)
	})
	return errors.Join(err, failed)
}
