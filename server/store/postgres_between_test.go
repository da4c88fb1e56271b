package store

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// between returns an address behind which is the PostgreSQL of dsn. Each connection to it is relay's, with one to the
// server; both are closed when relay returns.
func between(t *testing.T, dsn string, relay func(client, server net.Conn)) string {
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	q := u.Query()
	const socket = ".s.PGSQL.5432"
	address := filepath.Join(q.Get("host"), socket)
	dir, err := os.MkdirTemp("", "foyer-between-") //nolint:usetesting // a socket's path has to be short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				server, err := net.Dial("unix", address)
				if err != nil {
					return
				}
				defer server.Close()
				relay(client, server)
			}()
		}
	}()
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return u.String()
}
