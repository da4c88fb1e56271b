#!/usr/bin/env bash
# Measures Foyer by its own bots, and with BENCH_DIR beside other servers, and writes what it saw into docs/performance.md.
#   scripts/bench.sh [PART…]     all parts unless told: idle poses ticks storm invitations postgres nodes growth go peers
#   BENCH_SHORT=1                everything in small and nothing written: does it work? Its figures mean nothing
#   BENCH_REPS=2                 how often each is repeated; tables have the median and the spread
#   BENCH_DIR=FOLDER             compare with other servers by FOLDER/run (peers); without it that part is left out
#   BENCH_OUT=FOLDER             where results and logs go; a temporary folder unless told
# The server has core 0, the bots core 1, where there are two; processor time is what the system counted for the server.
# It runs through: what could not be measured is named at the end of the section, and by the exit code.
. "$(dirname "$0")/lib.sh"

short=${BENCH_SHORT:-}
reps=${BENCH_REPS:-2}
[ -n "$short" ] && reps=1
out=${BENCH_OUT:-$(mktemp -d "${TMPDIR:-/tmp}/foyer-bench-XXXXXX")}
mkdir -p "$out"
all=(idle poses ticks storm invitations postgres nodes growth go peers)
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
for part in "${parts[@]}"; do
	[[ " ${all[*]} " == *" $part "* ]] || { echo "bench.sh: there is no part $part; there are ${all[*]}" >&2 && exit 2; }
done
wants() { case " ${parts[*]} " in *" $1 "*) true ;; *) false ;; esac }

# What needs PostgreSQL gets one of its own, with commits on the disk, unless FOYER_TEST_POSTGRES names another.
if { wants postgres || wants nodes || { wants peers && [ -n "${BENCH_DIR:-}" ]; }; } && [ -z "${FOYER_TEST_POSTGRES:-}" ]; then
	scripts/setup.sh go
	BENCH_OUT=$out exec go run ./server/store/testservice/with -durable "$0" "${parts[@]}"
fi

if wants nodes && ! have redis-server; then die 'the part nodes needs redis-server'; fi
if wants peers && [ -n "${BENCH_DIR:-}" ] && [ ! -x "$BENCH_DIR/run" ]; then die "BENCH_DIR=$BENCH_DIR has no executable run"; fi
failures=()
# failed WHAT FILE: notes that something could not be measured, and shows the end of what it said.
failed() {
	failures+=("$1")
	say "$1: failed"
	tail -15 "$2" >&2
}

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

free_port() { # a port on which nobody listens, and that no outgoing connection is given
	local port
	while port=$((20000 + RANDOM % 12000)); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }; done
}

urls=()
# serve STORE [FLAG…]: starts one more server and waits until it is ready; somebody else may take a port meanwhile.
serve() {
	local try
	for try in 1 2 3; do
		if start "$@"; then return; fi
		say "a server did not start (try $try): $(tail -1 "$out/server.log")"
	done
	failed 'a server did not start' "$out/server.log"
	return 1
}

# start is one try of serve.
start() {
	local port admin store=$1 i pid
	shift
	port=$(free_port) admin=$(free_port)
	GOMAXPROCS=1 $server_core "$out/bin/foyer" serve --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin" --node "bench-$port" --store "$store" --drain-time 0s \
		--log-level error --limits.requests-per-second 0 --limits.upgrades-per-second 0 --limits.states-per-second 0 \
		--invitations.per-minute 0 --invitations.per-day 0 --invitations.outstanding 0 --invitations.pair-gap 0s --invitations.pair-max 0 "$@" >>"$out/server.log" 2>&1 &
	pid=$!
	for i in $(seq 400); do
		if (exec 3<>"/dev/tcp/127.0.0.1/$admin" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 && head -1 <&3 | grep -q ' 200 ') 2>/dev/null; then
			pids+=("$pid") urls+=(--url "http://127.0.0.1:$port")
			return
		fi
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.05
	done
	kill "$pid" 2>/dev/null || true
	return 1
}

# bots NAME SCENARIO [FLAG…]: one run on the servers that run. One in which something happened that must not is void in
# its table.
bots() {
	local name=$1 code=0 watch=() pid
	shift
	for pid in "${pids[@]}"; do watch+=(--server-pid "$pid"); done
	say "$name"
	GOMAXPROCS=1 $bots_core timeout 300 "$out/bin/foyer-bots" run "$@" "${urls[@]}" "${watch[@]}" --no-slo -q --report "$out/$name.json" >"$out/$name.txt" 2>&1 || code=$?
	case $code in
	0 | 1) ;;
	*) failed "$name: the bots ended with $code" "$out/$name.txt" ;;
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
		esac && bots "$name@$n" "$@"
		stop_servers
	done
}

# size FULL SMALL: what is to be measured, or what shows that it works.
size() { if [ -n "$short" ]; then echo "$2"; else echo "$1"; fi; }

section=$out/section.md
: >"$section"
# table TITLE METRIC NAME…: writes the runs of these names into the section.
table() {
	local title=$1 metric=$2 name n files=()
	shift 2
	for name in "$@"; do
		for n in $(seq "$reps"); do [ ! -s "$out/$name@$n.json" ] || files+=("$out/$name@$n.json"); done
	done
	[ ${#files[@]} -gt 0 ] || return 0
	{
		printf '\n**%s**\n\n' "$title"
		"$out/bin/foyer-bots" table --metric "$metric" "${files[@]}"
	} >>"$section"
}

for_all=(-d "$(size 6s 1s)" -s connect_rate=800)
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
if wants ticks; then
	names=()
	for shape in $(size '2:20:20 50:60:20 200:20:4 1000:20:1' 2:20:20); do
		IFS=: read -r members hz writes <<<"$shape"
		names+=("${members}_in_a_session,_${hz}_Hz")
		each "${names[-1]}" memory poses -n "$(size 1000 20)" -s "sessions.size=$members" -s "sessions.tick_hz=$hz" -s "states.hz=$writes" "${for_all[@]}"
	done
	n=$(size 8000 20)
	names+=("$((n / 2))_sessions_of_two")
	each "${names[-1]}" memory poses -n "$n" -s sessions.size=2 -s states.hz=1 "${for_all[@]}"
	table 'Ticks: how much longer or shorter the time between two is than it should be, on 1,000 devices; and in thousands of sessions of two' jitter "${names[@]}"
	n=$(size 1000 40)
	each "${n}_who_name_20" memory crowd -n "$n" -s "sessions.size=$n" "${for_all[@]}"
	table 'All in one session, where each names 20 and hears of the others twice a second (`session.subscribe`)' state "${n}_who_name_20"
fi
if wants storm; then
	n=$(size 1000 20)
	each "${n}_join_at_once" memory join-storm -n "$n" -s "sessions.size=$n" -s 'storms=[{at: 0s}]' "${for_all[@]}"
	table 'Join storm: all join one session at one moment, until each knows all' complete "${n}_join_at_once"
fi
inviting=(-s 'invitations.mix={withdraw: 1}' -s invitations.hold=200ms -n "$(size 1000 20)" "${for_all[@]}")
if wants invitations; then
	names=()
	for rate in $(size '50 500 1000' 20); do
		names+=("SQLite,_$((2 * rate))_changes_a_second")
		each "${names[-1]}" sqlite invitations -s "invitations.rate=$rate" "${inviting[@]}"
	done
	table 'Invitations sent and withdrawn, SQLite in a file, a sync to the disk for each commit; from a withdrawal to the screen of the other' withdraw "${names[@]}"
fi
if wants postgres; then
	names=()
	for rate in $(size '50 500' 20); do
		names+=("PostgreSQL,_$((2 * rate))_changes_a_second")
		each "${names[-1]}" "$FOYER_TEST_POSTGRES" invitations -s "invitations.rate=$rate" "${inviting[@]}"
	done
	table 'The same with PostgreSQL on the same machine, whose own processor time is not counted' withdraw "${names[@]}"
fi
if wants nodes; then
	redis_port=$(free_port)
	redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no >"$out/redis.log" 2>&1 &
	redis_pid=$!
	for nodes in 1 2; do
		for n in $(seq "$reps"); do
			up=yes
			for _ in $(seq "$nodes"); do serve "$FOYER_TEST_POSTGRES" --redis "redis://127.0.0.1:$redis_port" || up=''; done
			if [ -n "$up" ]; then
				bots "${nodes}_of_them,_invitations@$n" invitations -s "invitations.rate=$(size 250 20)" "${inviting[@]}"
				bots "${nodes}_of_them,_poses@$n" poses -n "$(size 400 20)" -s states.hz=13 "${for_all[@]}"
			fi
			stop_servers
		done
	done
	table 'Two nodes beside one, with PostgreSQL and Redis, all on the same machine and the nodes on one core; who invites whom is on the other node. 500 changes a second' withdraw 1_of_them,_invitations 2_of_them,_invitations
	table 'The same two for poses in sessions of 10, whose members are on both nodes' state 1_of_them,_poses 2_of_them,_poses
	kill "$redis_pid" && redis_pid=''
fi
if wants growth; then
	# grow NAME PEOPLE SIZE MOVES: what an update costs, and what leaving and coming back does, by MOVES a second.
	grow() {
		updates+=("$1") moves+=("$1,_moves")
		each "$1" memory poses -n "$2" -s "sessions.size=$3" -s states.hz=1 "${for_all[@]}"
		each "$1,_moves" memory idle -n "$2" -s "sessions.size=$3" -s "moves.rate=$4" -s moves.away=500ms "${for_all[@]}"
	}
	updates=() moves=()
	for n in $(size '100 1000 10000' 20); do grow "${n}_devices" "$n" 10 "$(size 100 10)"; done
	n=$(size 100 20)
	each "${n}_devices,_idle" memory idle -n "$n" "${for_all[@]}"
	table 'Growth: members of sessions of 10 write once a second; the price of an update for one, and of letting a device in' state "${updates[@]}" "${n}_devices,_idle"
	table 'Growth: of these, 100 a second leave their session and join it again; both, and telling the others, are in the price' join "${moves[@]}"
	updates=() moves=() for_all=("${for_all[@]}" -s connect_rate=200)
	n=$(size 1000 20)
	grow "10_in_a_session" "$n" 10 "$(size 20 10)"
	grow "${n}_in_a_session" "$n" "$n" "$(size 20 10)"
	table 'Growth of sessions, with 1,000 devices: the same for updates' state "${updates[@]}"
	table 'Growth of sessions, with 1,000 devices: the same for 20 joins a second, each of which all others are told' join "${moves[@]}"
fi
if wants go; then
	say 'Go benchmarks'
	if go test -run '^$' -bench . -benchmem -benchtime "$(size 200ms 1x)" -timeout 10m $(size ./... ./protocol) >"$out/go-bench.txt" 2>&1; then
		{
			printf '\n**Go benchmarks** (`make bench-go`), on all cores\n\n| benchmark | ns each | bytes | allocations |\n| --- | --- | --- | --- |\n'
			sed -n 's/^Benchmark//p' "$out/go-bench.txt" | awk '{ns = b = n = ""; for (i = 3; i < NF; i += 2) {if ($(i + 1) == "ns/op") ns = $i; if ($(i + 1) == "B/op") b = $i; if ($(i + 1) == "allocs/op") n = $i}; printf "| %s | %s | %s | %s |\n", $1, ns, b, n}'
		} >>"$section"
	else
		failed 'Go benchmarks' "$out/go-bench.txt"
	fi
fi
if wants peers && [ -n "${BENCH_DIR:-}" ]; then
	rm -f "$out/peers.jsonl"
	# The limits want the database's address as words. One that has a password or a port is left to them: BENCH_PG.
	words=$(printf '%s' "$FOYER_TEST_POSTGRES" | sed -nE 's#^postgres(ql)?://([^@/:]+)@/([^?]+)[?]host=([^&]+)$#user=\2 dbname=\3 host=\4#p' | sed 's#%2F#/#g')
	export BENCH_PG=${BENCH_PG:-$words} BENCH_FOYER_PG=$FOYER_TEST_POSTGRES BENCH_FOYER=$out/bin/foyer
	# compare TARGETS FLAG…: one workload, targets in turn.
	compare() {
		say "compare $*"
		timeout 600 "$BENCH_DIR/run" "$@" -reps "$reps" -out "$out/peers.jsonl" >"$out/compare.txt" 2>&1 || echo "FAILED: code $?" >>"$out/compare.txt"
		! grep -q FAILED "$out/compare.txt" || failed "compare $*" "$out/compare.txt"
		cat "$out/compare.txt" >>"$out/peers.log"
	}
	took=$(size 4s 1s)
	compare foyer,limit-t50,colyseus,melody,socketio,nats -workload W1 -S "$(size 20 2)" -M "$(size 50 5)" -R 0.5 -dur "$took"
	compare foyer,limit-t50,colyseus -workload W1 -S "$(size 20 2)" -M "$(size 50 5)" -R 13 -dur "$took"
	if [ -z "$short" ]; then
		compare foyer-hz60,limit-t50,colyseus -workload W1max -S 20 -M 50 -R 10
		compare foyer-hz60,limit-t50,colyseus -workload W1max -S 100 -M 10 -R 10
	fi
	compare foyer,limit-t50,colyseus,socketio,nats,melody -workload W2 -n "$(size 10000 100)"
	LIMIT_JOIN=170 compare foyer,limit-t50,colyseus,melody -workload W3 -n "$(size 1000 20)"
	for rate in $(size '100 1000 2000' 20); do compare foyer-sqlite,limit-raw-sqlite -workload W4 -R "$rate" -n "$(size 1000 50)" -dur "$took"; done
	compare foyer-2n,foyer-pg,limit-raw-pg -workload W4 -R "$(size 1000 20)" -n "$(size 1000 50)" -dur "$took"
	{
		printf '\n**Beside others, each server on one core.** `limit-…` are bare loops without accounts or limits. W1: states, sessions x members, each R times a second (`deliv` updates a second, `cpu1M` seconds of CPU for a million, `ratio` of what was due, milliseconds); W1max: as many as go; W2: idle devices (`rate` that connect, sign in and join a second, `kib` each, `kibgc` after a collection); W3: all join one session (`t` seconds until each knows all); W4: withdrawals, from asking to the screen of the other. `gen` near 1: the generator was the limit.\n'
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
	[ ${#failures[@]} -eq 0 ] || printf '\nNot measured, or void:%s.\n' "$(printf ' %s;' "${failures[@]}" | sed 's/;$//')"
	printf '\n<!-- bench: end -->\n'
} >"$out/performance.md"
if [ -n "$short" ]; then
	cat "$out/performance.md"
elif [ ${#parts[@]} -eq ${#all[@]} ]; then
	awk -v file="$out/performance.md" '/<!-- bench: begin -->/ {while ((getline line < file) > 0) print line; skip = 1} !skip {print} /<!-- bench: end -->/ {skip = 0}' docs/performance.md >"$out/new.md"
	cp "$out/new.md" docs/performance.md
	say "docs/performance.md has the new figures; all of it is in $out; it took $((SECONDS / 60)) minutes"
else
	cat "$out/performance.md"
	say "not all parts were measured, so docs/performance.md is as it was"
fi
[ ${#failures[@]} -eq 0 ] || die "failed: ${failures[*]}"
