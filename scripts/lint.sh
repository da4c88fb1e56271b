#!/usr/bin/env bash
# What is checked without running anything.
. "$(dirname "$0")/lib.sh"

say 'lint'
go mod tidy -diff
scripts/golangci-lint.sh run ./...
# A shell script that does not parse would be noticed only on the day it is needed.
for script in scripts/*.sh .ci/run; do bash -n "$script"; done
