package testservice

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"foyer/server/store/pgserver"
)

// Variable is the environment variable that names a PostgreSQL for tests: a postgres:// URL whose user may create schemas.
const Variable = "FOYER_TEST_POSTGRES"

// Postgres is a server of its own.
type Postgres = pgserver.Server

// Start starts a server of one's own. more are lines for postgresql.conf.
func Start(ctx context.Context, more ...string) (*Postgres, error) {
	return pgserver.Start(ctx, more...)
}

// shared is the server for all tests of this process. Its standard input is kept open as long as it is.
var shared = sync.OnceValues(func() (*Postgres, error) {
	if named := os.Getenv(Variable); named != "" {
		return &Postgres{URL: named}, nil
	}
	return Start(context.Background())
})

var schemas atomic.Int64

// PostgreSQL returns the URL of an empty place in a PostgreSQL, which is removed when t ends: a schema of its own.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return Schema(t, server.URL)
}

// Schema returns the URL of an empty schema in a server, which is removed when t ends.
func Schema(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	do := func(query string) {
		ctx := context.Background() // t's has ended when its cleaning up begins
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Fatalf("the PostgreSQL for tests (%s): %v", Variable, err)
		}
		defer c.Close(ctx) //nolint:errcheck // what was to be done is done
		if _, err := c.Exec(ctx, query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	do(`CREATE SCHEMA ` + name)
	t.Cleanup(func() { do(`DROP SCHEMA ` + name + ` CASCADE`) })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is no URL", Variable)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
