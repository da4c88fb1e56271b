#!/usr/bin/env bash
# The Go tests, with the race detector. Arguments: packages (all of them unless told). One PostgreSQL, started for them
# from the installed package in a temporary folder and as an ordinary user, serves all of them; FOYER_TEST_POSTGRES
# names another one (its user has to be allowed to create schemas). A test that needs it fails without it, never skips.
. "$(dirname "$0")/lib.sh"

# The race detector looks at our code. SQLite, which is C made Go, would take most of the time with it and is left out.
flags=(-race '-gcflags=modernc.org/...=-race=false')

# Some tests build the programs: this way no test's time limit runs while everything they stand on is compiled.
go build "${flags[@]}" -o /dev/null ./cmd/foyer
exec go run ./server/store/testservice/with go test "${flags[@]}" -timeout 12m "${@:-./...}"
