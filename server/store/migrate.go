package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to this program's version. A database from a newer program is refused. One process at
// a time may call it.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if dialect == goose.DialectPostgres {
		files = forPostgres{files}
	}
	p, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("version of the database: %w", err)
	}
	if current > target {
		return fmt.Errorf("the database is at version %d, newer than this program's %d", current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migration: %w", err)
	}
	return nil
}

// migrationsLock is the first half of the advisory lock that a node holds while it migrates a PostgreSQL; the other is
// the schema, as a database may have several installations.
const migrationsLock = 0x666f7965 // "foye"

// migrationWithin is how long a node waits for another's migrations before it says so and ends.
const migrationWithin = time.Minute

// PostgreSQL's codes: errcodes-appendix of its manual.
const (
	lockNotAvailable = "55P03"
	undefinedTable   = "42P01"
)

// migratePostgres migrates while no other node does: it waits until the others have, for up to patience. Where nothing
// is to be done it waits for nobody. db's statements must not be bounded in time.
func migratePostgres(ctx context.Context, db *sql.DB, patience time.Duration) (err error) {
	target, err := newestMigration()
	if err != nil {
		return err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if migrated, err := migratedTo(ctx, c, target); migrated || err != nil {
		return err
	}
	// A node that dies with its machine must not keep the others waiting until the operating system gives it up.
	const wait = `SELECT set_config('lock_timeout', $1, false), set_config('tcp_keepalives_idle', '5', false),
		set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)`
	if _, err := c.ExecContext(ctx, wait, milliseconds(patience)); err != nil {
		return fmt.Errorf("wait for other nodes' migrations: %w", err)
	}
	if _, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1, hashtext(current_schema()))`, migrationsLock); err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) && e.Code == lockNotAvailable {
			return fmt.Errorf("another node has been migrating the database for %s: start again when it is done (pg_locks, locktype advisory, says which)", patience)
		}
		return fmt.Errorf("wait for other nodes' migrations: %w", err)
	}
	err = migrate(ctx, db, goose.DialectPostgres)
	// If this fails, closing the connection lifts the lock.
	_, unlock := c.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1, hashtext(current_schema()))`, migrationsLock)
	return errors.Join(err, unlock)
}

// migratedTo reports whether the database is at the version. No tables, or not yet this one, is no error.
func migratedTo(ctx context.Context, c *sql.Conn, version int64) (bool, error) {
	var known sql.NullInt64
	err := c.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&known)
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == undefinedTable {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("version of the database: %w", err)
	}
	return known.Int64 == version, nil
}

// newestMigration returns the version that this program's migrations lead to.
func newestMigration() (newest int64, err error) {
	files, err := migrations.ReadDir("migrations")
	for _, f := range files {
		version, bad := goose.NumericComponent(f.Name())
		newest, err = max(newest, version), errors.Join(err, bad)
	}
	return newest, err
}

// forPostgres are the migrations with texts that PostgreSQL compares as SQLite and Go do, byte by byte: in the same order
// everywhere, whatever language the database was created for and whatever the operating system's next version makes of
// that language. What is between the lines "-- sqlite only" and "-- end" is left out.
type forPostgres struct{ fs.FS }

var (
	textColumn = regexp.MustCompile(`\bTEXT\b`)
	sqliteOnly = regexp.MustCompile(`(?ms)^-- sqlite only$.*?^-- end$`)
)

// Open implements fs.FS.
func (b forPostgres) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t := sqliteOnly.ReplaceAllString(string(text), "")
	return &translated{f, strings.NewReader(textColumn.ReplaceAllString(t, `TEXT COLLATE "C"`))}, nil
}

// translated is a file with another text.
type translated struct {
	fs.File
	text io.Reader
}

// Read implements fs.File.
func (t *translated) Read(p []byte) (int, error) { return t.text.Read(p) }
