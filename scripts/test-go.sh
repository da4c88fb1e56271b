#!/usr/bin/env bash
# The Go tests, with the race detector. Arguments: packages (all of them unless told).
. "$(dirname "$0")/lib.sh"

exec go test -race -timeout 8m "${@:-./...}"
