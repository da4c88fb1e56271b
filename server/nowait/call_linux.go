package nowait

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read reads what is there: EAGAIN if that is nothing, io.EOF at the end. The descriptor has to be non-blocking.
func Read(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p))) // #nosec G103 -- what p points to is not kept
	switch {
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, io.EOF
	}
	return int(n), nil // #nosec G115 -- at most len(p)
}

// Write writes what the kernel has room for: EAGAIN if that is nothing. The descriptor has to be non-blocking.
func Write(fd int, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p))) // #nosec G103 -- what p points to is not kept
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil // #nosec G115 -- at most len(p)
}

// silent reports whether nothing has come by a socket, not even its end.
func silent(fd int) bool {
	var one [1]byte
	_, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&one[0])), 1, unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0) // #nosec G103 -- what one points to is not kept
	return errno == unix.EAGAIN
}
