package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

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
	if st.scan == nil {
		s, err := c.stmt(st.query)
		if err != nil {
			return err
		}
		r, err := s.ExecContext(context.Background(), st.args...)
		if err != nil {
			return err
		}
		st.rows, err = r.RowsAffected()
		return err
	}
	rows, err := c.query(st.query, st.args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		st.rows++
		if st.err = st.scan(rows); st.err != nil {
			return nil
		}
	}
	return rows.Err()
}

func (c *conn) query(query string, args []any) (*sql.Rows, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

// control runs a statement that begins or ends something.
func (c *conn) control(query string) error {
	return c.one(&statement{query: query})
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
