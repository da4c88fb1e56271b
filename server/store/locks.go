package store

import (
	"hash/fnv"
	"io"
	"slices"
)

// SQLite has one writer: whoever writes sees what will stand. On PostgreSQL transactions write side by side, at READ
// COMMITTED, so that each statement sees what was committed before it began; what a decision rests on is therefore
// locked first and read by a later statement. The order is the same everywhere: a client's op_id, then users by id,
// then the pair, the session or the name. Where a request can't keep to it, a deadlock ends one of the two, which is
// run again.

// forUpdate returns query such that its rows stay as they are until the transaction ends.
func (tx *Tx) forUpdate(query string) string {
	if !tx.locks {
		return query
	}
	return query + ` FOR UPDATE`
}

// unlocked returns query such that its rows are this transaction's alone, without those that are another's already.
func (tx *Tx) unlocked(query string) string {
	if !tx.locks {
		return query
	}
	return query + ` FOR UPDATE SKIP LOCKED`
}

// lockUsers locks those of ids that are known, in the order of their ids, before whatever is read next.
func (tx *Tx) lockUsers(ids []string) error {
	if !tx.locks {
		return nil
	}
	return inChunks(slices.Sorted(slices.Values(ids)), func(places string, args []any) error {
		return tx.later(`SELECT id FROM users WHERE id IN (`+places+`) ORDER BY id FOR UPDATE`, args...)
	})
}

// What lockName can lock that may have no row of its own.
const (
	lockOperation = "operation"
	lockUsername  = "username"
	lockNewUser   = "user"
	lockCreator   = "creator"
	lockMembers   = "members"
)

// lockName locks something that has a name and perhaps no row, before whatever is read next. Two names may share a
// lock, which costs a wait.
func (tx *Tx) lockName(kind string, names ...string) error {
	if !tx.locks {
		return nil
	}
	h := fnv.New64a()
	for _, s := range append(names, kind) {
		_, _ = io.WriteString(h, s+"\x00") // a hash takes everything
	}
	return tx.later(`SELECT pg_advisory_xact_lock($1)`, int64(h.Sum64()))
}
