package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"foyer/invitation"
	"foyer/server/store"
	"foyer/server/store/storetest"
	"foyer/server/store/testservice"
)

// walks are the statements that may read an index or a table from its beginning, with the reason.
var walks = map[string]string{
	`persistent = 0`:             "whatever is to be watched at the start is wanted as a whole",
	`FROM stays WHERE to_at = 0`: "so is who was there before a crash",
	`session_members`:            "so is who was in a session before the restart",
	`visibility <> 'private'`:    "a list of sessions ends when its page is full",
	`MAX(from_at)`:               "the ends of two indexes",
	`FROM meta`:                  "has one row",
	`goose_db_version`:           "has a row for each migration",
	`sqlite_`:                    "the schema",
	`SELECT 1`:                   "reads nothing",
	`fate = 0 AND expires_at >`:  "the beginning of an index",
	`ORDER BY rowid LIMIT`:       "the oldest rows, a number of them",
	`VALUES ($2, $1), (`:         "rows that came with the statement",
}

func mayWalk(query string) bool {
	for part := range walks {
		if strings.Contains(query, part) {
			return true
		}
	}
	return false
}

// everyStatement returns what the rooms ask of a database, as the conformance suites have them ask it.
func everyStatement(t *testing.T) []string {
	all := map[string]bool{}
	open := func(t *testing.T) *store.Store {
		s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{})
		require.NoError(t, err)
		t.Cleanup(func() {
			for _, query := range store.Statements(s) {
				all[query] = true
			}
		})
		return s
	}
	storetest.Invitations(t, open)
	storetest.Directory(t, open)
	storetest.Sessions(t, open)
	t.Run("clearing away", func(t *testing.T) {
		s := open(t)
		defer func() { require.NoError(t, s.Close()) }()
		require.NoError(t, s.Trim(t.Context()))
		_, err := s.Log(t.Context(), "ada", 0)
		require.NoError(t, err)
		tail, err := s.Tail(t.Context(), "")
		require.NoError(t, err)
		_, err = s.Tail(t.Context(), tail.Mark)
		require.NoError(t, err)
		room := invitation.New(s.Invitations(), invitation.DefaultConfig(), invitation.Options{})
		_, err = room.Purge(t.Context(), 10)
		require.NoError(t, err)
	})
	require.Greater(t, len(all), 80)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(query string) bool {
		for _, control := range []string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "CREATE", "DROP", "ALTER"} {
			if strings.HasPrefix(query, control) {
				return true
			}
		}
		return mayWalk(query)
	})
}

var place = regexp.MustCompile(`\$(\d+)`)

func places(query string) int {
	most := 0
	for _, m := range place.FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(m[1])
		most = max(most, n)
	}
	return most
}

// TestNothingReadsATableThatGrows looks at the plan of each statement: what it costs has to depend on what it returns,
// not on how many users, pairs and invitations there are.
func TestNothingReadsATableThatGrows(t *testing.T) {
	statements := everyStatement(t)
	t.Run("sqlite", func(t *testing.T) {
		s, err := store.Open(t.Context(), "sqlite::memory:", store.Options{})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		for _, query := range statements {
			for _, step := range store.Plan(t, s, query, make([]any, places(query))) {
				derived := strings.HasPrefix(step+" ", "SCAN c ") || strings.Contains(step, "SCAN CONSTANT") || step == "SCAN t" || strings.HasPrefix(step, "SCAN (")
				require.False(t, strings.HasPrefix(step, "SCAN") && !derived, "%s\n%s", query, step)
			}
		}
	})
	t.Run("postgresql", func(t *testing.T) { plansOnPostgreSQL(t, statements) })
}

// crowd is enough of everything for PostgreSQL to take an index where there is one.
const crowd = `
INSERT INTO users (id, name_key, username_key, email_key, phone_key) SELECT 'u' || g, 'n' || g, 'n' || g, 'e' || g, 'p' || g FROM generate_series(1, 20000) g;
INSERT INTO user_words SELECT ('n' || g)::bytea, 'u' || g FROM generate_series(1, 20000) g;
INSERT INTO pairs SELECT 'u' || g, 'u' || g * 7 % 20000, 1, 0, 0, g % 5, 'i' || g, 0, 0, '', 0, 2, 'i' || g, CASE WHEN g % 50 = 0 THEN 1 ELSE 0 END, 0, '', 0 FROM generate_series(1, 30000) g;
INSERT INTO invitations SELECT 'i' || g, 'u' || g % 5000, CASE WHEN g % 10 = 0 THEN '' ELSE 'u' || g * 7 % 20000 END, 'u' || g % 20000, 'u' || g * 7 % 20000, 't' || g, '', 'in_app', '', '', g, g + 1000,
	CASE WHEN g % 5 = 0 THEN 0 ELSE g % 4 END, g, g % 6, 0, g % 2, 1 FROM generate_series(1, 50000) g;
INSERT INTO outbox SELECT 'i' || g, 0, g FROM generate_series(1, 5000) g;
INSERT INTO audit SELECT 'a' || g, g, 'x', 'x', 'u' || g, '', 1 FROM generate_series(1, 5000) g;
INSERT INTO changes SELECT 'u' || g % 1000, g, 'relation', repeat('x', 300), g, g FROM generate_series(1, 100000) g;
INSERT INTO operations SELECT 'u' || g % 1000, 'o' || g, 'm', 'd', repeat('x', 300), g FROM generate_series(1, 100000) g;
INSERT INTO sessions SELECT 's' || g, 'n', 'n', CASE WHEN g % 3 = 0 THEN 'private' ELSE 'public' END, 1, 0, '', g % 2, '{}', 20, g, 'u' || g % 500, 0, 1 FROM generate_series(1, 5000) g;
INSERT INTO session_bans SELECT 's' || g % 500, 'u' || g, '', '', g FROM generate_series(1, 10000) g;
INSERT INTO stays SELECT 's' || g % 2000, 'u' || g % 20000, g, CASE WHEN g % 100 = 0 THEN 0 ELSE g + 100 END FROM generate_series(1, 200000) g;
ANALYZE;`

func plansOnPostgreSQL(t *testing.T, statements []string) {
	dsn := testservice.PostgreSQL(t)
	s, err := store.Open(t.Context(), dsn, store.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	c, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close(t.Context())) }()
	// The plan has to do for whatever is asked for: one that is made for all.
	_, err = c.Exec(t.Context(), crowd+`SET plan_cache_mode = force_generic_plan`, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	looked := 0
	for i, query := range append(statements, store.Locking()...) {
		if strings.Contains(query, "MAX(mark)") || strings.Contains(query, "rowid") { // SQLite's own
			continue
		}
		name := fmt.Sprint("s", i)
		_, err := c.Exec(t.Context(), `PREPARE `+name+` AS `+query, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err, query)
		var values string
		if n := places(query); n > 0 {
			values = "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
		}
		var plan []byte
		require.NoError(t, c.QueryRow(t.Context(), `EXPLAIN (FORMAT JSON) EXECUTE `+name+values, pgx.QueryExecModeSimpleProtocol).Scan(&plan), query)
		var plans []struct{ Plan node }
		require.NoError(t, json.Unmarshal(plan, &plans))
		looked++
		require.Empty(t, plans[0].Plan.walks(), "%s\n%s", query, plan)
	}
	require.Greater(t, looked, 60)
}

// node is a step of PostgreSQL's plan.
type node struct {
	Type  string `json:"Node Type"`
	Table string `json:"Relation Name"`
	Cond  string `json:"Index Cond"`
	Plans []node
}

// walks returns the tables that are read otherwise than by a condition on an index.
func (n node) walks() []string {
	var tables []string
	switch n.Type {
	case "Seq Scan":
		tables = append(tables, n.Table)
	case "Index Scan", "Index Only Scan", "Bitmap Index Scan":
		if n.Cond == "" {
			tables = append(tables, n.Table+" by a whole index")
		}
	}
	for _, p := range n.Plans {
		tables = append(tables, p.walks()...)
	}
	return tables
}
