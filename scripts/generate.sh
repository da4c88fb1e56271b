#!/usr/bin/env bash
# Renews each file that is generated and committed. With --check, also fails when that changed one, and has the AsyncAPI
# document validated.
. "$(dirname "$0")/lib.sh"

outputs=(docs/asyncapi.json docs/configuration.md server/tablet/dist)

go run ./protocol/asyncapi -o docs/asyncapi.json
go run ./cmd/foyer config reference >docs/configuration.md
go generate ./server/tablet

[ "${1:-}" = --check ] || exit 0

stale=$(git status --porcelain --untracked-files=all -- "${outputs[@]}")
if [ -n "$stale" ]; then
	git --no-pager diff --stat -- "${outputs[@]}" >&2
	die "generated files were not current. Commit what \`make generate\` made of them:
$stale"
fi
(cd protocol/asyncapi/check && node check.mjs)
