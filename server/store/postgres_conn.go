package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresConn is one connection during one attempt. Its statements end with ctx. Each way to end the attempt gives the
// connection back; the pool keeps it if it is usable and in no transaction.
type postgresConn struct {
	ctx context.Context
	c   *pgxpool.Conn
	// heard is whether the server has answered during this attempt: the connection may have been lost while it was idle.
	heard   bool
	heardAt time.Time
	// undone is whether the last batch ended before its last statement was begun.
	undone bool
}

// run implements statements: all of a batch goes out at once.
func (p *postgresConn) run(batch []*statement) error {
	b := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(batch))}
	for _, st := range batch {
		b.Queue(st.query, st.args...)
	}
	p.undone = false
	if err := p.alive(); err != nil {
		p.undone = true
		return err
	}
	answers := p.c.SendBatch(p.ctx, b)
	for i, st := range batch {
		if err := st.read(answers); err != nil {
			var e *pgconn.PgError
			p.undone = i < len(batch)-1 && errors.As(err, &e)
			p.heard = p.heard || e != nil
			_ = answers.Close() // it says the same
			return err
		}
	}
	p.heard, p.heardAt = true, time.Now()
	return answers.Close()
}

// alive looks whether the server has ended the connection while this node did nothing for long: then nothing is unknown.
func (p *postgresConn) alive() error {
	if !p.heard || time.Since(p.heardAt) < silentWithin/2 {
		return nil
	}
	wait, stop := context.WithTimeout(p.ctx, time.Millisecond)
	defer stop()
	if _, err := p.c.Conn().PgConn().ReceiveMessage(wait); err != nil && !pgconn.Timeout(err) {
		return err
	}
	return nil
}

// read takes the answer to one statement.
func (st *statement) read(answers pgx.BatchResults) error {
	if st.scan == nil {
		tag, err := answers.Exec()
		st.rows = tag.RowsAffected()
		return err
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		st.rows++
		if st.err == nil {
			st.err = st.scan(postgresRow{rows})
		}
	}
	return rows.Err()
}

// postgresRow is a row whose conditions are numbers or truth values, as on SQLite.
type postgresRow struct{ pgx.Rows }

// Scan implements scanner.
func (r postgresRow) Scan(dest ...any) error {
	for i, d := range dest {
		if b, ok := d.(*bool); ok {
			dest[i] = condition{b}
		}
	}
	return r.Rows.Scan(dest...)
}

type condition struct{ is *bool }

// ScanInt64 implements pgtype.Int64Scanner.
func (c condition) ScanInt64(v pgtype.Int8) error {
	*c.is = v.Int64 != 0
	return nil
}

// ScanBool implements pgtype.BoolScanner.
func (c condition) ScanBool(v pgtype.Bool) error {
	*c.is = v.Bool
	return nil
}

// commit carries out what waits, and commits. If the server does not say whether it did, that is unknown.
func (p *postgresConn) commit(tx *Tx) outcome {
	waiting := tx.waiting
	if !p.heard && len(waiting) > 1 {
		// COMMIT is not among the first words on a connection: if that was lost long ago, nothing is unknown.
		if err := p.run(waiting); err != nil {
			return p.failed(err)
		}
		waiting = nil
	}
	if !p.heard { // nothing was asked for
		p.c.Release()
		return outcome{}
	}
	err := p.run(append(waiting, &statement{query: commitAll}))
	if err == nil {
		p.c.Release()
		return outcome{}
	}
	var e *pgconn.PgError
	if p.undone || errors.As(err, &e) && e.SeverityUnlocalized == "ERROR" {
		return p.failed(err)
	}
	p.giveUp()
	return outcome{err: unavailable(err, true), hindrance: away}
}

// failed ends an attempt whose statement failed: nothing of it is kept.
func (p *postgresConn) failed(err error) outcome {
	h := p.hindrance(err)
	if h == broken {
		p.giveUp()
	} else {
		p.rollback()
	}
	return outcome{err: unavailable(err, false), hindrance: h}
}

// rollbackWithin is how long undoing may take before the connection is given up, which undoes as well.
const rollbackWithin = time.Second

// rollback undoes the transaction while nobody waits for it.
func (p *postgresConn) rollback() {
	if !p.heard && !p.c.Conn().IsClosed() { // nothing was begun
		p.c.Release()
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), rollbackWithin)
	defer cancel()
	_, err := p.c.Exec(ctx, rollBack)
	if err != nil {
		p.giveUp()
		return
	}
	p.c.Release()
}

// giveUp takes the connection out of the pool, which would count it until its server has said goodbye, for up to 15 s.
func (p *postgresConn) giveUp() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), time.Millisecond)
	defer cancel()
	_ = p.c.Hijack().Close(ctx) // it is of no use any more
}

// hindrance tells what a statement's error means.
func (p *postgresConn) hindrance(err error) hindrance {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case strings.HasPrefix(e.Code, "40"), // serialization, deadlock
			e.Code == "23505", // somebody else inserted it first
			e.Code == "0A000": // the tables changed under a prepared statement
			return conflict
		case strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "08"), // the server stops
			e.Code == "25P03", // this node did nothing for too long
			e.Code == "25006": // it is a standby now
			return broken
		}
		return away
	}
	if !timedOut(err) && p.c.Conn().IsClosed() {
		return broken
	}
	return away
}
