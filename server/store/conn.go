package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// conn is one connection to the database with its prepared statements. One goroutine at a time uses it.
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

func (c *conn) exec(query string) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background())
	return err
}

// snapshot runs fn between BEGIN and ROLLBACK: what it reads belongs together.
func (c *conn) snapshot(fn func(*Tx) error) error {
	if err := c.exec(`BEGIN`); err != nil {
		return unavailable(err, false)
	}
	tx := &Tx{conn: c}
	err := tx.run(fn)
	if e := c.exec(`ROLLBACK`); e != nil {
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
