# `make demo` shows Foyer, `make test` tests it. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: FORCE help demo demo-cluster build test test-go test-js check lint fmt generate generated fuzz models soak chaos bench bench-go e2e deploy-check clean

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: bin/foyer ## a lobby with a dozen lively people, and links to walk in
	@exec bin/foyer demo $(ARGS)

demo-cluster: bin/foyer ## the same on three nodes, with PostgreSQL, Redis and a load balancer (Debian's, installed if missing)
	@scripts/setup.sh demo-cluster
	@exec bin/foyer demo --cluster $(ARGS)

build: bin/foyer bin/foyer-bots ## bin/foyer and bin/foyer-bots

bin/foyer bin/foyer-bots: FORCE # go knows what is out of date
	@[ -d bin ] || echo 'Building; the first time this takes a minute or two.'
	@go build -ldflags '$(LDFLAGS)' -o $@ ./cmd/$(@F)

test: ## every test, after installing what they need (Debian)
	@scripts/setup.sh
	@scripts/test-go.sh
	@scripts/test-js.sh

test-go: ## only the Go tests: make test-go PKG=./invitation/...
	@scripts/setup.sh go
	@scripts/test-go.sh $(PKG)

test-js: ## only the JavaScript client's and the tablet's tests
	@scripts/setup.sh
	@scripts/test-js.sh

check: ## all that CI runs
	@.ci/run

lint: ## golangci-lint, go mod tidy, formatting
	@scripts/lint.sh

fmt: ## formats the Go code
	@scripts/golangci-lint.sh fmt

generate: ## renews what is generated and committed: the tablet's bundle, the AsyncAPI document, the settings' reference
	@scripts/setup.sh
	@scripts/generate.sh

generated: ## fails if something generated isn't current, or if the AsyncAPI document isn't valid
	@scripts/setup.sh
	@scripts/generate.sh --check

fuzz: ## every fuzz target for FUZZTIME (10s)
	@scripts/setup.sh go
	@scripts/fuzz.sh

models: ## the model tests of pair, presence, roster and resume, each with CHECKS (1000) random runs
	@scripts/setup.sh go
	@scripts/models.sh

soak: ## bots with failing networks for SOAKTIME (30m); then nothing may be left of them
	@go test -race -count=1 -run TestSoak -v -timeout 24h ./cmd/foyer/e2e -soak $(or $(SOAKTIME),30m)

chaos: ## faults against three nodes for CHAOSTIME (10m): SEED=, FAULTS=kill,redis-deaf,…, KILLS=, PACE=3s, CUTS=, AWAY=1m, LANES=, DEVICES=, REDIS=single|sentinel|cluster, REPORT=file; fails at any violation
	@scripts/setup.sh go
	@cd cmd/foyer/e2e/chaos && go test -count=1 -run 'TestChaos$$' -timeout 48h -time $(or $(CHAOSTIME),10m) -seed $(or $(SEED),$(shell date +%s)) -faults '$(FAULTS)' -kills $(or $(KILLS),0) -pace $(or $(PACE),3s) -cuts $(or $(CUTS),0) -away $(or $(AWAY),1m) -lanes $(or $(LANES),0) -devices $(or $(DEVICES),2) -redis $(or $(REDIS),single) $(if $(REPORT),-report $(abspath $(REPORT)))

bench: ## measures Foyer by its bots, and with BENCH_DIR=… beside others, into docs/performance.md: make bench PARTS='idle poses'
	@scripts/bench.sh $(PARTS)

bench-go: ## the Go benchmarks: make bench-go PKG=./server/store
	@go test -run '^$$' -bench . -benchmem $(or $(PKG),./...)

e2e: ## only the black-box tests: the real binary, real sockets, a real browser
	@scripts/setup.sh
	@go test -race -count=1 ./cmd/foyer/...
	@scripts/test-js.sh e2e

deploy-check: ## what is in deploy/, as far as it can be checked without a cluster (builds Helm the first time)
	@scripts/deploy-check.sh

clean: ## removes what was built here
	@rm -rf bin coverage.out
