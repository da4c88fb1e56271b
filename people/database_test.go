package people_test

import (
	"os"
	"testing"

	"foyer/server/store/testservice"
)

// database returns the name of an empty database. All tests here run on each kind of it.
var database func(testing.TB) string

func TestMain(m *testing.M) { os.Exit(testservice.Twice(m, &database)) }
