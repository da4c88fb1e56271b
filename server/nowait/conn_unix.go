//go:build unix

package nowait

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// Dial returns dial with connections that are read and written without waiting calls. What is not the system's own, such as
// a connection that is encrypted, stays as it is.
func Dial(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return over(c), nil
	}
}

func over(c net.Conn) net.Conn {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return c
	}
	raw, err := c.(syscall.Conn).SyscallConn() //nolint:forcetypeassert // both are
	if err != nil {
		return c // closed, which the first call will tell
	}
	n := &conn{Conn: c, raw: raw}
	n.in.call, n.out.call = n.in.read, n.out.write
	return n
}

// conn is a connection whose raw calls are made here. Everything else is as the system's connection has it.
type conn struct {
	net.Conn

	raw     syscall.RawConn
	in, out attempt
}

// attempt is what is being read or written. It lives in a conn so that trying allocates nothing.
type attempt struct {
	mu   sync.Mutex // guards what follows
	call func(fd uintptr) bool
	p    []byte
	n    int
	err  error
}

// Read waits until there is something.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.carryOut(c.raw.Read, p)
	return n, c.named("read", err)
}

// Write waits until there was room for all of p.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.carryOut(c.raw.Write, p)
	return n, c.named("write", err)
}

// SyscallConn is for who looks, before using the connection again, whether something has come by it or its end.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return looked{c.raw}, nil }

// looked is a raw connection that is not read, by what may be a waiting call, while nothing has come.
type looked struct{ syscall.RawConn }

// Read calls f if there is something, or an end, and returns at once if there is not.
func (l looked) Read(f func(fd uintptr) bool) error {
	none := false
	err := l.Control(func(fd uintptr) { none = silent(int(fd)) })
	if none || err != nil {
		return err
	}
	return l.RawConn.Read(f)
}

// carryOut has wait make the call until that is done, again each time that it may get on.
func (a *attempt) carryOut(wait func(func(uintptr) bool) error, p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.p, a.n, a.err = p, 0, nil
	err := wait(a.call)
	a.p = nil
	if err != nil {
		return a.n, err
	}
	return a.n, a.err
}

// read reads what is there; false if nothing is.
func (a *attempt) read(fd uintptr) bool {
	for {
		a.n, a.err = Read(int(fd), a.p)
		if !errors.Is(a.err, syscall.EINTR) {
			return !errors.Is(a.err, syscall.EAGAIN)
		}
	}
}

// write writes what there is room for; false if something is left.
func (a *attempt) write(fd uintptr) bool {
	for len(a.p) > a.n {
		n, err := Write(int(fd), a.p[a.n:])
		a.n += n
		switch {
		case err == nil || errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return false
		default:
			a.err = err
			return true
		}
	}
	return true
}

// named returns the kernel's errors as the system's connections do.
func (c *conn) named(call string, err error) error {
	var errno syscall.Errno
	var told *net.OpError
	if err == nil || err == io.EOF || errors.As(err, &told) || !errors.As(err, &errno) { //nolint:errorlint // as the kernel said it
		return err
	}
	return &net.OpError{Op: call, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(call, errno)}
}
