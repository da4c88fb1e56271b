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
	writes bool
	locks  bool  // whether others may write at the same time: what is read to be decided on has to be locked
	broken error // the first failure of the database itself

	// waiting are statements that nobody needs the answer of, to be carried out before the next one or the commit.
	// Only where an answer is a way away do they wait.
	waiting []*statement
	remote  bool
	// revs are the revisions of users whom this transaction has locked.
	revs map[string]int64
}

// statement is one statement and its outcome.
type statement struct {
	query string
	args  []any
	scan  func(scanner) error // is called for each row; nil when rows don't matter
	rows  int64               // how many were changed or read
	err   error               // what scan returned; it ends the reading, not the transaction
}

// statements are what a Tx runs on: one connection inside a transaction.
type statements interface {
	// run carries out a batch in order, each statement seeing what those before it did, at the price of one round
	// trip. It stops at the first failure of the database and returns that.
	run(batch []*statement) error
}

// words is what cannot be said to both databases alike.
type words struct {
	// logChange inserts into changes, marked so that a reader of the log's tail finds it, and raises the user's revision.
	logChange []string
	// tailMark selects which changes this snapshot sees, as PostgreSQL writes its snapshots: "least:next:others". It sees those
	// marked with less than next, but not those marked with one of the others (separated by commas).
	tailMark string
	newer    string // holds for changes that a snapshot doesn't see, by its next ($1) and its others ($2)
	// deleteOld deletes what is older than $1 of a table whose rows come in order of time, the oldest first; otherwise it
	// is like deleteSome.
	deleteOld string
	// deleteSome deletes, of a table, rows for which something holds, a number of them at most, and none that somebody
	// else is about to delete.
	deleteSome string
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
	st := &statement{query: query, args: args}
	err := tx.together(st)
	return st.rows, err
}

// later runs a statement whose answer decides nothing, before whatever the transaction does next. What is wrong with it
// turns up then, at the latest when the transaction is to be committed.
func (tx *Tx) later(query string, args ...any) error {
	st := &statement{query: query, args: args}
	if !tx.remote {
		return tx.together(st)
	}
	tx.waiting = append(tx.waiting, st)
	if len(tx.waiting) < waitingMax {
		return nil
	}
	return tx.together()
}

// waitingMax is how many statements wait at most.
const waitingMax = 256

// row runs a query for at most one row; Scan returns sql.ErrNoRows when there is none.
func (tx *Tx) row(query string, args ...any) scanner { return &oneRow{tx, query, args} }

// rows runs a query and calls scan for each row, in order, until scan returns an error.
func (tx *Tx) rows(query string, scan func(scanner) error, args ...any) error {
	return tx.together(&statement{query: query, args: args, scan: scan})
}

// together runs statements of which none decides about another, each seeing what those before it did. It returns the
// first error of a scan if the database had none.
func (tx *Tx) together(batch ...*statement) error {
	if tx.broken != nil {
		return tx.broken // SQLite may have undone all before, and would keep what comes now by itself
	}
	if len(tx.waiting) > 0 {
		batch, tx.waiting = append(tx.waiting, batch...), nil
	}
	if err := tx.on.run(batch); err != nil {
		return tx.failed(err)
	}
	for _, st := range batch {
		if st.err != nil {
			return st.err
		}
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

// oneRow is a query that is run when its row is wanted.
type oneRow struct {
	tx    *Tx
	query string
	args  []any
}

// Scan implements scanner.
func (r *oneRow) Scan(dest ...any) error {
	found := false
	err := r.tx.rows(r.query, func(row scanner) error {
		if found {
			return nil
		}
		found = true
		return row.Scan(dest...)
	}, r.args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

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
	return tx.later(`INSERT INTO operations (user_id, op_id, method, digest, result, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (user_id, op_id) DO UPDATE SET method = excluded.method, digest = excluded.digest, result = excluded.result, at = excluded.at`,
		o.UserID, o.OpID, string(o.Method), o.Digest, string(o.Result), o.At)
}
