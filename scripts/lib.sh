# Shared by the scripts here: where the project is, how to say things, where tools are kept. Source it, don't run it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Tools that are built from source once and then kept, outside of the checkout.
TOOLS=${FOYER_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/foyer/tools}
cd "$ROOT"

say() { printf '== %s\n' "$*" >&2; }
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# js_packages prints each folder whose node packages the tests or the generators need.
js_packages() {
	git ls-files --cached --others --exclude-standard '*package-lock.json' | xargs -r -n1 dirname | sort
}

# chromium_path prints the browser that the tests drive: $CHROMIUM, else the first one found.
chromium_path() {
	if [ -n "${CHROMIUM:-}" ]; then
		[ -x "$CHROMIUM" ] && printf '%s\n' "$CHROMIUM"
		return
	fi
	local name
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		command -v "$name" 2>/dev/null && return
	done
	return 1
}
