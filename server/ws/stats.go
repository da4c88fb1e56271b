package ws

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// Stats count what happened to all sockets of an Acceptor.
type Stats struct {
	Open          atomic.Int64  // sockets that are read from now
	Upgraded      atomic.Uint64 // requests that became sockets
	Refused       atomic.Uint64 // requests that did not
	SlowReaders   atomic.Uint64 // sockets closed because the device took nothing
	PongsMissing  atomic.Uint64 // sockets closed because a pong did not come
	StatesDropped atomic.Uint64 // ticks that a device had no room for
}

// isNetwork reports whether reading ended because the device went away or the socket was closed under it.
func isNetwork(err error) bool {
	var op net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ECONNRESET) || errors.As(err, &op)
}
