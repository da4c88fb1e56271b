package ws

import (
	"errors"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// watch waits for many silent sockets at once, so that none of them needs a goroutine. It has one of its own, which waits
// as any reader does: the runtime's poller is told when this one's own poller has something.
type watch struct {
	file *os.File        // the poller, an epoll
	raw  syscall.RawConn // of file

	ended chan struct{}

	mu       sync.Mutex // guards what follows
	epoll    int        // the poller's descriptor; -1 once closed
	sleepers []sleeper  // by file descriptor
	turn     uint32     // raised with each sleeper: what the poller still says of one before is old
}

type sleeper struct {
	socket *Socket
	turn   uint32
}

// newWatch starts a watch. An error means that this system has none, and sockets wait by themselves.
func newWatch() (*watch, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that the runtime waits for it, not a thread
		return nil, errors.Join(err, unix.Close(fd))
	}
	w := &watch{file: os.NewFile(uintptr(fd), "epoll"), epoll: fd, ended: make(chan struct{})}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	go w.run()
	return w, nil
}

// run wakes sockets that have something to read, until the watch is closed.
func (w *watch) run() {
	defer close(w.ended)
	var events [64]unix.EpollEvent
	for {
		n := 0
		err := w.raw.Read(func(fd uintptr) bool {
			n, _ = tryPoll(int(fd), events[:]) // interrupted or not, what is ready stays so
			return n > 0
		})
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			if s := w.sleeping(e.Fd, uint32(e.Pad)); s != nil { // #nosec G115 -- the bits that arm put there
				s.wake()
			}
		}
	}
}

func (w *watch) sleeping(fd int32, turn uint32) *Socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	if int(fd) < len(w.sleepers) && w.sleepers[fd].turn == turn {
		return w.sleepers[fd].socket
	}
	return nil
}

// arm has s woken once when there is something to read, be it the end. It reports whether it will be.
func (w *watch) arm(s *Socket) bool {
	armed := false
	err := s.wire.raw.Control(func(fd uintptr) { armed = w.armFD(int(fd), s) })
	return err == nil && armed
}

func (w *watch) armFD(fd int, s *Socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.epoll < 0 {
		return false
	}
	for len(w.sleepers) <= fd {
		w.sleepers = append(w.sleepers, sleeper{})
	}
	op, seat := unix.EPOLL_CTL_MOD, &w.sleepers[fd]
	if seat.socket != s {
		op = unix.EPOLL_CTL_ADD
		w.turn++
		*seat = sleeper{s, w.turn}
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(fd), Pad: int32(seat.turn)} // #nosec G115 -- bits
	return unix.EpollCtl(w.epoll, op, fd, &event) == nil
}

// forget takes a socket out that is about to be closed.
func (w *watch) forget(s *Socket) {
	_ = s.wire.raw.Control(func(fd uintptr) { // fails on a socket that is closed already, which the poller knows
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.epoll >= 0 && int(fd) < len(w.sleepers) && w.sleepers[fd].socket == s {
			w.sleepers[fd] = sleeper{}
			_ = unix.EpollCtl(w.epoll, unix.EPOLL_CTL_DEL, int(fd), nil) // fails where nothing is to be done
		}
	})
}

// close ends the watch. Who sleeps is not woken.
func (w *watch) close() {
	w.mu.Lock()
	w.epoll, w.sleepers = -1, nil
	w.mu.Unlock()
	_ = w.file.Close() // nothing was written
	<-w.ended
}
