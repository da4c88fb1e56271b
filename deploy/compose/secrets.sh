#!/bin/sh
# Makes up what compose.yaml keeps secret, in ./secrets (or the folder given). Leaves what is there alone.
set -eu
umask 077
cd "$(dirname "$0")"
folder=${1:-secrets}
if [ -e "$folder" ]; then
	echo "$folder is there already" >&2
	exit 0
fi
mkdir -p "$folder"
new() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
postgres=$(new)
redis=$(new)
new >"$folder/auth"
printf %s "$postgres" >"$folder/postgres_password"
printf 'postgres://foyer:%s@postgres/foyer?sslmode=disable' "$postgres" >"$folder/store"
printf 'redis://foyer:%s@redis:6379' "$redis" >"$folder/redis"
sed "s/PASSWORD/$redis/" ../redis/users.acl >"$folder/users.acl"
# The containers' users are others than this one; the folder keeps everybody else out.
chmod 444 "$folder"/*
