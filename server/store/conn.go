package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements are what a Tx runs on: one connection inside a transaction.
type statements interface {
	exec(query string, args []any) (sql.Result, error)
	query(query string, args []any) (*sql.Rows, error)
	queryRow(query string, args []any) (*sql.Row, error)
}

// conn is one connection to SQLite with its prepared statements. One goroutine at a time uses it.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func newConn(c *sql.Conn) *conn { return &conn{c: c, stmts: map[string]*sql.Stmt{}} }

// stmt returns query prepared, from the second time on without asking the database.
func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	c.stmts[query] = s
	return s, nil
}

func (c *conn) exec(query string, args []any) (sql.Result, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

func (c *conn) query(query string, args []any) (*sql.Rows, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

func (c *conn) queryRow(query string, args []any) (*sql.Row, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryRowContext(context.Background(), args...), nil
}

// control runs a statement that begins or ends something.
func (c *conn) control(query string) error {
	_, err := c.exec(query, nil)
	return err
}

// snapshot runs fn between BEGIN and ROLLBACK: what it reads belongs together.
func (c *conn) snapshot(fn func(*Tx) error) error {
	if err := c.control(`BEGIN`); err != nil {
		return unavailable(err, false)
	}
	tx := &Tx{on: c, words: &sqliteWords}
	err := tx.run(fn)
	if e := c.control(`ROLLBACK`); e != nil {
		return unavailable(errors.Join(err, e), false)
	}
	return err
}

func (c *conn) close() error {
	var err error
	for _, s := range c.stmts {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.c.Close())
}
