package store

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// cutter stands between a store and its server, and cuts a connection off when it sees a message of the store's.
type cutter struct {
	dir    string // what clients are given as their host
	server string
	when   func(message []byte) (cut, deliver bool)
}

func (c *cutter) serve(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(c.dir, ".s.PGSQL.5432"))
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.relay(client)
		}
	}()
}

func (c *cutter) relay(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", filepath.Join(c.server, ".s.PGSQL.5432"))
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		client.Close()
	}()
	message := make([]byte, 64<<10)
	for {
		n, err := client.Read(message)
		if err != nil {
			return
		}
		cut, deliver := c.when(message[:n])
		if deliver || !cut {
			_, err = server.Write(message[:n])
		}
		if cut {
			client.Close()
			if deliver {
				_, _ = server.Read(message) // let it be carried out
			}
			return
		}
		if err != nil {
			return
		}
	}
}

func TestCommitWhoseAnswerGotLostIsUnknown(t *testing.T) {
	p := ownServer(t)
	dir, err := os.MkdirTemp("", "foyer-cutter-") //nolint:usetesting // a socket's path has to be short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	u, err := url.Parse(p.URL)
	require.NoError(t, err)
	var mode atomic.Int64 // 0 nothing, 1 cut before COMMIT gets there, 2 after, 3 before a statement, once
	c := &cutter{dir: dir, server: u.Query().Get("host"), when: func(m []byte) (cut, deliver bool) {
		switch {
		case strings.Contains(string(m), "\x00"+commitAll+"\x00"): // named as a statement to be carried out
			return mode.Load() == 1 || mode.Load() == 2, mode.Load() == 2
		case strings.Contains(string(m), "\x00"+beginWriting+"\x00"):
			return mode.CompareAndSwap(3, 0), false
		}
		return false, false
	}}
	c.serve(t)
	s := open(t, "postgres://foyer@/postgres?host="+url.QueryEscape(dir))
	for i, row := range []struct {
		name             string
		mode             int64
		unknown, applied bool
	}{
		{"before COMMIT", 1, true, false},
		{"after COMMIT", 2, true, true},
		{"before anything", 3, false, true},
	} {
		mode.Store(row.mode)
		err := s.Update(t.Context(), func(tx *Tx) error {
			_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, '')`, fmt.Sprint("row", i))
			return err
		})
		mode.Store(0)
		if row.unknown {
			require.True(t, unavailableFor(t, err).Data.Unknown, "%s: %v", row.name, err)
		} else {
			require.NoError(t, err, row.name)
		}
		applied := func() (there bool) {
			require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
				return tx.row(`SELECT COUNT(*) = 1 FROM meta WHERE name = $1`, fmt.Sprint("row", i)).Scan(&there)
			}), row.name)
			return there
		}
		if !row.applied {
			require.False(t, applied(), row.name)
			continue
		}
		for looks := 0; !applied(); looks++ { // the server may be at its COMMIT still
			require.Less(t, looks, 10_000, row.name)
		}
	}
}
