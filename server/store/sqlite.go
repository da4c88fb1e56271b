package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteWords count the changes: there is one writer.
var sqliteWords = words{
	logChange: `INSERT INTO changes (user_id, rev, kind, body, at, mark) VALUES ($1, $2, $3, $4, $5, (SELECT COALESCE(MAX(mark), 0) + 1 FROM changes))`,
	tailMark:  `SELECT COALESCE(MAX(mark), 0) + 1 FROM changes`,

	deleteSome: `DELETE FROM %[1]s WHERE rowid IN (SELECT rowid FROM %[1]s WHERE %[2]s LIMIT %[3]d)`,
}

// sqlite is a database in a file or in memory: one writer with group commit, and snapshots beside it.
type sqlite struct {
	db      *sql.DB
	writer  *writer
	readers chan *conn // nil for a database in memory, whose snapshots the writer reads too
	closed  chan struct{}
}

// startSQLite opens the database at path, migrates it and starts its writer and readers.
func startSQLite(ctx context.Context, path string, o Options, counts *stats) (*sqlite, error) {
	readers := o.Readers
	if path == ":memory:" {
		readers = 0
	}
	db, err := openSQLite(path, readers+1)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &sqlite{db: db, closed: make(chan struct{})}
	if err := s.start(ctx, readers, o.BatchMax, counts); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *sqlite) start(ctx context.Context, readers, batchMax int, counts *stats) error {
	if err := migrate(ctx, s.db, goose.DialectSQLite3); err != nil {
		return err
	}
	w, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	s.writer = startWriter(newConn(w), batchMax, counts)
	if readers > 0 {
		s.readers = make(chan *conn, readers)
	}
	for range readers {
		c, err := s.db.Conn(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("open store: %w", err), s.writer.stop())
		}
		s.readers <- newConn(c)
	}
	return nil
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
	return errors.Join(err, s.db.Close())
}

// openSQLite opens the file at path, or a new database in memory for ":memory:", with conns connections at most.
func openSQLite(path string, conns int) (*sql.DB, error) {
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)", "cache_size(-16384)", "wal_autocheckpoint(4000)"}}
	name := ":memory:?" + q.Encode()
	if path != ":memory:" {
		if dir := filepath.Dir(path); dir != "." {
			if _, err := os.Stat(dir); err != nil {
				return nil, fmt.Errorf("folder of the database: %w", err)
			}
		}
		name = (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxLifetime(0)
	return db, nil
}
