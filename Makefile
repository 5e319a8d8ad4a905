# What each target does is said beside it; `make help` prints this list.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv --quiet
# Without Node.js the JavaScript clients are not tested; tests/run.sh says so.
PEERS := $(if $(shell command -v node),tests/peers/node_modules/.installed)

.PHONY: help install peers run test nightly sdl bench lock clean
help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

$(VENV)/.bootstrap: requirements/bootstrap.lock
	@echo "Setting up $(VENV) (first time: about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "onefold needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/.app: $(VENV)/.bootstrap requirements/app.lock pyproject.toml
	@$(UV) pip install --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/app.lock
	@$(UV) pip install --compile-bytecode --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements/dev.lock
	@$(UV) pip install --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

install: $(VENV)/.dev ## set-up alone: virtual environment and pinned dependencies

run: $(VENV)/.app ## prepare the demo database (first start only) and serve on http://127.0.0.1:8000
	@$(BIN)/onefold demo --if-missing --port $(PORT)
	@exec $(BIN)/onefold serve --host $(HOST) --port $(PORT)

tests/peers/node_modules/.installed: tests/peers/package.json tests/peers/package-lock.json
	@echo "Setting up the clients of tests/peers (npm: some twenty seconds) ..."
	@cd tests/peers && npm ci --loglevel=error --no-progress >/dev/null
	@touch $@

peers: $(PEERS) ## the JavaScript clients that the tests use, where there is Node.js

test: $(VENV)/.dev $(PEERS) ## every check: lint, format, types, import rules, SDL, migrations, tests on SQLite and PostgreSQL
	@PATH="$(CURDIR)/$(BIN):$$PATH" ./tests/run.sh

nightly: $(VENV)/.dev $(PEERS) ## what takes longer: long storms, many more generated cases, deliberate mistakes in the undo
	@PATH="$(CURDIR)/$(BIN):$$PATH" python -m pytest -q -n 2 --dist loadfile -m nightly
	@$(BIN)/python -m tests.mutations

sdl: $(VENV)/.dev ## print the schema into schema/schema.graphql, after a change of the API
	@$(BIN)/python -m schema.build > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

$(VENV)/.bench: $(VENV)/.dev requirements/bench.lock
	@$(UV) pip install --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/bench.lock
	@touch $@

bench: $(VENV)/.bench ## the benchmark: ratios against a baseline measured in the same run, matching beside Splink
	@$(BIN)/python -m tests.benchmarks

lock: $(VENV)/.bootstrap ## compile the lock files anew (hashes, no addresses)
	@$(UV) pip compile --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 requirements/bootstrap.in -o requirements/bootstrap.lock
	@$(UV) pip compile --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml -o requirements/app.lock
	@$(UV) pip compile --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 --extra dev -c requirements/app.lock pyproject.toml -o requirements/dev.lock
	@$(UV) pip compile --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 --extra bench -c requirements/dev.lock pyproject.toml -o requirements/bench.lock

clean: ## remove the virtual environment and caches (never data/)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/peers/node_modules
