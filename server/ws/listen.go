package ws

import (
	"context"
	"net"
)

// sendBuffer is how much the kernel may keep for a device that does not read, in bytes; it takes twice as much for its
// own bookkeeping. Small enough to notice a slow reader within seconds and to bound what ten thousand of them hold, large
// enough for a megabyte a second over half the world.
const sendBuffer = 64 << 10

// Listen returns a TCP listener whose sockets have bounded send buffers. There are no TCP keep-alives: pings do their work.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{Control: boundSendBuffer, KeepAlive: -1}
	return config.Listen(ctx, "tcp", address)
}
