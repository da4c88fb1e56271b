package testservice

import (
	"path/filepath"
	"testing"
)

// Databases are those that a store has to keep its promises on, each empty.
var Databases = map[string]func(t testing.TB) (dsn string){
	"memory":     func(testing.TB) string { return "sqlite::memory:" },
	"file":       func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "foyer.db") },
	"postgresql": PostgreSQL,
}

// Each runs test on each of Databases.
func Each(t *testing.T, test func(t *testing.T, dsn func(t testing.TB) string)) {
	for name, dsn := range Databases {
		t.Run(name, func(t *testing.T) { test(t, dsn) })
	}
}
