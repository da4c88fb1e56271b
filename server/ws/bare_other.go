//go:build !linux

package ws

import (
	"net"
	"syscall"
)

// bareOf leaves a connection as it is: there is no watch here that would do the runtime's poller's work.
func bareOf(tcp *net.TCPConn) (net.Conn, syscall.RawConn) {
	raw, _ := tcp.SyscallConn() // an error means a closed socket, which the first write will tell
	return tcp, raw
}
