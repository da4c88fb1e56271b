package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// kind is how a transaction is made.
type kind struct {
	begin  string
	writes bool
	places chan struct{}
}

// attemptsMax is how often a transaction is run that others get in the way of.
const attemptsMax = 12

// run carries fn out in a transaction within the patience, again and again if others get in its way or a connection
// turns out to be lost before anything was committed. The caller's ctx ends the waiting, not what has begun: an
// acknowledgement must not get lost.
func (p *postgres) run(ctx context.Context, k *kind, fn func(*Tx) error) error {
	patience, ok := p.gate.enter(p.patience)
	began := time.Now()
	if !ok {
		return unavailable(errStalled, false)
	}
	deadline := began.Add(patience)
	wait, stop := context.WithDeadline(ctx, deadline)
	defer stop()
	select {
	case k.places <- struct{}{}:
		defer func() { <-k.places }()
	case <-wait.Done():
		return unavailable(wait.Err(), false)
	}
	if err := wait.Err(); err != nil {
		return unavailable(err, false)
	}
	work, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	conflicts, lost := 0, 0
	for {
		o := p.once(work, k, fn)
		p.gate.leave(began, o.hindrance == stalled)
		switch o.hindrance {
		case conflict:
			conflicts++
			if conflicts >= attemptsMax || !pause(work, conflicts) {
				return o.err
			}
		case broken:
			// Each attempt uses up one of the connections that were in the pool when the server went.
			if lost++; lost > p.size {
				return o.err
			}
		case none, away, stalled:
			return o.err
		}
	}
}

// pause waits a random while that grows with the attempts. It reports whether there is time left.
func pause(ctx context.Context, attempts int) bool {
	t := time.NewTimer(rand.N(time.Millisecond << min(attempts, 7))) //nolint:gosec // no secret
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hindrance is what kept a transaction from being carried out.
type hindrance int

const (
	none     hindrance = iota // carried out, or refused by its function
	conflict                  // others got in the way: worth another attempt
	broken                    // the connection was lost, nothing is committed: worth another attempt on another one
	away                      // the database can't or won't
	stalled                   // the database didn't answer in time
)

// outcome is what became of one attempt.
type outcome struct {
	err error
	hindrance
}

func (p *postgres) once(ctx context.Context, k *kind, fn func(*Tx) error) outcome {
	c, err := p.db.Conn(ctx)
	if err != nil {
		h := away
		if timedOut(err) {
			h = stalled
		}
		return outcome{unavailable(withoutAddress(err), false), h}
	}
	on := postgresConn{ctx, c}
	if _, err := on.exec(k.begin, nil); err != nil {
		return on.failed(err)
	}
	tx := &Tx{on: on, words: &postgresWords, locks: k.writes}
	err = tx.run(fn)
	switch {
	case tx.broken != nil:
		return on.failed(tx.broken)
	case err == nil && k.writes:
		return on.commit()
	}
	on.rollback()
	return outcome{err, none}
}

// postgresConn is one connection during one attempt. Its statements end with ctx. Each way to end the attempt gives the
// connection back.
type postgresConn struct {
	ctx context.Context
	c   *sql.Conn
}

func (p postgresConn) exec(query string, args []any) (sql.Result, error) {
	return p.c.ExecContext(p.ctx, query, args...)
}

func (p postgresConn) query(query string, args []any) (*sql.Rows, error) {
	return p.c.QueryContext(p.ctx, query, args...)
}

func (p postgresConn) queryRow(query string, args []any) (*sql.Row, error) {
	return p.c.QueryRowContext(p.ctx, query, args...), nil
}

// commit commits. If the server does not say whether it did, that is unknown.
func (p postgresConn) commit() outcome {
	_, err := p.exec(`COMMIT`, nil)
	if err == nil {
		p.release(false)
		return outcome{nil, none}
	}
	h := p.hindrance(err)
	p.release(true)
	var e *pgconn.PgError
	if errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" { // undone
		return outcome{unavailable(err, false), h}
	}
	// Not even driver.ErrBadConn proves that COMMIT wasn't sent: pgx says so of an answer that was lost, too.
	if h == stalled {
		return outcome{unavailable(err, true), stalled}
	}
	return outcome{unavailable(err, true), away}
}

// failed ends an attempt whose statement failed: nothing of it is kept.
func (p postgresConn) failed(err error) outcome {
	h := p.hindrance(err)
	if h == broken {
		p.release(true)
	} else {
		p.rollback()
	}
	return outcome{unavailable(err, false), h}
}

// rollbackWithin is how long undoing may take before the connection is given up, which undoes as well.
const rollbackWithin = time.Second

func (p postgresConn) rollback() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), rollbackWithin)
	defer cancel()
	_, err := p.c.ExecContext(ctx, `ROLLBACK`)
	p.release(err != nil)
}

// release gives the connection back to the pool, or away.
func (p postgresConn) release(discard bool) {
	if discard {
		_ = p.c.Raw(func(any) error { return driver.ErrBadConn }) // what it returns is what it was given
	}
	_ = p.c.Close() // closed already if it was discarded
}

// hindrance tells what a statement's error means.
func (p postgresConn) hindrance(err error) hindrance {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case strings.HasPrefix(e.Code, "40"), // serialization, deadlock
			e.Code == "23505", // somebody else inserted it first
			e.Code == "0A000": // the tables changed under a prepared statement
			return conflict
		case strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "08"), // the server stops
			e.Code == "25006": // it is a standby now
			return broken
		}
		return away
	}
	switch {
	case timedOut(err):
		return stalled
	case p.lost():
		return broken
	}
	return away
}

// lost reports whether the connection can't be used any more.
func (p postgresConn) lost() bool {
	lost := true
	_ = p.c.Raw(func(c any) error { // an error: it was lost before
		if c, ok := c.(*stdlib.Conn); ok {
			lost = c.Conn().IsClosed()
		}
		return nil
	})
	return lost
}

func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)
}

// withoutAddress keeps of a failure to connect what doesn't name the host, the user and the database.
func withoutAddress(err error) error {
	var e *pgconn.ConnectError
	if errors.As(err, &e) && e.Unwrap() != nil {
		return e.Unwrap()
	}
	return err
}

// asked reports whether dsn sets a parameter.
func asked(dsn, name string) bool {
	u, err := url.Parse(dsn)
	return err == nil && u.Query().Has(name)
}
