//go:build unix && !linux

package nowait

import (
	"io"
	"syscall"
)

// Read reads what is there: EAGAIN if that is nothing, io.EOF at the end. The descriptor has to be non-blocking.
func Read(fd int, p []byte) (int, error) {
	n, err := syscall.Read(fd, p)
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// Write writes what the kernel has room for: EAGAIN if that is nothing. The descriptor has to be non-blocking.
func Write(fd int, p []byte) (int, error) {
	n, err := syscall.Write(fd, p)
	return max(n, 0), err
}

// silent reports whether nothing has come by a socket, not even its end. Here it isn't known without a waiting call.
func silent(int) bool { return false }
