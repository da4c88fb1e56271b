#!/usr/bin/env bash
# The JavaScript client's unit tests, the tablet's type check and unit tests; then against the real server, built here
# once: an ordinary JSON-RPC library, and the tablet in Chromium. scripts/test-js.sh e2e: only the latter two. Runs them
# all, and fails if any did.
. "$(dirname "$0")/lib.sh"

CHROMIUM=$(chromium_path) || die 'Chromium is missing; run scripts/setup.sh'
# Node 18 has what the JavaScript client needs of the Web Crypto API, but not yet in the open.
[ "$(node -p 'process.versions.node.split(".")[0]')" = 18 ] && NODE_OPTIONS="${NODE_OPTIONS:-} --experimental-global-webcrypto"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
FOYER_BIN=$folder/foyer
export CHROMIUM FOYER_BIN NODE_OPTIONS
web=server/tablet/web
failed=0

# Some tests wait for what does not come when something is broken: node 18 has no time limit of its own for a file.
run() { timeout 900 node --test "$@" || failed=1; }

if [ "${1:-}" != e2e ]; then
	say 'tablet: types'
	(cd $web && npm run --silent check) || failed=1
	say 'client/js and tablet: unit tests'
	mapfile -t tests < <(compgen -G 'client/js/test/*.test.*' && compgen -G "$web/test/*.test.*")
	run "${tests[@]}"
fi
go build -o "$FOYER_BIN" ./cmd/foyer
say 'a JSON-RPC library against the server'
run cmd/foyer/e2e/rpc-websockets/*.test.mjs
say 'the tablet in Chromium'
run $web/e2e/*.test.mjs
exit $failed
