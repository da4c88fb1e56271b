package ws

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// bare is a TCP connection that the runtime's poller does not know, which would wake up for each message though the watch
// does. Only once somebody has to wait for it, amid a message or for room to write, is it in that poller too.
type bare struct {
	mu    sync.RWMutex // guards what follows
	fd    int          // -1 once closed
	file  *os.File     // fd, in the runtime's poller; nil as long as nobody has had to wait
	until time.Time    // the read deadline; zero for none
}

// bareOf takes a connection over. Where it can't be done the connection stays as it is.
func bareOf(tcp *net.TCPConn) (net.Conn, syscall.RawConn) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return tcp, nil // closed, which the first write will tell
	}
	fd := -1
	err = raw.Control(func(old uintptr) { fd, _ = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil || fd < 0 {
		return tcp, raw
	}
	_ = tcp.Close() // the connection stays open, as fd is one too
	b := &bare{fd: fd}
	return b, rawBare{b}
}

// waiting returns the connection as one that can be waited for.
func (b *bare) waiting() (*os.File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fd < 0 {
		return nil, net.ErrClosed
	}
	if b.file == nil {
		b.file = os.NewFile(uintptr(b.fd), "")
		return b.file, b.file.SetReadDeadline(b.until)
	}
	return b.file, nil
}

// Read waits until there is something.
func (b *bare) Read(p []byte) (int, error) {
	f, err := b.waiting()
	if err != nil {
		return 0, err
	}
	return f.Read(p)
}

// Write waits until there is room for all of p.
func (b *bare) Write(p []byte) (int, error) {
	f, err := b.waiting()
	if err != nil {
		return 0, err
	}
	return f.Write(p)
}

// Close closes the connection. Who waits for it gets an error.
func (b *bare) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fd < 0 {
		return net.ErrClosed
	}
	fd := b.fd
	b.fd = -1
	if b.file != nil {
		return b.file.Close()
	}
	return unix.Close(fd)
}

// CloseWrite tells the device that nothing more comes.
func (b *bare) CloseWrite() error {
	var failed error
	err := rawBare{b}.Control(func(fd uintptr) { failed = unix.Shutdown(int(fd), unix.SHUT_WR) })
	if err != nil {
		return err
	}
	return failed
}

// SetDeadline sets both deadlines.
func (b *bare) SetDeadline(t time.Time) error {
	if err := b.SetReadDeadline(t); err != nil {
		return err
	}
	return b.SetWriteDeadline(t)
}

// SetReadDeadline bounds reading, be it under way.
func (b *bare) SetReadDeadline(t time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = t
	if b.file != nil && b.fd >= 0 {
		return b.file.SetReadDeadline(t)
	}
	return nil
}

// SetWriteDeadline bounds Write, be it under way.
func (b *bare) SetWriteDeadline(t time.Time) error {
	f, err := b.waiting()
	if err != nil {
		return err
	}
	return f.SetWriteDeadline(t)
}

// LocalAddr is not known: the request had it.
func (b *bare) LocalAddr() net.Addr { return nil }

// RemoteAddr is not known: the request had it.
func (b *bare) RemoteAddr() net.Addr { return nil }

// rawBare is a bare's descriptor. Functions that are called with it do not block.
type rawBare struct{ b *bare }

// Control calls f, unless the connection is closed.
func (r rawBare) Control(f func(fd uintptr)) error {
	r.b.mu.RLock()
	defer r.b.mu.RUnlock()
	if r.b.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(r.b.fd))
	return nil
}

// Read calls f until it answers true, again each time that there may be something to read.
func (r rawBare) Read(f func(fd uintptr) bool) error {
	if done, err := r.try(f); done || err != nil {
		return err
	}
	raw, err := r.waiting()
	if err != nil {
		return err
	}
	return raw.Read(f)
}

// waiting returns the descriptor as one that can be waited for.
func (r rawBare) waiting() (syscall.RawConn, error) {
	file, err := r.b.waiting()
	if err != nil {
		return nil, err
	}
	return file.SyscallConn()
}

// try calls f once, unless reading has to end.
func (r rawBare) try(f func(fd uintptr) bool) (done bool, err error) {
	r.b.mu.RLock()
	defer r.b.mu.RUnlock()
	switch {
	case r.b.fd < 0:
		return false, net.ErrClosed
	case !r.b.until.IsZero() && !time.Now().Before(r.b.until):
		return false, os.ErrDeadlineExceeded
	}
	return f(uintptr(r.b.fd)), nil
}

// Write calls f until it answers true, again each time that there may be room to write.
func (r rawBare) Write(f func(fd uintptr) bool) error {
	raw, err := r.waiting()
	if err != nil {
		return err
	}
	return raw.Write(f)
}
