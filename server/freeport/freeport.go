// Package freeport finds addresses for servers that are started as processes of their own, by tests and by the demo of
// several nodes: such a server binds its address later than it was chosen.
package freeport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
)

const (
	first = 10_000 // below are the ports of well-known services
	fewer = 1_000  // than so many ports to choose from are too few
)

var (
	errNone = errors.New("no free port")
	turn    atomic.Uint32
)

func init() { turn.Store(rand.Uint32N(1 << 24)) } //nolint:gosec // no secret: processes side by side should begin elsewhere

// Address returns an address of this machine's loopback on which nobody listens, another each time. Its port is none that
// the system gives to outgoing connections: one of these would take it, now and then, before the server binds it.
func Address(ctx context.Context) (string, error) {
	ports := uint32(outgoing() - first) // #nosec G115 -- a port
	if outgoing() < first+fewer {
		return address(ctx, 0)
	}
	for range ports {
		if a, err := address(ctx, first+turn.Add(1)%ports); err == nil {
			return a, nil
		}
	}
	return "", errNone
}

// address returns the address with that port, or with any for 0, if it is free.
func address(ctx context.Context, port uint32) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// outgoing is the first port that the system gives to outgoing connections (ip_local_port_range in Linux' ip-sysctl).
func outgoing() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	low := 0
	if _, bad := fmt.Sscan(string(text), &low); err != nil || bad != nil {
		return 32_768
	}
	return low
}
