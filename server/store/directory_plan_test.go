package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"foyer/directory"
	"foyer/protocol"
)

// plan returns how SQLite carries query out, one step a line.
func plan(t *testing.T, s *Store, query string, args ...any) string {
	var steps []string
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		return tx.rows(`EXPLAIN QUERY PLAN `+query, func(r scanner) error {
			var id, parent, unused int
			var step string
			err := r.Scan(&id, &parent, &unused, &step)
			steps = append(steps, step)
			return err
		}, args...)
	}))
	return strings.Join(steps, "\n")
}

func TestSearchReadsAnIndexAndNothingElse(t *testing.T) {
	s, err := Open(t.Context(), "sqlite::memory:", Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	b := []byte("x")
	for query, args := range map[string][]any{
		findByWord:     {b, "", b, "", "", b, 1},
		findByAddress:  {"", "", "", 1},
		userByUsername: {""},
		usersByEmail:   {"", 1},
		usersByPhone:   {"", 1},
	} {
		steps := plan(t, s, query, args...)
		require.NotContains(t, steps, "SCAN", query)
	}
	steps := plan(t, s, findByWord, b, "", b, "", "", b, 1)
	require.Contains(t, steps, "USING COVERING INDEX", "the words are walked in the order of the hits")
	require.NotContains(t, steps, "TEMP B-TREE")
	steps = plan(t, s, met, "", 1, 1, "", 1, 1)
	require.Contains(t, steps, "SEARCH m USING INDEX stays_user")
	require.Contains(t, steps, "SEARCH o USING COVERING INDEX stays_session")
}

// BenchmarkFindByWord looks a page up among many whose names begin alike.
func BenchmarkFindByWord(b *testing.B) {
	s := benchStore(b)
	require.NoError(b, s.Update(b.Context(), func(tx *Tx) error {
		for i := range 50_000 {
			u := directory.User{ID: fmt.Sprint(i), Name: fmt.Sprintf("Sam %d", i), Username: fmt.Sprintf("sam%d", i), Settings: protocol.DefaultSettings()}
			if err := (directoryTx{tx}).Save(u); err != nil {
				return err
			}
		}
		return nil
	}))
	service := directory.New(s.Directory(), time.Now)
	for b.Loop() {
		users, _, err := service.Search(b.Context(), "me", "sa", "", 50)
		if err != nil || len(users) != 50 {
			b.Fatal(len(users), err)
		}
	}
}

// BenchmarkMet is somebody who came often to a lobby that many others come to.
func BenchmarkMet(b *testing.B) {
	s := benchStore(b)
	month := int64(30 * 24 * time.Hour / time.Millisecond)
	now := time.Now().UnixMilli()
	require.NoError(b, s.Update(b.Context(), func(tx *Tx) error {
		for i := range 20_000 {
			from := now - month + int64(i)*month/20_000
			if _, err := tx.exec(`INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING`, fmt.Sprint(i%2000)); err != nil {
				return err
			}
			if _, err := tx.exec(`INSERT INTO stays (session_id, user_id, from_at, to_at) VALUES ('lobby', $1, $2, $3)`, fmt.Sprint(i%2000), from, from+month/100); err != nil {
				return err
			}
		}
		return nil
	}))
	service := directory.New(s.Directory(), time.Now)
	for b.Loop() {
		users, _, err := service.Recent(b.Context(), "7", "", 50)
		if err != nil || len(users) != 50 {
			b.Fatal(len(users), err)
		}
	}
}

func benchStore(b *testing.B) *Store {
	s, err := Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "x.db"), Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return s
}
