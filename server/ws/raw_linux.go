package ws

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls here are like those of package nowait: they never wait, so the runtime isn't told of them. That it was took a
// fifth of what a node spends that sends ticks.

// parts is how many frames are written at once, at most: a tick of a thousand members has two, of full states nine.
const parts = 24

// tryWriteAll writes what the kernel has room for of some frames, one after the other: unix.EAGAIN if that is nothing.
func tryWriteAll(fd int, frames []*Frame) (int, error) {
	var vectors [parts]unix.Iovec
	n := min(len(frames), parts)
	for i, f := range frames[:n] {
		vectors[i].Base = &f.framed[0]
		vectors[i].SetLen(len(f.framed))
	}
	written, _, errno := unix.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vectors[0])), uintptr(n)) // #nosec G103 -- what it points to is not kept
	if errno != 0 {
		return 0, errno
	}
	return int(written), nil // #nosec G115 -- at most what the frames have
}

// tryPoll takes what events a poller has at once, which may be none.
func tryPoll(epoll int, events []unix.EpollEvent) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0) // #nosec G103 -- what events points to is not kept
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil // #nosec G115 -- at most len(events)
}
