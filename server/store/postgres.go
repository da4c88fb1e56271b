package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"foyer/server/nowait"
)

// postgresWords mark changes with their transaction's number. A snapshot names those that were under way: one of them may be
// somebody else's and last for hours, so it is they alone that are looked for afterwards, and not all since the first.
var postgresWords = words{
	logChange: []string{`WITH raised AS (UPDATE users SET rev = $2 WHERE id = $1)
		INSERT INTO changes (user_id, rev, kind, body, at, mark) VALUES ($1, $2, $3, $4, $5, pg_current_xact_id()::text::bigint)`},
	tailMark: `SELECT pg_current_snapshot()::text`,
	newer:    `(mark >= $1 OR mark = ANY(string_to_array($2, ',')::bigint[]))`,

	deleteSome: `DELETE FROM %[1]s WHERE ctid = ANY(ARRAY(SELECT ctid FROM %[1]s WHERE %[2]s LIMIT %[3]d FOR UPDATE SKIP LOCKED))`,
	deleteOld:  `DELETE FROM %[1]s WHERE ctid = ANY(ARRAY(SELECT ctid FROM %[1]s WHERE at < $1 ORDER BY at LIMIT %[2]d FOR UPDATE SKIP LOCKED))`,
}

const (
	connectWithin = 3 * time.Second
	readyWithin   = 2 * time.Second // for what a new connection is asked first
	// silentWithin is how long a node may do nothing inside a transaction, which may hold locks: one that was stopped
	// loses them before others have waited for lockWithin. A transaction ended so is run again.
	silentWithin    = time.Second
	lockWithin      = 1500 * time.Millisecond // for one lock; the server then ends the statement, and whoever waited is told within 2 s
	poolDefault     = 16
	poolMin         = 4 // below, requests that wait for locks would leave none for reading
	connectionIdles = 5 * time.Minute
	lifetimeJitter  = 10 * time.Minute
)

// postgres is a pool of connections to PostgreSQL. Each request has a transaction of its own.
type postgres struct {
	pool     *pgxpool.Pool
	size     int
	patience time.Duration
	// writers and readers hold a place for each transaction of the kind, so that writers who wait for a lock leave
	// connections for readers.
	writers, readers chan struct{}
	gate             *gate
}

// parsePostgres reads a postgres:// URL. Its errors don't show the password.
func parsePostgres(dsn string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		var e *pgconn.ParseConfigError
		if errors.As(err, &e) && e.Unwrap() != nil {
			return nil, fmt.Errorf("no PostgreSQL address: %w", e.Unwrap())
		}
		return nil, errors.New("no PostgreSQL address of the form postgres://USER@HOST/DATABASE")
	}
	return config, nil
}

// startPostgres connects, migrates and returns a pool. It refuses a server that acknowledges commits before they are
// on its disk.
func startPostgres(ctx context.Context, dsn string, o Options) (*postgres, error) {
	parsed, err := parsePostgres(dsn)
	if err != nil {
		return nil, err
	}
	size := poolDefault
	if asked(dsn, "pool_max_conns") {
		size = max(int(parsed.MaxConns), poolMin)
	}
	config := parsed.ConnConfig
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	if config.ValidateConnect == nil { // of several hosts, the one that can be written to
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	config.DialFunc = nowait.Dial(config.DialFunc)
	setDefault(config, "application_name", "foyer")
	migrating := openPool(config, 2, o)
	if err := errors.Join(migratePostgres(ctx, migrating, migrationWithin), migrating.Close()); err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", withoutAddress(err))
	}
	parsed.ConnConfig = config.Copy()
	setDefault(parsed.ConnConfig, "lock_timeout", milliseconds(min(lockWithin, o.Patience)))
	setDefault(parsed.ConnConfig, "statement_timeout", milliseconds(o.Patience))
	setDefault(parsed.ConnConfig, "idle_in_transaction_session_timeout", milliseconds(min(silentWithin, o.Patience)))
	parsed.MaxConns, parsed.MaxConnIdleTime = int32(size), connectionIdles
	if !asked(dsn, "pool_max_conn_lifetime_jitter") { // not all of them made anew at once
		parsed.MaxConnLifetimeJitter = lifetimeJitter
	}
	parsed.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { return ready(ctx, c, o.AllowAsyncCommit) }
	// The first statement finds out as well whether an idle connection was lost.
	parsed.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), parsed)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", withoutAddress(err))
	}
	readers := max(size/3, 1)
	p := &postgres{
		pool: pool, size: size, patience: o.Patience,
		writers: make(chan struct{}, size-readers), readers: make(chan struct{}, readers),
	}
	p.gate = newGate(p.probe)
	return p, nil
}

// openPool returns a pool of size connections as database/sql has them, each looked at when it is made.
func openPool(config *pgx.ConnConfig, size int, o Options) *sql.DB {
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		if err := durable(ctx, c, o.AllowAsyncCommit); err != nil {
			return errors.Join(err, c.Close(ctx))
		}
		return nil
	}))
	db.SetMaxOpenConns(size)
	return db
}

// ready looks at a new connection and prepares what each transaction needs, under names that can be told apart on the
// wire.
func ready(ctx context.Context, c *pgx.Conn, allowAsync bool) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin) // the pool would wait for ever
	defer cancel()
	if err := durable(ctx, c, allowAsync); err != nil {
		return err
	}
	for name, query := range map[string]string{
		beginWriting: `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE`,
		beginReading: `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`,
		commitAll:    `COMMIT WORK`, // a statement whose name is its text would be given another name
		rollBack:     `ROLLBACK WORK`,
	} {
		if _, err := c.Prepare(ctx, name, query); err != nil {
			return fmt.Errorf("prepare %s: %w", name, err)
		}
	}
	return nil
}

// The names of the prepared statements that begin and end a transaction.
const (
	beginWriting = "BEGIN WRITING"
	beginReading = "BEGIN READING"
	commitAll    = "COMMIT"
	rollBack     = "ROLLBACK"
)

// ErrAsyncCommit says that PostgreSQL would acknowledge what a crash can undo.
var ErrAsyncCommit = errors.New("synchronous_commit is off: a crash of PostgreSQL would undo what users were told is done; " +
	"turn it on for this database or user (ALTER DATABASE … SET synchronous_commit = on), or accept that with --store-allow-async-commit")

// durable refuses a connection whose commits are acknowledged too early.
func durable(ctx context.Context, c *pgx.Conn, allow bool) error {
	if allow {
		return nil
	}
	var setting string
	if err := c.QueryRow(ctx, `SHOW synchronous_commit`).Scan(&setting); err != nil {
		return fmt.Errorf("read synchronous_commit: %w", err)
	}
	if setting == "off" {
		return ErrAsyncCommit
	}
	return nil
}

// capacity is some for each connection, as most of a call's time is waiting for the answer.
func (p *postgres) capacity() (updates, views int) { return 4 * cap(p.writers), 4 * cap(p.readers) }

func (p *postgres) update(ctx context.Context, fn func(*Tx) error) error {
	return p.run(ctx, &kind{begin: beginWriting, writes: true, places: p.writers, door: &p.gate.writes}, fn)
}

func (p *postgres) view(ctx context.Context, fn func(*Tx) error) error {
	return p.run(ctx, &kind{begin: beginReading, places: p.readers, door: &p.gate.reads}, fn)
}

func (p *postgres) close() error {
	for range cap(p.writers) {
		p.writers <- struct{}{}
	}
	for range cap(p.readers) {
		p.readers <- struct{}{}
	}
	p.gate.close()
	p.pool.Close()
	return nil
}

func setDefault(c *pgx.ConnConfig, name, value string) {
	if _, ok := c.RuntimeParams[name]; !ok {
		c.RuntimeParams[name] = value
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }
