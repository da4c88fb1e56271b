package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// Again has s run each function twice, the first time undone, as a deadlock or a lost connection may ask for.
func Again(s *Store) { s.engine = again{s.engine} }

type again struct{ engine }

var errAgain = errors.New("once more")

func (a again) update(ctx context.Context, fn func(*Tx) error) error {
	err := a.engine.update(ctx, func(tx *Tx) error { return errors.Join(errAgain, fn(tx)) })
	if !errors.Is(err, errAgain) {
		return err
	}
	return a.engine.update(ctx, fn)
}

func (a again) view(ctx context.Context, fn func(*Tx) error) error {
	return a.engine.view(ctx, func(tx *Tx) error {
		_ = fn(tx) // what matters is what the next one returns
		return fn(tx)
	})
}

// Statements returns all that was asked of an SQLite database in memory so far.
func Statements(s *Store) []string {
	return slices.Sorted(maps.Keys(s.engine.(*sqlite).writer.conn.stmts))
}

// Plan returns how SQLite carries query out, step by step.
func Plan(t *testing.T, s *Store, query string, args []any) []string {
	return strings.Split(plan(t, s, query, args...), "\n")
}

// Locking returns what is asked of PostgreSQL in another way than of SQLite, to lock a pair and read it.
func Locking() []string {
	var all recorder
	tx := invitationTx{&Tx{on: &all, words: &postgresWords, writes: true, locks: true, remote: true}}
	_, _ = tx.Pair("", "")
	_, _, _, _ = tx.PairOf("")
	return all
}

// recorder are statements that nobody carries out.
type recorder []string

func (a *recorder) run(batch []*statement) error {
	for _, st := range batch {
		*a = append(*a, st.query)
	}
	return nil
}
