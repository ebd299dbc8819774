# `make` lists the verbs. Everything runs on the node that package-lock.json pins, once `setup` has run.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

FILE ?= examples/voodu.hcl
PLUGINS_ROOT ?= /opt/voodu/plugins
# npm writes this file last.
INSTALLED := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help libatomic setup expand test quick watch build check lint golden generate e2e bench install-local release clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) ## install what package-lock.json pins, its own node included

# What the pinned node needs of the machine; npm's install scripts run on it already.
libatomic:
	@sh test/support/libatomic.sh

$(INSTALLED): package-lock.json | libatomic
	npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

expand: setup ## preview what the postgres blocks of FILE become (FILE=examples/voodu.hcl)
	@node src/build/bundle.ts --quiet
	@bin/voodu-postgres expand -f '$(FILE)'

test: setup ## run every tier, real docker and real servers included (TIERS="unit golden": some)
	@node test/run.ts $(TIERS:%=--tier=%)

quick: setup ## run the tiers that need neither docker nor root
	@node test/run.ts --quick

watch: setup ## run the unit and golden tests again whenever a file changes
	vitest --project unit --project golden

build: setup ## bundle the plugin into dist/
	@node src/build/bundle.ts

check: setup ## types, lint, stale generated files, quick tests
	@npm run --silent check

lint: setup ## types and biome
	@npm run --silent types && npm run --silent lint

golden: setup ## write the expected files of test/golden anew; review the diff
	UPDATE_GOLDEN=1 vitest run --project golden

generate: setup ## write plugin.yml, the tables of README.md and docs/*.svg anew
	@npm run --silent generate

e2e: setup ## run the tests on real docker alone
	@node test/run.ts --tier=e2e

bench: setup ## measure what one expand costs, against a bare node
	@npm run --silent bench

install-local: build ## put the plugin with its node into PLUGINS_ROOT/postgres (PLUGINS_ROOT=/opt/voodu/plugins)
	@node src/build/install-local.ts '$(PLUGINS_ROOT)'

release: setup ## build what a release ships
	node src/build/release.ts

clean: ## remove everything that is built or installed here
	rm -rf dist coverage node_modules
