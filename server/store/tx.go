package store

import (
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"

	"foyer/protocol"
)

// Tx is one request's view of the database, inside a transaction. It is valid until the function that got it returns.
type Tx struct {
	on     statements
	words  *words
	locks  bool  // whether others may write at the same time: what is read to be decided on has to be locked
	broken error // the first failure of the database itself
}

// words is what cannot be said to both databases alike.
type words struct {
	logChange string // inserts into changes, marked so that a reader of the log's tail finds it
	tailMark  string // selects the least mark that a change may have which this snapshot does not see
}

// scanner is a row to be read.
type scanner interface{ Scan(dest ...any) error }

// run calls fn. A panic becomes an error, so that it harms no other request in the transaction; a failure of the
// database becomes protocol.Unavailable whatever fn made of it.
func (tx *Tx) run(fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
		if tx.broken != nil {
			err = unavailable(tx.broken, false)
		}
	}()
	return fn(tx)
}

// exec runs a statement and returns how many rows it changed.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	r, err := tx.on.exec(query, args)
	if err != nil {
		return 0, tx.failed(err)
	}
	return r.RowsAffected()
}

// row runs a query for at most one row; Scan returns sql.ErrNoRows when there is none.
func (tx *Tx) row(query string, args ...any) scanner {
	r, err := tx.on.queryRow(query, args)
	if err != nil {
		return failedRow{tx.failed(err)}
	}
	return oneRow{tx, r}
}

// rows runs a query and calls scan for each row, in order, until scan returns an error.
func (tx *Tx) rows(query string, scan func(scanner) error, args ...any) error {
	rows, err := tx.on.query(query, args)
	if err != nil {
		return tx.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return tx.failed(err)
	}
	return nil
}

// failed remembers a failure of the database. A violated constraint is one too: statements say ON CONFLICT where a
// conflict is possible.
func (tx *Tx) failed(err error) error {
	if tx.broken == nil {
		tx.broken = err
	}
	return err
}

type oneRow struct {
	tx  *Tx
	row *sql.Row
}

func (r oneRow) Scan(dest ...any) error {
	err := r.row.Scan(dest...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return r.tx.failed(err)
	}
	return err
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// Operation is a durable change that a client named with op_id, and its stripped result.
type Operation struct {
	UserID string
	OpID   string
	Method protocol.Method
	Digest string // of the decoded params
	Result []byte
	At     int64 // Unix milliseconds
}

// operationKept is how long an op_id is remembered, in milliseconds.
const operationKept = 24 * 60 * 60 * 1000

// Operation returns what userID's op_id was used for in the 24 hours before now, if anything. A transaction that asks
// makes others that ask for the same wait; it has to ask before it locks anything else.
func (tx *Tx) Operation(userID, opID string, now int64) (Operation, bool, error) {
	o := Operation{UserID: userID, OpID: opID}
	if err := tx.lockName(lockOperation, userID, opID); err != nil {
		return o, false, err
	}
	err := tx.row(`SELECT method, digest, result, at FROM operations WHERE user_id = $1 AND op_id = $2 AND at > $3`, userID, opID, now-operationKept).
		Scan(&o.Method, &o.Digest, &o.Result, &o.At)
	if errors.Is(err, sql.ErrNoRows) {
		return o, false, nil
	}
	return o, err == nil, err
}

// SaveOperation remembers o.
func (tx *Tx) SaveOperation(o Operation) error {
	_, err := tx.exec(`INSERT INTO operations (user_id, op_id, method, digest, result, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (user_id, op_id) DO UPDATE SET method = excluded.method, digest = excluded.digest, result = excluded.result, at = excluded.at`,
		o.UserID, o.OpID, string(o.Method), o.Digest, string(o.Result), o.At)
	return err
}
