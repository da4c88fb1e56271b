#!/usr/bin/env bash
# Brings what the tests need: a C compiler for the race detector, node, npm, Chromium, each folder's node packages, and
# Redis, PostgreSQL and haproxy. Debian's packages are installed where something is missing and
# that is possible (root or sudo); where it isn't, this says what to install and fails: no test is skipped for want of
# something. Does nothing, quickly, when all is there. scripts/setup.sh go: only what `go test` needs; demo-cluster: only
# what the demo of several nodes needs.
. "$(dirname "$0")/lib.sh"

only=${1:-all}
packages=() # Debian's names of what is missing
missing=()  # what it is called in the message

# need WHAT CONDITION PACKAGE…: unless the condition holds, the packages are to be installed.
need() {
	local what=$1 condition=$2
	shift 2
	if ! eval "$condition" >/dev/null 2>&1; then
		missing+=("$what")
		packages+=("$@")
	fi
}

node_is_enough() { [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18')" = true ]; }
postgres_path() {
	command -v postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres'
}

# What several nodes need around them. Debian's packages start services of their own; nothing here uses those.
services() {
	need 'redis-server' 'have redis-server' redis-server
	need 'PostgreSQL' 'postgres_path' postgresql
	need 'haproxy' 'have haproxy || [ -x /usr/sbin/haproxy ]' haproxy
}

collect() {
	packages=() missing=()
	if [ "$only" = demo-cluster ]; then
		services
		return
	fi
	need 'a C compiler (for the race detector)' 'have gcc || have clang || have cc' gcc
	need 'the C library headers' '[ "$(uname)" != Linux ] || [ -e /usr/include/stdlib.h ]' libc6-dev
	services
	[ "$only" = go ] && return
	need 'node 18 or newer' 'have node && node_is_enough' nodejs
	need 'npm' 'have npm' npm
	need 'Chromium' 'chromium_path' chromium
	return 0
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		sudo "$@"
	else
		return 1
	fi
}

install_packages() {
	have apt-get || die "missing: ${missing[*]}. Install them with this system's packages (on Debian: ${packages[*]}) and run this again."
	say "installing ${packages[*]} (missing: ${missing[*]})"
	if ! { as_root apt-get update -qq &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >&2; then
		die "missing: ${missing[*]}, and they could not be installed from here. Run this as root and try again:
    apt-get update && apt-get install -y ${packages[*]}"
	fi
}

have go || die 'Go is missing: see https://go.dev/doc/install'
collect
if [ ${#packages[@]} -gt 0 ]; then
	install_packages
	collect
	[ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
fi
case $only in go | demo-cluster) exit 0 ;; esac

# npm ci for each folder whose lock file is not the one that its packages came from.
for folder in $(js_packages); do
	stamp=$folder/node_modules/.lock-checksum
	sum=$(cksum <"$folder/package-lock.json")
	if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
		say "npm ci in $folder"
		(cd "$folder" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) >&2
		printf '%s\n' "$sum" >"$stamp"
	fi
done
