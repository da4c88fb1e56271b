#!/usr/bin/env bash
# Measures Foyer by its own bots, and with BENCH_DIR beside other servers, and writes what it saw into docs/performance.md.
#   scripts/bench.sh [PART…]     all parts unless told: idle poses storm invitations postgres nodes growth go peers
#   BENCH_SHORT=1                everything in small and nothing written: does it work? Its figures mean nothing
#   BENCH_REPS=2                 how often each is repeated; tables have the median and the spread
#   BENCH_DIR=FOLDER             compare with other servers by FOLDER/run (peers); without it that part is left out
#   BENCH_OUT=FOLDER             where results and logs go; a temporary folder unless told
# The server has core 0, the bots core 1, where there are two; processor time is what the system counted for the server.
. "$(dirname "$0")/lib.sh"

short=${BENCH_SHORT:-}
reps=${BENCH_REPS:-2}
[ -n "$short" ] && reps=1
out=${BENCH_OUT:-$(mktemp -d "${TMPDIR:-/tmp}/foyer-bench-XXXXXX")}
mkdir -p "$out"
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(idle poses storm invitations postgres nodes growth go peers)
wants() { case " ${parts[*]} " in *" $1 "*) true ;; *) false ;; esac }

# What needs PostgreSQL gets one of its own, with commits on the disk, unless FOYER_TEST_POSTGRES names another.
if { wants postgres || wants nodes; } && [ -z "${FOYER_TEST_POSTGRES:-}" ]; then
	scripts/setup.sh go
	BENCH_OUT=$out exec go run ./server/store/testservice/with -durable "$0" "${parts[@]}"
fi

server_core='' bots_core=''
if have taskset && [ "$(nproc)" -ge 2 ]; then server_core='taskset -c 0' bots_core='taskset -c 1'; fi
say "building; results go to $out"
go build -o "$out/bin/" ./cmd/foyer ./cmd/foyer-bots
export FOYER_AUTH_SECRET
FOYER_AUTH_SECRET=$(od -An -tx1 -N32 /dev/urandom | tr -d ' \n')

pids=() # of the servers that run
stop_servers() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	pids=() urls=()
	true
}
redis_pid=''
trap 'stop_servers; [ -z "$redis_pid" ] || kill "$redis_pid"; rm -rf "$out/data"' EXIT

free_port() { # a port on which nobody listens
	local port
	while port=$((20000 + RANDOM % 20000)); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }; done
}

urls=()
# serve STORE [FLAG…]: starts one more server and waits until it is ready.
serve() {
	local port admin store=$1 i
	shift
	port=$(free_port) admin=$(free_port)
	GOMAXPROCS=1 $server_core "$out/bin/foyer" serve --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin" --node "bench-$port" --store "$store" --drain-time 0s \
		--log-level error --limits.requests-per-second 0 --limits.upgrades-per-second 0 --limits.states-per-second 0 \
		--invitations.per-minute 0 --invitations.per-day 0 --invitations.outstanding 0 --invitations.pair-gap 0s --invitations.pair-max 0 "$@" >>"$out/server.log" 2>&1 &
	pids+=($!)
	urls+=(--url "http://127.0.0.1:$port")
	for i in $(seq 200); do
		if (exec 3<>"/dev/tcp/127.0.0.1/$admin" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && head -1 <&3 | grep -q ' 200 ') 2>/dev/null; then return; fi
		kill -0 "${pids[-1]}" 2>/dev/null || die "the server did not start: $(tail -3 "$out/server.log")"
		sleep 0.05
	done
	die "the server is not ready: $(tail -3 "$out/server.log")"
}

# bots NAME SCENARIO [FLAG…]: one run on the servers that run; a violation ends everything.
bots() {
	local name=$1 code=0 watch=() pid
	shift
	for pid in "${pids[@]}"; do watch+=(--server-pid "$pid"); done
	say "$name"
	GOMAXPROCS=1 $bots_core "$out/bin/foyer-bots" run "$@" "${urls[@]}" "${watch[@]}" --no-slo -q --report "$out/$name.json" >"$out/$name.txt" 2>&1 || code=$?
	case $code in
	0 | 1) ;;
	*) cat "$out/$name.txt" >&2 && die "$name: the bots ended with $code" ;;
	esac
}

# each NAME STORE SCENARIO [FLAG…]: repeats a run, each time on a new server. sqlite is a new file each time.
each() {
	local name=$1 store=$2 n
	shift 2
	for n in $(seq "$reps"); do
		mkdir -p "$out/data"
		case $store in
		sqlite) serve "sqlite:$out/data/$name-$n.db" ;;
		memory) serve sqlite::memory: ;;
		*) serve "$store" ;;
		esac
		bots "$name@$n" "$@"
		stop_servers
	done
}

# size FULL SMALL: what is to be measured, or what shows that it works.
size() { if [ -n "$short" ]; then echo "$2"; else echo "$1"; fi; }

section=$out/section.md
: >"$section"
# table TITLE METRIC NAME…: writes the runs of these names into the section.
table() {
	local title=$1 metric=$2 name files=()
	shift 2
	for name in "$@"; do files+=("$out/$name"@*.json); done
	{
		printf '\n**%s**\n\n' "$title"
		"$out/bin/foyer-bots" table --metric "$metric" "${files[@]}"
	} >>"$section"
}

for_all=(-d "$(size 10s 1s)" -s connect_rate=400)
if wants idle; then
	n=$(size 10000 50)
	each "${n}_idle" memory idle -n "$n" "${for_all[@]}"
	table 'Idle: people who sit in sessions of 10; how long connecting and hello take, and what is held' connect "${n}_idle"
fi
if wants poses; then
	each 50_in_a_session memory poses -n "$(size 1000 20)" -s "sessions.size=$(size 50 10)" -s states.hz=13 "${for_all[@]}"
	each 10_in_a_session memory poses -n "$(size 1000 20)" -s states.hz=13 "${for_all[@]}"
	table 'Poses: each of 1,000 members writes 64 bytes 13 times a second, at 20 ticks a second; updates delivered to others' state 50_in_a_session 10_in_a_session
fi
if wants storm; then
	n=$(size 1000 20)
	each "${n}_join_at_once" memory join-storm -n "$n" -s "sessions.size=$n" -s 'storms=[{at: 0s}]' -s connect_rate=400 -d "$(size 8s 1s)"
	table 'Join storm: all join one session at one moment, until each knows all' complete "${n}_join_at_once"
fi
inviting=(-s 'invitations.mix={withdraw: 1}' -s invitations.hold=200ms -n "$(size 1000 20)" "${for_all[@]}")
if wants invitations; then
	for rate in $(size '50 500 1000' 20); do each "SQLite,_$((2 * rate))_changes_a_second" sqlite invitations -s "invitations.rate=$rate" "${inviting[@]}"; done
	table 'Invitations sent and withdrawn, SQLite in a file, a sync to the disk for each commit; from a withdrawal to the screen of the other' withdraw $(cd "$out" && ls | sed -n 's/^\(SQLite,.*\)@1.json$/\1/p' | sort -V)
fi
if wants postgres; then
	for rate in $(size '50 500' 20); do each "PostgreSQL,_$((2 * rate))_changes_a_second" "$FOYER_TEST_POSTGRES" invitations -s "invitations.rate=$rate" "${inviting[@]}"; done
	table 'The same with PostgreSQL on the same machine, whose own processor time is not counted' withdraw $(cd "$out" && ls | sed -n 's/^\(PostgreSQL,.*\)@1.json$/\1/p' | sort -V)
fi
if wants nodes; then
	redis_port=$(free_port)
	redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no >"$out/redis.log" 2>&1 &
	redis_pid=$!
	for nodes in 1 2; do
		for n in $(seq "$reps"); do
			for _ in $(seq "$nodes"); do serve "$FOYER_TEST_POSTGRES" --redis "redis://127.0.0.1:$redis_port"; done
			bots "${nodes}_of_them,_invitations@$n" invitations -s "invitations.rate=$(size 250 20)" "${inviting[@]}"
			bots "${nodes}_of_them,_poses@$n" poses -n "$(size 400 20)" -s states.hz=13 "${for_all[@]}"
			stop_servers
		done
	done
	table 'Two nodes beside one, with PostgreSQL and Redis, all on the same machine and the nodes on one core; who invites whom is on the other node. 500 changes a second' withdraw 1_of_them,_invitations 2_of_them,_invitations
	table 'The same two for poses in sessions of 10, whose members are on both nodes' state 1_of_them,_poses 2_of_them,_poses
	kill "$redis_pid" && redis_pid=''
fi
if wants growth; then
	for n in $(size '100 1000 10000' 20); do
		each "${n}_devices" memory poses -n "$n" -s states.hz=0.2 "${for_all[@]}"
	done
	table 'Growth: members of sessions of 10 write 0.2 times a second; the price of an update' state $(for n in $(size '100 1000 10000' 20); do echo "${n}_devices"; done)
fi
if wants go; then
	say 'Go benchmarks'
	go test -run '^$' -bench . -benchmem -benchtime "$(size 200ms 1x)" $(size ./... ./protocol) >"$out/go-bench.txt" || die "$(tail -5 "$out/go-bench.txt")"
	say "$(grep -c '^Benchmark' "$out/go-bench.txt") benchmarks are in $out/go-bench.txt"
fi
if wants peers && [ -n "${BENCH_DIR:-}" ] && [ -z "$short" ]; then
	[ -x "$BENCH_DIR/run" ] || die "BENCH_DIR=$BENCH_DIR has no executable run"
	compare() { say "compare $*" && BENCH_FOYER=$out/bin/foyer "$BENCH_DIR/run" "$@" -reps "$reps" -out "$out/peers.jsonl" >>"$out/peers.log" 2>&1 || die "$(tail -3 "$out/peers.log")"; }
	rm -f "$out/peers.jsonl"
	compare foyer,limit-t50,colyseus,melody -workload W1 -S 20 -M 50 -R 0.5 -dur 4s
	compare foyer,limit-t50,colyseus -workload W1 -S 20 -M 50 -R 13 -dur 4s
	compare foyer-hz60,limit-t50,colyseus -workload W1max -S 20 -M 50 -R 10
	compare foyer-hz60,limit-t50,colyseus -workload W1max -S 100 -M 10 -R 10
	compare foyer,limit-t50,colyseus,socketio,nats,melody -workload W2
	LIMIT_JOIN=170 compare foyer,limit-t50,colyseus,socketio,melody -workload W3
	for rate in 100 1000 2000; do compare foyer-sqlite,limit-raw-sqlite -workload W4 -R "$rate" -dur 4s; done
	{
		printf '\n**Beside others, each server on one core** (what the columns mean is said by the generator: W1 states, W2 idle, W3 joins, W4 withdrawals)\n'
		"$BENCH_DIR/run" table "$out/peers.jsonl"
	} >>"$section"
fi

# The section goes between its markers in the docs.
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
{
	printf '<!-- bench: begin -->\n'
	printf '%s, %s cores (%s), Linux %s, %s, Foyer %s. ' "$(date -u +%F)" "$(nproc)" "${cpu:-unknown}" "$(uname -r | cut -d- -f1)" "$(go env GOVERSION)" "$(git describe --tags --always --dirty)"
	printf 'PostgreSQL %s, Redis %s. ' "$(postgres --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+' | head -1 || true)" "$(redis-server --version 2>/dev/null | grep -oE 'v=[0-9.]+' | cut -c3- || true)"
	printf 'Command: `BENCH_REPS=%s make bench%s`. Median (least-most) of %s.\n' "$reps" "${BENCH_DIR:+ BENCH_DIR=…}" "$reps"
	cat "$section"
	printf '\n<!-- bench: end -->\n'
} >"$out/performance.md"
if [ -n "$short" ]; then
	cat "$out/performance.md"
elif [ ${#parts[@]} -eq 9 ]; then
	awk -v file="$out/performance.md" '/<!-- bench: begin -->/ {while ((getline line < file) > 0) print line; skip = 1} !skip {print} /<!-- bench: end -->/ {skip = 0}' docs/performance.md >"$out/new.md"
	cp "$out/new.md" docs/performance.md
	say "docs/performance.md has the new figures; all of it is in $out"
else
	cat "$out/performance.md"
	say "not all parts were measured, so docs/performance.md is as it was"
fi
