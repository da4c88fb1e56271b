#!/usr/bin/env bash
# Runs the pinned golangci-lint, building it from source the first time (some minutes) into the tools cache.
. "$(dirname "$0")/lib.sh"

version=v2.15.0
bin=$TOOLS/golangci-lint-$version-$(go env GOVERSION)/golangci-lint
if [ ! -x "$bin" ]; then
	say "building golangci-lint $version into $(dirname "$bin"), once; this takes a few minutes"
	mkdir -p "$(dirname "$bin")"
	# Outside of the module: the linter's own dependencies are not Foyer's.
	(cd "$(dirname "$bin")" && GOFLAGS= GOBIN=$(dirname "$bin") go install \
		"github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version")
fi
exec "$bin" "$@"
