//go:build unix && !linux

package ws

import (
	"io"
	"syscall"
)

// tryWrite writes what the kernel has room for: syscall.EAGAIN if that is nothing.
func tryWrite(fd int, p []byte) (int, error) {
	n, err := syscall.Write(fd, p)
	return max(n, 0), err
}

// tryWriteAll writes what the kernel has room for of the first of some frames. What is left is written later.
func tryWriteAll(fd int, frames []*Frame) (int, error) { return tryWrite(fd, frames[0].framed) }

// tryRead reads what is there: syscall.EAGAIN if that is nothing, io.EOF at the end.
func tryRead(fd int, p []byte) (int, error) {
	n, err := syscall.Read(fd, p)
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return max(n, 0), err
}
