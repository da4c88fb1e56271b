package testservice

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// Twice runs a package's tests on SQLite in memory and then, if they passed, on PostgreSQL. It sets open to what opens
// an empty database of the kind. Call it in TestMain.
func Twice(m *testing.M, open *func(testing.TB) string) int {
	flag.Parse()
	*open = Databases["memory"]
	if code := m.Run(); code != 0 || given("test.list") || given("test.fuzz") || given("test.bench") {
		return code
	}
	fmt.Fprintln(os.Stderr, "the same on PostgreSQL:")
	*open = PostgreSQL
	return m.Run()
}

func given(name string) bool { return flag.Lookup(name).Value.String() != "" }
