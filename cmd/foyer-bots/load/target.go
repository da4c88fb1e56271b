package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"time"
)

// Target is a server's address.
type Target struct {
	URL      string // ws://host:port/v1/ws
	HTTP     string // http://host:port
	host     string // host:port
	anywhere bool
}

// ErrNotLoopback says that a target is another machine.
var ErrNotLoopback = errors.New("is not this machine")

// NewTarget reads an address. Unless anywhere is set it refuses those that lead to another machine, at this moment
// or when they are dialled: nobody should load what isn't theirs by mistake.
func NewTarget(ctx context.Context, address string, anywhere bool) (*Target, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	plain := map[string]string{"http": "http", "ws": "http", "https": "https", "wss": "https"}[u.Scheme]
	if plain == "" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("address %q: want http://HOST:PORT, https, ws or wss", address)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[plain]
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/ws"
	}
	t := &Target{HTTP: plain + "://" + u.Host, host: net.JoinHostPort(u.Hostname(), port), anywhere: anywhere}
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[plain]
	t.URL = u.String()
	if anywhere {
		return t, nil
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	for _, ip := range ips {
		if !ip.IP.IsLoopback() {
			return nil, fmt.Errorf("%s (%s) %w: if you may put it under load, say --i-own-this-target", address, ip.IP, ErrNotLoopback)
		}
	}
	return t, nil
}

// perSource is how many sockets come from one address of this machine: a source has some 28,000 ports to a target.
const perSource = 20_000

// dial opens a connection for the n-th device.
func (t *Target) dial(n int) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 10 * time.Second}
	if !t.anywhere {
		d.Control = onlyLoopback
		if ip := net.ParseIP(hostOf(t.host)); n >= perSource && ip != nil && ip.To4() != nil {
			d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+n/perSource))}
		}
	}
	return d.DialContext
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return host
}

// onlyLoopback refuses to connect elsewhere, whatever a name resolves to by now.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if ip := net.ParseIP(hostOf(address)); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s %w", address, ErrNotLoopback)
	}
	return nil
}

// ErrUnreachable says that nobody listens at a target.
var ErrUnreachable = errors.New("target unreachable")

// reach finds out whether somebody listens.
func (t *Target) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := t.dial(0)(ctx, "tcp", t.host)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnreachable, t.HTTP, err)
	}
	_ = c.Close()
	return nil
}
