# Everything a person types. `make run` and `make test` do all of their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run up down compose-test model dead feedback test bench loadtest chaos fuzz reliability accuracy audit lint format clean setup redis chromium

# Exact versions of the two tools that the rest is run by.
NODE_VERSION := 24.21.0
PNPM_VERSION := 12.21.0

OS := $(shell uname -s | tr '[:upper:]' '[:lower:]')
ARCH := $(patsubst x86_64,x64,$(patsubst aarch64,arm64,$(shell uname -m)))
# What the registry's package `node` installs by a script of its own, without the script.
NODE_PACKAGE := node-$(OS)-$(ARCH)
TOOLS := .tools/$(NODE_VERSION)-$(PNPM_VERSION)

export PATH := $(CURDIR)/$(TOOLS)/node_modules/$(NODE_PACKAGE)/bin:$(CURDIR)/$(TOOLS)/node_modules/.bin:$(CURDIR)/node_modules/.bin:$(PATH)
# onnxruntime-node reports usage on Linux too unless it is told not to.
export ORT_DISABLE_TELEMETRY := 1
export ONNXRUNTIME_NODE_INSTALL := skip

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: setup redis ## Start everything on this machine (WORKERS=3 PORT=3001 MODEL=...)
	@exec node $(if $(wildcard .env),--env-file=.env) services/local/src/main.ts

up: ## Start everything in containers, or bring it up to date (WORKERS=4 PORT=3001 MODEL=testcard)
	@compose/up.sh

down: ## Stop the containers; photos that wait and models are kept
	@compose/compose.sh --profile observability down

model: setup ## Fetch, verify and prepare the trained model (MODEL=name)
	@node $(if $(wildcard .env),--env-file=.env) models/src/cli.ts fetch
	@node $(if $(wildcard .env),--env-file=.env) services/worker/src/prepare.ts

dead: setup ## List the jobs that were given up (DO="replay all", DO=--help)
	@node $(if $(wildcard .env),--env-file=.env) services/local/src/dead.ts $(DO)

feedback: setup ## Make a data set of what users said (OUT=folder; DO=clear removes it from Redis, DO=--help)
	@exec node $(if $(wildcard .env),--env-file=.env) services/local/src/feedback.ts $(or $(DO),export) $(if $(OUT),"$$OUT")

test: setup redis chromium ## Lint, types, and all tests
	biome check --error-on-warnings
	tsc -p tsconfig.json
	vitest run

bench: setup redis chromium ## Measure the service against the same pipeline in one process (ONLY=speed; 16 minutes)
	@exec node loadtest/src/bench.ts $(ONLY)

loadtest: setup redis ## Measure by users and workers, write a report (URL=... AGAINST=...; 5 minutes)
	@exec node loadtest/src/loadtest.ts $(if $(URL),--url='$(URL)') $(if $(USERS),--users='$(USERS)') \
		$(if $(WORKERS),--workers='$(WORKERS)') $(if $(MODEL),--model='$(MODEL)') \
		$(if $(SECONDS),--seconds='$(SECONDS)') $(if $(AGAINST),--against='$(AGAINST)') $(if $(OUT),--out='$(OUT)')

chaos: setup redis ## Kill, stop and cut off everything, and see that no photo is lost (SEED=...)
	@exec node loadtest/src/chaos.ts

fuzz: setup redis ## Send broken photos, forms, headers and bytes, and see that nothing suffers (SEED=... ONLY=number)
	@exec node loadtest/src/fuzz.ts

reliability: setup redis ## Kill workers, overload, soak, slow clients: are the limits kept? (ONLY=overload; 20 minutes)
	@exec node loadtest/src/reliability.ts $(ONLY)

compose-test: setup ## Build the containers, scale, kill and replace them under load (COMPOSE=docker-compose)
	@exec node loadtest/src/compose.ts

accuracy: setup ## Measure accuracy on labelled photos (PHOTOS=folder MODEL=... AGAINST=... LABELS=...)
	@exec node $(if $(wildcard .env),--env-file=.env) services/worker/src/accuracy.ts

audit: | $(TOOLS) ## Fail on known vulnerabilities of what the services run (REGISTRY=...)
	@REGISTRY='$(REGISTRY)' services/local/audit.sh

lint: setup ## Check style and types
	biome check --error-on-warnings
	tsc -p tsconfig.json

format: setup ## Put the code in the common form
	biome check --write

clean: ## Remove what was installed and made, data and models included
	rm -rf .tools data node_modules shared/node_modules models/node_modules loadtest/node_modules services/*/node_modules

setup: node_modules/.installed

node_modules/.installed: pnpm-lock.yaml pnpm-workspace.yaml $(wildcard package.json */package.json services/*/package.json) | $(TOOLS)
	@echo "synset: installing the dependencies"
	pnpm install --frozen-lockfile
	@touch $@

$(TOOLS):
	@echo "synset: installing Node $(NODE_VERSION) and pnpm $(PNPM_VERSION) into .tools"
	@rm -rf $@.tmp && mkdir -p $@.tmp
	npm install --prefix $@.tmp --no-save --no-audit --no-fund --ignore-scripts --loglevel=error $(NODE_PACKAGE)@$(NODE_VERSION) pnpm@$(PNPM_VERSION)
	@mv $@.tmp $@

# REDIS_URL names one that is there already.
redis:
	@[ -n "$(REDIS_URL)" ] || grep -qs '^REDIS_URL=.' .env || command -v redis-server >/dev/null || services/local/install-redis.sh

# Only tests and figures of the page need it: without it they are left out.
chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || services/local/install-chromium.sh
