#!/usr/bin/env bash
# Runs every fuzz target for $FUZZTIME (10s unless told), one after the other. Arguments: packages. CI counts executions
# (30000x) instead of seconds: go test can call its own deadline a failure when it falls between two inputs.
. "$(dirname "$0")/lib.sh"

time=${FUZZTIME:-10s}
go list -f '{{.ImportPath}} {{join .TestGoFiles " "}} {{join .XTestGoFiles " "}} {{.Dir}}' "${@:-./...}" |
	while read -r package rest; do
		dir=${rest##* }
		compgen -G "$dir/*_test.go" >/dev/null || continue
		for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | awk '{print $2}' | sort); do
			say "fuzzing $package $target for $time"
			go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package" </dev/null
		done
	done
