package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
	sqlite3 "zombiezen.com/go/sqlite"
)

// The migrations go through database/sql, as goose wants it; all else is asked of SQLite without it.

// migrateFile makes or migrates the database at path.
func migrateFile(ctx context.Context, path string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("open store: folder of the database: %w", err)
	}
	db, err := openSQL((&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String())
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	return errors.Join(migrate(ctx, db, goose.DialectSQLite3), db.Close())
}

// newMemory opens a new database in memory with empty tables.
func newMemory() (*conn, error) {
	image, err := emptyDatabase()
	if err != nil {
		return nil, err
	}
	from, err := sqlite3.OpenConn(":memory:", sqlite3.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	defer from.Close() //nolint:errcheck // in memory
	if err := from.Deserialize("main", image); err != nil {
		return nil, err
	}
	c, err := newConn(":memory:")
	if err != nil {
		return nil, err
	}
	// A deserialized database reads and writes its pages as if they were in a file; a copy of it doesn't.
	b, err := sqlite3.NewBackup(c.c, "main", from, "main")
	if err == nil {
		_, err = b.Step(-1)
		err = errors.Join(err, b.Close())
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// emptyDatabase returns a file with all tables and no rows.
var emptyDatabase = sync.OnceValues(func() (image []byte, err error) {
	ctx := context.Background()
	db, err := openSQL(":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db, goose.DialectSQLite3); err != nil {
		return nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	err = c.Raw(func(driver any) error {
		s, ok := driver.(interface{ Serialize() ([]byte, error) })
		if !ok {
			return errors.New("SQLite doesn't serialize")
		}
		image, err = s.Serialize()
		return err
	})
	return image, err
})

// openSQL opens a database by its URI, on one connection.
func openSQL(uri string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", uri+"?"+url.Values{"_pragma": append([]string{"busy_timeout = 5000"}, pragmas...)}.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
