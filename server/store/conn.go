package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	sqlite3 "zombiezen.com/go/sqlite"
)

// conn is one connection to SQLite with its prepared statements. One goroutine at a time uses it.
type conn struct {
	c     *sqlite3.Conn
	stmts map[string]*prepared
}

// prepared is a statement that SQLite has planned.
type prepared struct {
	*sqlite3.Stmt
	numbers []int // of the parameters, in the order of their first appearance, as SQLite counts them: 0 for $1
}

// pragmas are how each connection is set.
var pragmas = []string{
	"journal_mode = WAL", "synchronous = FULL", "foreign_keys = 1", "temp_store = MEMORY", "cache_size = -16384", "wal_autocheckpoint = 4000",
}

// newConn opens a connection to the file at path, or to a new database in memory for ":memory:".
func newConn(path string) (*conn, error) {
	c, err := sqlite3.OpenConn(path, sqlite3.OpenReadWrite|sqlite3.OpenCreate)
	if err != nil {
		return nil, err
	}
	c.SetBusyTimeout(5 * time.Second)
	db := &conn{c: c, stmts: map[string]*prepared{}}
	for _, p := range pragmas {
		if err := db.control(`PRAGMA ` + p); err != nil {
			return nil, errors.Join(fmt.Errorf("set %s: %w", p, err), db.close())
		}
	}
	return db, nil
}

// stmt returns query prepared, from the second time on without asking the database.
func (c *conn) stmt(query string) (*prepared, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	s, err := c.c.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	p := &prepared{Stmt: s, numbers: make([]int, s.BindParamCount())}
	for i := range p.numbers {
		n, err := strconv.Atoi(strings.TrimPrefix(s.BindParamName(i+1), "$"))
		if err != nil {
			return nil, fmt.Errorf("prepare statement: parameter %d has no number: %w", i+1, err)
		}
		p.numbers[i] = n - 1
	}
	c.stmts[query] = p
	return p, nil
}

// run implements statements.
func (c *conn) run(batch []*statement) error {
	for _, st := range batch {
		if err := c.one(st); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) one(st *statement) error {
	rows, err := c.query(st.query, st.args)
	if err != nil {
		return err
	}
	for rows.Next() {
		if st.scan == nil {
			continue
		}
		st.rows++
		if st.err = st.scan(rows); st.err != nil {
			break
		}
	}
	if st.scan == nil && rows.err == nil {
		st.rows = int64(c.c.Changes())
	}
	return rows.Close()
}

// query begins a statement. The caller closes the rows before the next one.
func (c *conn) query(query string, args []any) (*sqliteRows, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	for i, n := range s.numbers {
		if n >= len(args) {
			return nil, fmt.Errorf("argument %d of %d is missing: %s", n+1, len(args), query)
		}
		if err := bind(s.Stmt, i+1, args[n]); err != nil {
			return nil, err
		}
	}
	return &sqliteRows{s: s.Stmt}, nil
}

// control runs a statement that begins or ends something.
func (c *conn) control(query string) error {
	return c.one(&statement{query: query})
}

// commit ends the transaction. Of one that could not be ended nothing is left, but for unknown: then that is not known.
func (c *conn) commit() (unknown bool, err error) {
	err = c.control(`COMMIT`)
	if err == nil {
		return false, nil
	}
	unknown = c.c.AutocommitEnabled() && mayLast(err)
	if e := c.rollback(); e != nil {
		return true, errors.Join(err, e)
	}
	return unknown, err
}

// mayLast reports whether a transaction may be found in the log after a restart whose commit failed so that SQLite itself
// undid it: one that was not synced may, one for whose end there was no room may not.
func mayLast(failed error) bool { return sqlite3.ErrCode(failed).ToPrimary() != sqlite3.ResultFull }

// rollback undoes the transaction, unless SQLite has done so itself, as it does where a disk is full.
func (c *conn) rollback() error {
	if c.c.AutocommitEnabled() {
		return nil
	}
	return c.control(`ROLLBACK`)
}

// snapshot runs fn between BEGIN and ROLLBACK: what it reads belongs together.
func (c *conn) snapshot(fn func(*Tx) error) error {
	if err := c.control(`BEGIN`); err != nil {
		return unavailable(err, false)
	}
	tx := &Tx{on: c, words: &sqliteWords}
	err := tx.run(fn)
	if e := c.rollback(); e != nil {
		return unavailable(errors.Join(err, e), false)
	}
	return err
}

func (c *conn) close() error { return c.c.Close() }
