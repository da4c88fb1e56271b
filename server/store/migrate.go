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

// migrationsLock is the advisory lock that a node holds while it migrates a PostgreSQL.
const migrationsLock = 0x666f796572 // "foyer"

// migratePostgres migrates while no other node does: it waits until the others have. db's statements must not be
// bounded in time.
func migratePostgres(ctx context.Context, db *sql.DB) (err error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if _, err := c.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrationsLock); err != nil {
		return fmt.Errorf("wait for other nodes' migrations: %w", err)
	}
	err = migrate(ctx, db, goose.DialectPostgres)
	// If this fails, closing the connection lifts the lock.
	_, unlock := c.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationsLock)
	return errors.Join(err, unlock)
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
