#!/usr/bin/env bash
# Checks what is in deploy/ as far as that can be done without a cluster and without a container engine: the balancer's
# configuration by haproxy, the unit by systemd-analyze, the chart by Helm (built from source once and kept: some minutes),
# the compose file by the library of docker compose, the Dockerfile's steps by carrying them out. What is not installed and
# cannot be built is named at the end, and does not count as checked.
. "$(dirname "$0")/lib.sh"

HELM_VERSION=v3.19.0
COMPOSE_VERSION=v2.9.0 # of compose-go, which reads the file as docker compose does
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unchecked=()

say 'Dockerfile: the build, and the program in an empty root'
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=check" -o "$folder/root/foyer" ./cmd/foyer
[ "$("$folder/root/foyer" version)" = 'foyer check' ] || die 'the program does not say its version'
if [ "$(id -u)" = 0 ]; then # as the image runs it: no file but itself, and an ordinary user
	chmod 755 "$folder" "$folder/root"
	mkdir -p "$folder/root/data" && chown 65532:65532 "$folder/root/data"
	port=$((20000 + RANDOM % 10000))
	env -i PATH="$PATH:/usr/sbin:/sbin" FOYER_AUTH_SECRET="$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" FOYER_STORE=sqlite:/data/foyer.db FOYER_NODE=check \
		FOYER_LISTEN="127.0.0.1:$port" FOYER_ADMIN_LISTEN="127.0.0.1:$((port + 1))" \
		chroot --userspec=65532:65532 "$folder/root" /foyer serve 2>"$folder/log" &
	server=$!
	for _ in $(seq 100); do
		"$folder/root/foyer" health --ready --admin-listen "127.0.0.1:$((port + 1))" >/dev/null 2>&1 && ready=yes && break
		sleep 0.1
	done
	kill "$server" 2>/dev/null && wait "$server" || true
	[ "${ready:-}" = yes ] || die "the program does not run in an empty root: $(cat "$folder/log")"
else
	unchecked+=('the program in an empty root (root only)')
fi

say 'haproxy.cfg'
if PATH=$PATH:/usr/sbin have haproxy; then
	PATH=$PATH:/usr/sbin haproxy -c -q -f deploy/compose/haproxy.cfg
else
	unchecked+=(haproxy.cfg)
fi

say 'users.acl'
if have redis-server; then
	sed 's/PASSWORD/check/' deploy/redis/users.acl >"$folder/users.acl"
	redis-server --port 0 --unixsocket "$folder/redis.sock" --aclfile "$folder/users.acl" --save '' --dir "$folder" >"$folder/log" 2>&1 &
	redis=$!
	for _ in $(seq 50); do [ -S "$folder/redis.sock" ] && break || sleep 0.1; done
	as() { redis-cli -s "$folder/redis.sock" --no-auth-warning --user foyer --pass check "$@"; }
	said="$(as publish foyer:x 1) $(as set foyer:x 1) $(as eval "return redis.call('TIME')[1]" 0 | grep -c .) $(as get other | cut -c1-6) $(as flushall | cut -c1-6)"
	kill "$redis"
	[ "$said" = '0 OK 1 NOPERM NOPERM' ] || die "the user foyer may not what it should, or what it should not: $said"
else
	unchecked+=(users.acl)
fi

say 'foyer.service'
if have systemd-analyze; then
	sed "s|/usr/local/bin/foyer|$folder/root/foyer|" deploy/systemd/foyer.service >"$folder/foyer.service"
	systemd-analyze verify "$folder/foyer.service"
	systemd-analyze security --offline=true --threshold=20 "$folder/foyer.service" >"$folder/security" || die "$(cat "$folder/security")"
else
	unchecked+=(foyer.service)
fi

say 'compose.yaml'
deploy/compose/secrets.sh "$folder/secrets"
compose=$TOOLS/compose-go-$COMPOSE_VERSION/cmd
[ -x "$compose" ] || GOBIN=$(dirname "$compose") go install "github.com/compose-spec/compose-go/v2/cmd@$COMPOSE_VERSION" >&2
"$compose" deploy/compose/compose.yaml >"$folder/compose.yaml"
for name in $(sed -n 's/^ *[a-z_.]*: {file: .\/\(secrets\/[a-z_.]*\)}$/\1/p' deploy/compose/compose.yaml); do
	[ -s "$folder/$name" ] || die "compose.yaml names $name, which secrets.sh does not make"
done

say 'the chart'
helm=$TOOLS/helm-$HELM_VERSION/helm
if [ ! -x "$helm" ]; then
	say 'building Helm; this takes some minutes, once'
	GOBIN=$(dirname "$helm") go install "helm.sh/helm/v3/cmd/helm@$HELM_VERSION" >&2
fi
"$helm" lint --strict deploy/helm/foyer
everything=(--set autoscaling.enabled=true --set ingress.enabled=true --set ingress.className=haproxy --set ingress.tlsSecret=tls
	--set serviceMonitor.enabled=true --set networkPolicy.enabled=true --set serviceAccount.name=foyer
	--set 'networkPolicy.devicesFrom[0].namespaceSelector.matchLabels.name=ingress')
"$helm" template --kube-version 1.30.0 check deploy/helm/foyer >"$folder/plain.yaml"
"$helm" template --kube-version 1.30.0 check deploy/helm/foyer "${everything[@]}" >"$folder/everything.yaml"
for kind in Deployment Service PodDisruptionBudget HorizontalPodAutoscaler Ingress ServiceMonitor NetworkPolicy; do
	grep -q "^kind: $kind$" "$folder/everything.yaml" || die "the chart makes no $kind"
done
! grep -q '^kind: Secret$' "$folder/everything.yaml" || die 'the chart makes a Secret'
# Names of settings that the program does not know have no effect, and it says so.
cat "$folder/everything.yaml" deploy/compose/compose.yaml deploy/systemd/foyer.service deploy/Dockerfile |
	grep -vE '^ *#' | grep -oE 'FOYER_[A-Z_]+' | sort -u | while read -r name; do
	grep -q "\`$name\`" docs/configuration.md || die "no setting: $name"
done

[ ${#unchecked[@]} -eq 0 ] || say "not checked, for want of a tool: ${unchecked[*]}"
say 'deploy/ is in order'
