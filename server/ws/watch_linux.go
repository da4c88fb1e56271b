package ws

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"foyer/server/nowait"
)

// watch waits for many sockets at once, so that none of them needs a goroutine while nothing comes that may take long. It
// reads what comes, takes states and pongs itself, and leaves all else to a goroutine.
//
// It has two pollers. The one of sockets that don't write states is waited for as any reader waits: the runtime's poller is
// told when this one has something. Those that do write states are in the lane, a poller that is looked at no more than
// once in laneEvery, which saves waking up for each state. Whether the lane has something at all the other poller knows,
// which it is in. A poller tells of a socket each time that something came (it is edge-triggered), and once more when the
// socket is armed anew.
type watch struct {
	file *os.File        // the poller, an epoll
	raw  syscall.RawConn // of file
	lane int             // the lane's poller
	due  chan struct{}   // the lane has something
	all  sync.WaitGroup  // who runs

	mu    sync.Mutex // guards what follows
	epoll int        // the poller's descriptor; -1 once closed
	seats []seat     // by file descriptor
	turn  uint32     // raised with each seat taken: what a poller still says of one before is old
}

// seat is a socket that is watched.
type seat struct {
	socket *Socket
	turn   uint32
	lane   bool
}

const (
	laneEvery = time.Millisecond // much less than a tick
	laneFew   = 4                // states in one look: not worth to wait for more
	atOnce    = 16 << 10         // bytes that are read of one socket, before others have their turn
)

// newWatch starts a watch. An error means that this system has none, and sockets wait by themselves.
func newWatch() (*watch, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that the runtime waits for it, not a thread
		return nil, errors.Join(err, unix.Close(fd))
	}
	w := &watch{file: os.NewFile(uintptr(fd), "epoll"), epoll: fd, due: make(chan struct{}, 1)}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	if w.lane, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	if err := w.armLaneLocked(unix.EPOLL_CTL_ADD); err != nil {
		return nil, errors.Join(err, unix.Close(w.lane), w.file.Close())
	}
	w.all.Go(w.run)
	w.all.Go(w.runLane)
	return w, nil
}

// run reads from sockets that have something, as soon as they have it, until the watch is closed.
func (w *watch) run() {
	defer close(w.due)
	var events [64]unix.EpollEvent
	buf := make([]byte, atOnce)
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
			if int(e.Fd) == w.lane {
				w.due <- struct{}{} // there is room: it is told once for each time that it is armed
			} else {
				w.read(e, buf)
			}
		}
	}
}

// runLane reads from the sockets of the lane, until the watch is closed.
func (w *watch) runLane() {
	var events [256]unix.EpollEvent
	buf := make([]byte, atOnce)
	var last time.Time
	timer := time.NewTimer(laneEvery)
	defer timer.Stop()
	for range w.due {
		for n := laneFew + 1; n > laneFew; {
			if wait := laneEvery - time.Since(last); wait > 0 && n < len(events) {
				timer.Reset(wait)
				<-timer.C
			}
			last = time.Now()
			n, _ = tryPoll(w.lane, events[:])
			for _, e := range events[:n] {
				w.read(e, buf)
			}
		}
		w.mu.Lock()
		if w.epoll >= 0 {
			_ = w.armLaneLocked(unix.EPOLL_CTL_MOD) // can't fail: it is there
		}
		w.mu.Unlock()
	}
}

// armLaneLocked has the poller tell once when the lane has something.
func (w *watch) armLaneLocked(op int) error {
	return unix.EpollCtl(w.epoll, op, w.lane, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT, Fd: int32(w.lane)}) // #nosec G115 -- a descriptor
}

// read reads once what a socket has, and takes what can be taken at once.
func (w *watch) read(e unix.EpollEvent, buf []byte) {
	const ends = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	s, lane := w.sitting(e.Fd, uint32(e.Pad)) // #nosec G115 -- the bits that arm put there
	if s == nil || !s.rouse() {
		return // who reads it has it armed anew
	}
	n, err := nowait.Read(int(e.Fd), buf) // it can't be closed: that's the business of who reads
	rest, _ := s.takePlain(buf[:n], false)
	nothing := errors.Is(err, unix.EAGAIN)
	more := err != nil && !nothing || n == len(buf) || e.Events&ends != 0
	switch {
	case len(rest) > 0, more:
		s.wire.ahead = bytes.Clone(rest)
		if more {
			s.stirred.Store(true)
		}
		go s.readOn()
	case s.writes != lane: // it moves
		if !s.sleep() {
			go s.waitAndRead()
		}
	default:
		s.asleep.Store(true)
		if s.isClosing() {
			s.wake()
		}
	}
}

// rouse reports whether the watch may read s. If somebody else does, they will know that there may be more.
func (s *Socket) rouse() bool {
	if s.asleep.CompareAndSwap(true, false) {
		return true
	}
	s.stirred.Store(true)
	return s.asleep.CompareAndSwap(true, false) // they may have fallen asleep without having known
}

func (w *watch) sitting(fd int32, turn uint32) (s *Socket, lane bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if int(fd) < len(w.seats) && w.seats[fd].turn == turn {
		return w.seats[fd].socket, w.seats[fd].lane
	}
	return nil, false
}

// arm has the watch read s when there is something to read, be it the end: in the lane or not. It reports whether it will.
func (w *watch) arm(s *Socket, lane bool) bool {
	armed := false
	err := s.wire.raw.Control(func(fd uintptr) { armed = w.armFD(int(fd), s, lane) })
	return err == nil && armed
}

func (w *watch) armFD(fd int, s *Socket, lane bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.epoll < 0 || s.forgotten {
		return false
	}
	for len(w.seats) <= fd {
		w.seats = append(w.seats, seat{})
	}
	op, at := unix.EPOLL_CTL_MOD, &w.seats[fd]
	switch {
	case at.socket != s:
		op = unix.EPOLL_CTL_ADD
		w.turn++
		*at = seat{s, w.turn, lane}
	case at.lane != lane:
		op = unix.EPOLL_CTL_ADD
		_ = unix.EpollCtl(w.pollerLocked(at.lane), unix.EPOLL_CTL_DEL, fd, nil) // can't fail: it is there
		at.lane = lane
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(fd), Pad: int32(at.turn)} // #nosec G115 -- bits
	return unix.EpollCtl(w.pollerLocked(lane), op, fd, &event) == nil
}

func (w *watch) pollerLocked(lane bool) int {
	if lane {
		return w.lane
	}
	return w.epoll
}

// forget takes a socket out that is about to be closed.
func (w *watch) forget(s *Socket) {
	_ = s.wire.raw.Control(func(fd uintptr) { // fails on a socket that is closed already, which the poller knows
		w.mu.Lock()
		defer w.mu.Unlock()
		s.forgotten = true
		if w.epoll >= 0 && int(fd) < len(w.seats) && w.seats[fd].socket == s {
			_ = unix.EpollCtl(w.pollerLocked(w.seats[fd].lane), unix.EPOLL_CTL_DEL, int(fd), nil) // fails where nothing is to be done
			w.seats[fd] = seat{}
		}
	})
}

// close ends the watch. Who sleeps is not woken.
func (w *watch) close() {
	w.mu.Lock()
	w.epoll, w.seats = -1, nil
	w.mu.Unlock()
	_ = w.file.Close() // nothing was written
	w.all.Wait()
	_ = unix.Close(w.lane) // nor here
}
