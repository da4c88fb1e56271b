#!/usr/bin/env bash
# The JavaScript client's unit tests, the tablet's type check and unit tests, then the tests in Chromium against the real
# server. scripts/test-js.sh e2e: only the latter. Exits with a failure if any of them fails, after running them all.
. "$(dirname "$0")/lib.sh"

CHROMIUM=$(chromium_path) || die 'Chromium is missing; run scripts/setup.sh'
export CHROMIUM
web=server/tablet/web
failed=0

if [ "${1:-}" != e2e ]; then
	say 'tablet: types'
	(cd $web && npm run --silent check) || failed=1
	say 'client/js and tablet: unit tests'
	node --test client/js/test/*.test.js $(compgen -G "$web/test/*.test.*") || failed=1
fi
say 'tablet: in Chromium'
(cd $web && node --test e2e/*.test.mjs) || failed=1
exit $failed
