# Everything a person does with this project is one command; `make` alone lists them.
# Files that a step needs are its prerequisites, so a second run of any target does only what changed.

PYTHON ?= python3
VENV   := .venv
PEERS  := .venv-peers
BIN    := $(VENV)/bin
VENDOR := services/portal/static/vendor/htmx.min.js
CODE    = $(wildcard services shared tests benchmarks deploy)
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test unit check format documents lock migrations bench-story bench-approval bench-events faults soak fuzz-approval clean dev machine

help: ## list the commands
	@printf 'Anyuan 安愿\n\n'
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | while IFS='|' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done
	@printf '\n  ARGS="…" is passed on by demo, test, unit, faults, soak, documents and the benchmarks, as in: make demo ARGS="--once"\n'

install: $(BIN)/anyuan $(VENDOR) ## make .venv with everything that runs the system

demo: install ## run the whole system in one process, with data to look at (no server needed)
	$(BIN)/anyuan demo $(ARGS)

# Two at once of the tests that can wait a little longer, the longest first; faults, which are about time, have the
# machine.
test: dev $(VENDOR) machine ## run all tests: unit, architecture, integration, journeys, faults
ifdef ARGS
	$(PYTEST) $(ARGS)
else
	@failed=0; \
	$(PYTEST) --numprocesses 2 --dist loadfile --no-loadscope-reorder \
		tests/journeys tests/integration tests/unit tests/architecture || failed=1; \
	$(PYTEST) tests/faults || failed=1; \
	exit $$failed
endif

faults: dev $(VENDOR) machine ## run the faults at full length (docs/reliability.md; an hour)
	ANYUAN_FAULTS=full $(PYTEST) tests/faults tests/integration/messaging tests/journeys/test_embedded_kill.py \
		-o timeout=1200 $(ARGS)

soak: dev machine ## let three nodes work while faults are drawn at random: ARGS="--minutes 10 --seed 7"
	$(BIN)/python -m tests.faults.soak $(ARGS)

unit: dev ## run the tests that need no server (seconds)
	$(PYTEST) tests/unit tests/architecture $(ARGS)

check: dev ## format, lint, types, imports, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(PYTEST) -q tests/architecture

format: dev ## put the code into shape and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

documents: dev ## make the documents again that are made from the code
	$(BIN)/python -m services.launcher.documents $(ARGS)
	$(BIN)/python -m tests.architecture.golden_events
	$(BIN)/python -m tests.faults.matrix

lock: dev ## make the locks again from pyproject.toml and package.json
	$(UV_COMPILE) pyproject.toml --group build --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(UV_COMPILE) --group node --output-file requirements-node.lock
	PATH="$$PATH:$(abspath $(BIN))" npm install --package-lock-only

migrations: dev ## write the first migration of each service anew (until the first release; then: CONTRIBUTING.md)
	$(BIN)/python -m services.launcher.revise again
	$(BIN)/ruff format --quiet services/*/migrations

bench-story: dev ## measure the main story and compare with what was measured before
	$(BIN)/python -m benchmarks.story $(ARGS)

bench-approval: dev $(PEERS)/.peers ## measure the approval engine: beside its peers, in races, over full tables
	$(BIN)/python -m benchmarks.approval $(ARGS)

bench-events: dev machine $(PEERS)/.peers ## measure the messaging kit: beside its peers, beside the bare drivers, under kill -9
	$(BIN)/python -m benchmarks.events $(ARGS)

fuzz-approval: dev ## try the approval engine at random for long: TIMES=20 as much as `make unit`
	ANYUAN_FUZZ_TIMES=$(or $(TIMES),20) $(PYTEST) tests/unit/approval/test_any_moves.py $(ARGS)

clean: ## remove everything that make made
	rm -rf $(VENV) $(PEERS) node_modules services/portal/static/vendor build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# --- what the commands stand on -------------------------------------------------------------------------------------

UV_COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command 'make lock'

dev: $(VENV)/.dev

machine: dev ## (part of test) install what tests need from the system: servers, browser, font
	@$(BIN)/python -m tests.machine

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'error: Python 3.11 or newer is needed. Name one:  make $(MAKECMDGOALS) PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'error: this Python cannot make environments. Next:  apt-get install -y python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo 'installing what the system runs on (half a minute)'
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

# Without dependencies and without isolation: only what the lock names is ever installed.
$(BIN)/anyuan: pyproject.toml $(VENV)/.runtime
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(BIN)/anyuan
	@echo 'installing what the tests and checks need (half a minute)'
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# Apart from our own environment: what the peers need is no dependency of ours.
$(PEERS)/.peers: benchmarks/peers/requirements.txt | $(BIN)/python
	@echo 'installing the engines that ours is measured against (half a minute)'
	@$(BIN)/python -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install -qq --disable-pip-version-check --no-input -r $<
	@touch $@

# With the system's npm, else with the one that PyPI has.
$(VENDOR): package-lock.json deploy/frontend.py | $(VENV)/.runtime
	@command -v npm >/dev/null || $(PIP) --require-hashes -r requirements-node.lock
	@$(BIN)/python deploy/frontend.py
	@touch $@
