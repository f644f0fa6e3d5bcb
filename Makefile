# make run    sets everything up and starts Hearthwatch        make test   sets up what the tests need and runs them all
# make check  lint, types and import contracts                 make bench  the benchmarks of docs/benchmarks.md
# make soak   a whole house for ten minutes, every promise judged   make faults  every fault, an hour (docs/testing.md)
# make corpora   bad input of ten kinds, minutes              make fuzz     ten parsers, ten minutes each
# make docs   the reference pages, from the source             make site   the documentation as a site, in build/site
# make wheel     what is handed out, into dist/ (docs/releasing.md)
# make setup, make lock, make sbom, make clean
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev test check bench soak faults corpora fuzz docs site lock sbom wheel clean

BIN := .venv/bin
STAMPS := .venv/.stamps
UI_SOURCES := $(shell find ui -type f -not -path 'ui/node_modules/*' 2>/dev/null)
RUN_ARGS ?=
SOAK_ARGS ?= --tier S1
FAULTS_ARGS ?=

help:
	@sed -n 's/^# //p' Makefile

run: setup
	@$(BIN)/python -m compileall -q src
	@exec $(BIN)/hearthwatch run $(RUN_ARGS)

setup: $(STAMPS)/run $(STAMPS)/ui $(STAMPS)/model

setup-dev: setup $(STAMPS)/dev $(STAMPS)/system

$(STAMPS)/venv: requirements-uv.lock
	@scripts/setup.sh venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements.lock pyproject.toml | $(STAMPS)/venv
	@scripts/setup.sh run
	@touch $@

$(STAMPS)/dev: requirements-dev.lock pyproject.toml | $(STAMPS)/run
	@scripts/setup.sh dev
	@touch $@

$(STAMPS)/ui: $(UI_SOURCES) | $(STAMPS)/run
	@if [ -f ui/package.json ]; then scripts/setup.sh ui; fi
	@touch $@

$(STAMPS)/model: | $(STAMPS)/run
	@scripts/setup.sh model
	@touch $@

$(STAMPS)/system: scripts/setup.sh | $(STAMPS)/venv
	@scripts/setup.sh system
	@touch $@

$(STAMPS)/bench: | $(STAMPS)/venv
	@scripts/setup.sh bench
	@touch $@

test: setup-dev
	@scripts/test.sh

check: $(STAMPS)/dev
	$(BIN)/ruff format --check -q
	$(BIN)/ruff check -q
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: setup-dev $(STAMPS)/bench
	$(BIN)/hearthwatch bench all

$(STAMPS)/fuzz: requirements-fuzz.lock | $(STAMPS)/dev
	@scripts/setup.sh fuzz
	@touch $@

fuzz: setup-dev $(STAMPS)/fuzz
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

corpora: setup-dev
	$(BIN)/python -m tests.corpora $(CORPORA_ARGS)

soak: setup-dev
	$(BIN)/hearthwatch bench soak $(SOAK_ARGS)

faults: setup-dev
	$(BIN)/python -m tests.faults --minutes 60 $(FAULTS_ARGS)

docs: $(STAMPS)/dev
	$(BIN)/python -m hearthwatch.run.config_reference > docs/reference/config.md
	$(BIN)/python -m scripts.references

site: $(STAMPS)/dev
	$(BIN)/python scripts/docs_site.py

lock: $(STAMPS)/venv
	scripts/setup.sh lock

wheel: $(STAMPS)/run $(STAMPS)/ui
	@$(BIN)/python scripts/wheel.py

sbom: $(STAMPS)/run
	$(BIN)/python scripts/sbom.py

clean:
	rm -rf .venv ui/node_modules src/hearthwatch/web/dist build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
