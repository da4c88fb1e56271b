package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"foyer/protocol"
)

// Options tune a Store. The zero value is what production uses.
type Options struct {
	// Now is the clock that dates log entries' retention; time.Now when nil.
	Now func() time.Time
	// Readers is how many snapshots can be read at once; 4 when 0. A store in memory has one connection for all.
	Readers int
	// BatchMax is how many waiting requests share one transaction at most; 128 when 0.
	BatchMax int
}

// Store is one database. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	now     func() time.Time
	epoch   string
	writer  *writer
	readers chan *conn // nil for a store in memory, whose snapshots the writer reads too
	closed  chan struct{}
}

// Open opens the database that dsn names (`sqlite:PATH` or `sqlite::memory:`), creates or migrates its tables, and
// returns the Store. Close it when done.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok || path == "" {
		return nil, fmt.Errorf("store %q: want sqlite:PATH or sqlite::memory:", redact(dsn))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.BatchMax == 0 {
		o.BatchMax = 128
	}
	inMemory := path == ":memory:"
	if inMemory {
		o.Readers = 0
	}
	db, err := openSQLite(path, o.Readers+1)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{db: db, now: o.Now, closed: make(chan struct{})}
	if err := s.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// prepare migrates, reads the epoch and starts the writer and the readers.
func (s *Store) prepare(ctx context.Context, o Options) error {
	if err := migrate(ctx, s.db); err != nil {
		return err
	}
	w, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	s.writer = startWriter(newConn(w), o.BatchMax)
	if o.Readers > 0 {
		s.readers = make(chan *conn, o.Readers)
	}
	for range o.Readers {
		c, err := s.db.Conn(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("open store: %w", err), s.writer.stop())
		}
		s.readers <- newConn(c)
	}
	if err := s.loadEpoch(ctx); err != nil {
		return errors.Join(fmt.Errorf("read epoch: %w", err), s.writer.stop())
	}
	return nil
}

// Update runs fn in a transaction and returns once it is committed, or undone: when fn returns an error, that error
// comes back and nothing of fn's is kept. fn shares the transaction with others' and may run again after it was
// undone, so it must have no effect but through tx, and must not call the Store.
// A store out of reach, or a commit that did not succeed, is protocol.Unavailable.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.writer.do(ctx, fn)
}

// View runs fn on one snapshot of the database. fn must not write and must not call the Store.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	if s.readers == nil {
		return s.writer.do(ctx, fn)
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

// Epoch names the database's history: it is kept over restarts and new when a database was restored or replaced.
func (s *Store) Epoch() string { return s.epoch }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.View(ctx, func(tx *Tx) error {
		var one int
		return tx.row(`SELECT 1`).Scan(&one)
	})
}

// Close waits for what was accepted and closes the database.
func (s *Store) Close() error {
	select {
	case <-s.closed:
		return nil
	default:
		close(s.closed)
	}
	err := s.writer.stop()
	for range cap(s.readers) {
		err = errors.Join(err, (<-s.readers).close())
	}
	return errors.Join(err, s.db.Close())
}

// NewEpoch gives the database's history a new name, so that no client resumes from the old one. Clients of a running
// server notice it after its restart.
func (s *Store) NewEpoch(ctx context.Context) error {
	epoch := uuid.Must(uuid.NewV7()).String()
	err := s.Update(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, epoch)
		return err
	})
	if err == nil {
		s.epoch = epoch
	}
	return err
}

func (s *Store) loadEpoch(ctx context.Context) error {
	err := s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.exec(`INSERT INTO meta (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO NOTHING`, uuid.Must(uuid.NewV7()).String()); err != nil {
			return err
		}
		return tx.row(`SELECT value FROM meta WHERE name = 'epoch'`).Scan(&s.epoch)
	})
	return err
}

var errClosed = errors.New("store closed")

// outOfReach is a failure of the database itself: for clients protocol.Unavailable, for the log its cause.
type outOfReach struct {
	refusal *protocol.Error
	cause   error
}

func (e *outOfReach) Error() string   { return "store out of reach: " + e.cause.Error() }
func (e *outOfReach) Unwrap() []error { return []error{e.refusal, e.cause} }

// retryAfter is what clients are told to wait, in milliseconds, when the store is out of reach.
const retryAfter = 1000

func unavailable(cause error, unknown bool) error {
	r := protocol.Refuse(protocol.Unavailable).WithRetryAfter(retryAfter)
	r.Data.Unknown = unknown
	return &outOfReach{r, cause}
}

// redact keeps what may be shown of a data source's name.
func redact(dsn string) string {
	scheme, _, ok := strings.Cut(dsn, ":")
	if !ok {
		return dsn
	}
	return scheme + ":…"
}
