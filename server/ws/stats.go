package ws

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// Why says in one word why a request did not become a socket.
type Why int

// The reasons.
const (
	WhyRequest Why = iota // it is no request for a WebSocket of this protocol
	WhyOrigin             // from a page that may not
	WhyToken              // with a token that is not valid
	WhyKeys               // with a token that can't be checked right now
	WhyRate               // too many new devices at once
	WhyBusy               // too much to do for more devices
	WhyAddress            // too many devices from its address

	whys int = iota
)

func (w Why) String() string {
	return [whys]string{"request", "origin", "token", "keys", "rate", "busy", "address"}[w]
}

// Whys lists the reasons.
func Whys() []Why {
	return []Why{WhyRequest, WhyOrigin, WhyToken, WhyKeys, WhyRate, WhyBusy, WhyAddress}
}

// Stats count what happened to all sockets of an Acceptor.
type Stats struct {
	Open          atomic.Int64        // sockets that are read from now
	Upgraded      atomic.Uint64       // requests that became sockets
	Refused       [whys]atomic.Uint64 // requests that did not, by Why
	QueuesFull    atomic.Uint64       // messages for which a device's queue had no room
	SlowReaders   atomic.Uint64       // sockets closed because the device took nothing
	PongsMissing  atomic.Uint64       // sockets closed because a pong did not come
	StatesDropped atomic.Uint64       // ticks that a device had no room for
	KeyFrames     atomic.Uint64       // ticks that a key frame took the place of
	Queued        atomic.Int64        // bytes that wait in all queues now
}

// isNetwork reports whether reading ended because the device went away or the socket was closed under it.
func isNetwork(err error) bool {
	var op net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ECONNRESET) || errors.As(err, &op)
}
