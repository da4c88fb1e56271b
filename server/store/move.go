package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Moved is how many rows of a table were moved, and found again in the new place.
type Moved struct {
	Table string
	Rows  int64
}

// Move copies everything from a SQLite file to an empty PostgreSQL, reads both and compares them row by row, and only
// then commits. The history's name goes along, so that clients resume as if nothing had happened. No server may run on
// either; one that has the file open is noticed.
func Move(ctx context.Context, from, to string, o Options) ([]Moved, error) {
	if err := movable(from, to); err != nil {
		return nil, err
	}
	alone := o
	alone.Alone = true
	old, err := Open(ctx, from, alone)
	if err != nil {
		return nil, fmt.Errorf("the old database: %w", err)
	}
	moved, err := old.moveTo(ctx, to, o)
	return moved, errors.Join(err, old.Close())
}

func movable(from, to string) error {
	path, ok := strings.CutPrefix(from, "sqlite:")
	if !ok || path == "" || path == ":memory:" {
		return errors.New("only a SQLite file (sqlite:PATH) can be moved")
	}
	if _, err := os.Stat(path); err != nil { // opening it would make a new one
		return fmt.Errorf("the old database: %w", err)
	}
	if strings.HasPrefix(to, "sqlite:") {
		return errors.New("only to PostgreSQL (postgres://…) can be moved")
	}
	return CheckDSN(to)
}

func (s *Store) moveTo(ctx context.Context, dsn string, o Options) (moved []Moved, err error) {
	made, err := Open(ctx, dsn, o) // which makes the tables
	if err == nil {
		err = made.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("the new database: %w", err)
	}
	config, err := parsePostgres(dsn)
	if err != nil {
		return nil, err
	}
	c, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("the new database: %w", withoutAddress(err))
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	// Inside of a transaction that writes, so that nobody else does.
	err = s.Update(ctx, func(tx *Tx) error {
		m := mover{ctx: ctx, old: tx}
		moved, err = m.all(c)
		return err
	})
	return moved, err
}

// mover is one move, inside a transaction of the old database, which is SQLite, and one of the new.
type mover struct {
	ctx context.Context
	old *Tx
	new pgx.Tx
}

// table is what a move has to know of one.
type table struct {
	name    string
	columns []string
	read    []string // columns as they are read from the old database
	key     []string
}

// all moves every table, or none.
func (m *mover) all(c *pgx.Conn) (moved []Moved, err error) {
	if m.new, err = c.Begin(m.ctx); err != nil {
		return nil, fmt.Errorf("the new database: %w", err)
	}
	defer func() {
		if err != nil {
			_ = m.new.Rollback(context.WithoutCancel(m.ctx)) // closing the connection undoes it, too
		}
	}()
	tables, err := m.tables()
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := m.empty(t); err != nil {
			return nil, err
		}
	}
	for _, t := range tables {
		n, err := m.copy(t)
		if err != nil {
			return nil, fmt.Errorf("copy %s: %w", t.name, err)
		}
		if err := m.compare(t, n); err != nil {
			return nil, fmt.Errorf("compare %s: %w", t.name, err)
		}
		moved = append(moved, Moved{t.name, n})
	}
	if err := m.new.Commit(m.ctx); err != nil {
		return nil, fmt.Errorf("commit (look whether the new database has rows now before trying again): %w", err)
	}
	return moved, nil
}

// tables returns all tables of the old database but the migrations' own.
func (m *mover) tables() ([]table, error) {
	var found []table
	err := m.old.rows(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name`,
		collect(&found, func(r scanner) (table, error) {
			var t table
			err := r.Scan(&t.name)
			return t, err
		}))
	if err != nil {
		return nil, err
	}
	for i := range found {
		t := &found[i]
		keys := map[int]string{}
		err := m.old.rows(`SELECT name, pk FROM pragma_table_info($1) ORDER BY cid`, func(r scanner) error {
			var name string
			var place int
			err := r.Scan(&name, &place)
			t.columns, keys[place] = append(t.columns, name), name
			read := quoted(name)
			if t.name == "changes" && name == "mark" {
				read = "0" // means nothing to another database
			}
			t.read = append(t.read, read)
			return err
		}, t.name)
		if err != nil {
			return nil, err
		}
		for place := 1; keys[place] != ""; place++ {
			t.key = append(t.key, keys[place])
		}
		if len(t.key) == 0 {
			t.key = t.columns
		}
	}
	return found, nil
}

// quoted writes names as both databases understand them.
func quoted(names ...string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(out, ", ")
}

// empty keeps others out of a table and refuses one with rows. What opening a database writes into it is removed.
func (m *mover) empty(t table) error {
	name := quoted(t.name)
	for _, query := range []string{`SET LOCAL lock_timeout = '10s'`, `LOCK TABLE ` + name + ` IN ACCESS EXCLUSIVE MODE`} {
		if _, err := m.new.Exec(m.ctx, query); err != nil {
			return fmt.Errorf("lock %s in the new database (does a server run on it?): %w", t.name, err)
		}
	}
	if t.name == "meta" {
		_, err := m.new.Exec(m.ctx, `DELETE FROM meta`)
		return err
	}
	var used bool
	if err := m.new.QueryRow(m.ctx, `SELECT EXISTS (SELECT 1 FROM `+name+`)`).Scan(&used); err != nil {
		return err
	}
	if used {
		return fmt.Errorf("the new database is in use: it has rows in %s; give an empty one", t.name)
	}
	return nil
}

// read returns the old table's rows, in order of the key.
func (m *mover) read(t table) (*sqliteRows, error) {
	return m.old.on.(*conn).query(`SELECT `+strings.Join(t.read, ", ")+` FROM `+quoted(t.name)+` ORDER BY `+quoted(t.key...), nil)
}

func (m *mover) copy(t table) (int64, error) {
	rows, err := m.read(t)
	if err != nil {
		return 0, err
	}
	n, err := m.new.CopyFrom(m.ctx, pgx.Identifier{t.name}, t.columns, oldRows{rows, len(t.columns)})
	return n, errors.Join(err, rows.Close())
}

// compare reads a table in both databases, side by side.
func (m *mover) compare(t table, n int64) error {
	before, err := m.read(t)
	if err != nil {
		return err
	}
	defer before.Close() //nolint:errcheck // what is wrong is seen by Err
	after, err := m.new.Query(m.ctx, `SELECT `+quoted(t.columns...)+` FROM `+quoted(t.name)+` ORDER BY `+quoted(t.key...))
	if err != nil {
		return err
	}
	defer after.Close()
	old := oldRows{before, len(t.columns)}
	for row := range n {
		if !old.Next() || !after.Next() {
			return errors.Join(fmt.Errorf("row %d of %d is not there", row+1, n), old.Err(), after.Err())
		}
		if err := sameRow(t, old, after); err != nil {
			return fmt.Errorf("row %d: %w", row+1, err)
		}
	}
	if old.Next() || after.Next() {
		return fmt.Errorf("there are more than the %d rows that were copied", n)
	}
	return errors.Join(before.Err(), after.Err())
}

func sameRow(t table, old oldRows, after pgx.Rows) error {
	was, err := old.Values()
	if err != nil {
		return err
	}
	is, err := after.Values()
	if err != nil {
		return err
	}
	for i, column := range t.columns {
		if !sameValue(was[i], is[i]) {
			return fmt.Errorf("%s is another one after the copy", column)
		}
	}
	return nil
}

// sameValue compares what the two databases return for the same.
func sameValue(was, is any) bool {
	switch v := is.(type) {
	case int16:
		is = int64(v)
	case int32:
		is = int64(v)
	case []byte:
		w, ok := was.([]byte)
		return ok && bytes.Equal(v, w)
	}
	return was == is
}

// oldRows are rows of the old database as pgx copies them.
type oldRows struct {
	*sqliteRows
	columns int
}

// Values returns the present row.
func (r oldRows) Values() ([]any, error) {
	values, places := make([]any, r.columns), make([]any, r.columns)
	for i := range values {
		places[i] = &values[i]
	}
	return values, r.Scan(places...)
}
