package store

import (
	"context"
	"errors"
	"fmt"
)

// sqliteWords go by rowids, which count up: there is one writer.
var sqliteWords = words{
	logChange: []string{`INSERT INTO changes (user_id, rev, kind, body, at) VALUES ($1, $2, $3, $4, $5)`, `UPDATE users SET rev = $2 WHERE id = $1`},
	tailMark:  `SELECT '0:' || (COALESCE(MAX(rowid), 0) + 1) || ':' FROM changes`,
	newer:     `rowid >= $1`,

	deleteSome: `DELETE FROM %[1]s WHERE rowid IN (SELECT rowid FROM %[1]s WHERE %[2]s LIMIT %[3]d)`,
	deleteOld:  `DELETE FROM %[1]s WHERE rowid IN (SELECT rowid FROM %[1]s ORDER BY rowid LIMIT %[2]d) AND at < $1`,
}

// sqlite is a database in a file or in memory: one writer with group commit, and snapshots beside it.
type sqlite struct {
	writer  *writer
	readers chan *conn // nil for a database in memory, whose snapshots the writer reads too
	closed  chan struct{}
}

// startSQLite opens the database at path, migrates it and starts its writer and readers.
func startSQLite(ctx context.Context, path string, o Options, counts *stats) (*sqlite, error) {
	s := &sqlite{closed: make(chan struct{})}
	if path == ":memory:" {
		c, err := newMemory()
		if err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
		s.writer = startWriter(c, o.BatchMax, counts)
		return s, nil
	}
	if err := migrateFile(ctx, path); err != nil {
		return nil, err
	}
	conns := make([]*conn, 0, o.Readers+1)
	for range cap(conns) {
		c, err := newConn(path)
		if err != nil {
			for _, c := range conns {
				err = errors.Join(err, c.close())
			}
			return nil, fmt.Errorf("open store: %w", err)
		}
		conns = append(conns, c)
	}
	s.writer = startWriter(conns[0], o.BatchMax, counts)
	s.readers = make(chan *conn, o.Readers)
	for _, c := range conns[1:] {
		s.readers <- c
	}
	return s, nil
}

// capacity is two commits' worth, as one gathers while another is on its way to the disk, and two for each reader, so
// that none waits for work.
func (s *sqlite) capacity() (updates, views int) { return 2 * s.writer.batchMax, 2 * cap(s.readers) }

func (s *sqlite) update(ctx context.Context, fn func(*Tx) error) error { return s.writer.do(ctx, fn) }

func (s *sqlite) view(ctx context.Context, fn func(*Tx) error) error {
	if s.readers == nil {
		return s.writer.view(ctx, fn)
	}
	select {
	case c := <-s.readers:
		defer func() { s.readers <- c }()
		return c.snapshot(fn)
	case <-ctx.Done():
		return unavailable(ctx.Err(), false)
	case <-s.closed:
		return unavailable(errClosed, false)
	}
}

func (s *sqlite) close() error {
	close(s.closed)
	err := s.writer.stop()
	for range cap(s.readers) {
		err = errors.Join(err, (<-s.readers).close())
	}
	return err
}
