//go:build unix && !linux

package ws

import "foyer/server/nowait"

// tryWriteAll writes what the kernel has room for of the first of some frames. What is left is written later.
func tryWriteAll(fd int, frames []*Frame) (int, error) { return nowait.Write(fd, frames[0].framed) }
