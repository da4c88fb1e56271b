//go:build unix

package ws

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// attempt writes to a socket once, without waiting for room. It lives in a wire so that trying allocates nothing.
type attempt struct {
	fn    func(fd uintptr) bool
	ready func(fd uintptr) bool
	p     []byte
	n     int
	err   error
}

func (a *attempt) bind() { a.fn, a.ready = a.once, readable }

// readable reports whether reading from a socket would not wait.
func readable(fd uintptr) bool {
	ask := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(ask[:], 0)
	return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
}

func (a *attempt) once(fd uintptr) bool {
	for {
		a.n, a.err = syscall.Write(int(fd), a.p)
		if !errors.Is(a.err, syscall.EINTR) {
			return true
		}
	}
}

// write answers how many bytes of p the kernel took at once: all, some or none.
func (a *attempt) write(raw syscall.RawConn, p []byte) (int, error) {
	a.p = p
	err := raw.Write(a.fn)
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

// boundSendBuffer sets the send buffer of a listening socket, which the accepted ones inherit.
func boundSendBuffer(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBuffer)
	})
	return errors.Join(err, failed)
}
