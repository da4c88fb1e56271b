package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"foyer/protocol"
)

// Options tune a Store. The zero value is what production uses.
type Options struct {
	// Now is the clock that dates log entries' retention; time.Now when nil.
	Now func() time.Time
	// Readers is how many snapshots SQLite reads at once; 4 when 0. A store in memory has one connection for all.
	Readers int
	// BatchMax is how many waiting requests share one of SQLite's transactions at most; 256 when 0.
	BatchMax int
	// Patience is how long PostgreSQL may take for one call of Update or View, all waiting and repeating included; 4 s
	// when 0.
	Patience time.Duration
	// Calls is how many calls of Update and View are in the database at once; more wait, the most urgent first. When 0,
	// what the database serves well: 512 with SQLite, 4 for each connection to PostgreSQL.
	Calls int
	// Alone refuses an SQLite file that another process opened so: a server has it for itself.
	Alone bool
	// AllowAsyncCommit opens a PostgreSQL with synchronous_commit=off, whose crash can undo what was acknowledged.
	AllowAsyncCommit bool
}

// engine is one kind of database.
type engine interface {
	// capacity is how many calls the database serves well at once; views is 0 if both kinds wait for the same.
	capacity() (updates, views int)
	update(ctx context.Context, fn func(*Tx) error) error
	view(ctx context.Context, fn func(*Tx) error) error
	// close waits for what was accepted. It is called once.
	close() error
}

// Store is one database. It is safe for concurrent use.
type Store struct {
	engine engine
	lock   *os.File // nil unless opened alone
	stats  *stats
	// Where calls wait; the same line where views wait for the writer, too.
	updates, views *line
	now            func() time.Time
	epoch          string
	closed         atomic.Bool
}

// Open opens the database that dsn names (`sqlite:PATH`, `sqlite::memory:` or `postgres://…`), creates or migrates its
// tables, and returns the Store. Close it when done.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	if err := CheckDSN(dsn); err != nil {
		return nil, fmt.Errorf("store %s: %w", redact(dsn), err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.BatchMax == 0 {
		o.BatchMax = 256
	}
	if o.Patience == 0 {
		o.Patience = 4 * time.Second
	}
	s := &Store{now: o.Now, stats: newStats()}
	var err error
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		if o.Alone && path != ":memory:" {
			if s.lock, err = alone(path); err != nil {
				return nil, err
			}
		}
		s.engine, err = startSQLite(ctx, path, o, s.stats)
	} else {
		s.engine, err = startPostgres(ctx, dsn, o)
	}
	if err != nil {
		return nil, errors.Join(err, s.unlock())
	}
	s.openLines(o.Calls)
	if err := s.loadEpoch(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("read epoch: %w", err), s.Close())
	}
	return s, nil
}

// CheckDSN says what is wrong with a database's name, without a word of it: it may hold a password.
func CheckDSN(dsn string) error {
	scheme, rest, _ := strings.Cut(dsn, ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return errWhichStore
		}
		return nil
	case "postgres", "postgresql":
		_, err := parsePostgres(dsn)
		return err
	}
	return errWhichStore
}

var errWhichStore = errors.New("give sqlite:PATH, sqlite::memory: or postgres://USER@HOST/DATABASE")

// Update runs fn in a transaction and returns once it is committed, or undone: when fn returns an error, that error
// comes back and nothing of fn's is kept. fn may run again after it was undone (it shares SQLite's transaction with
// others, and PostgreSQL may ask for it), so it must have no effect but through tx, and must not call the Store.
// A store out of reach, or a commit that did not succeed, is protocol.Unavailable; if it can't be known whether the
// commit succeeded, its data says so.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if s.closed.Load() {
		return unavailable(errClosed, false)
	}
	return s.inTurn(ctx, s.updates, kindUpdate, fn, s.engine.update)
}

// View runs fn on one snapshot of the database. fn must not write and must not call the Store, and may run again.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	if s.closed.Load() {
		return unavailable(errClosed, false)
	}
	return s.inTurn(ctx, s.views, kindView, fn, s.engine.view)
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
	if s.closed.Swap(true) {
		return nil
	}
	return errors.Join(s.engine.close(), s.unlock())
}

func (s *Store) unlock() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// NewEpoch gives the database's history a new name, so that no client resumes from the old one. Clients of a running
// server notice it after its restart.
func (s *Store) NewEpoch(ctx context.Context) error {
	epoch := uuid.Must(uuid.NewV7()).String()
	err := s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.exec(`INSERT INTO meta (name, value) VALUES ('epoch', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, epoch); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE changes SET mark = 0 WHERE mark <> 0`) // in a restored database, the old one's
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
