package redis

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/redis/go-redis/v9"

	"foyer/server/nowait"
)

// line is a connection that calls are made on. The library keeps it for the next call, and looks before whether the other
// end has closed it, but can't see that what is sent comes nowhere any more, as after a failover: then each of its
// connections would fail a call, each two seconds long. So all of them are given up once Redis did not answer.
type line struct {
	net.Conn
	b      *breaker
	closed atomic.Bool
}

// dialer returns what makes connections, lines but for those that listen: a Bus hears whether these are any good.
func (b *breaker) dialer(secure *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	dial := nowait.Dial(redis.NewDialer(&redis.Options{DialTimeout: dialWithin, TLSConfig: secure}))
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil || ctx.Value(listens{}) != nil {
			return c, err
		}
		l := &line{Conn: c, b: b}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.lines[l] = struct{}{}
		return l, nil
	}
}

type listens struct{}

// listening returns a context for connections that listen.
func listening(ctx context.Context) context.Context { return context.WithValue(ctx, listens{}, true) }

// hangUp gives all lines up. What is being asked on them fails.
func (b *breaker) hangUp() {
	b.mu.Lock()
	lines := b.lines
	b.lines = map[*line]struct{}{}
	b.mu.Unlock()
	for l := range lines {
		l.closed.Store(true)
		under := l.Conn
		if secure, ok := under.(*tls.Conn); ok {
			under = secure.NetConn() // without a farewell that may have to wait
		}
		_ = under.Close() // nothing is lost that was not before
	}
}

// Close ends the line.
func (l *line) Close() error {
	l.b.mu.Lock()
	delete(l.b.lines, l)
	l.b.mu.Unlock()
	return l.Conn.Close()
}

// SyscallConn is what the library looks at a connection by before it uses it again.
func (l *line) SyscallConn() (syscall.RawConn, error) {
	if l.closed.Load() {
		return nil, net.ErrClosed
	}
	if plain, ok := l.Conn.(syscall.Conn); ok {
		return plain.SyscallConn()
	}
	return unseen{}, nil
}

// unseen is a connection that can't be looked at: all seems well.
type unseen struct{}

func (unseen) Control(func(uintptr)) error    { return nil }
func (unseen) Read(func(uintptr) bool) error  { return nil }
func (unseen) Write(func(uintptr) bool) error { return nil }
