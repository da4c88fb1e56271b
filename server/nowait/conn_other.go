//go:build !unix

package nowait

import (
	"context"
	"net"
)

// Dial returns dial as it is.
func Dial(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return dial
}
