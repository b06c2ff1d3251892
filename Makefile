# The jobs of this project; `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help env demo test lint format schemas lock bench clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## list the jobs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

env: $(READY) ## make the environment (.venv) from the lock file

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python >= 3.11 is needed; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "making the environment in $(VENV) (about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: $(READY) ## run the main job on a shop's clickstream and show what it did
	@$(BIN)/attribution demo

test: $(READY) tools ## every test
	$(BIN)/python -m pytest

tools:
	@command -v promtool >/dev/null || { echo "installing promtool (Debian package prometheus) ..."; \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends prometheus >/dev/null; } || \
		{ echo "promtool is missing: install Prometheus's command line tools" >&2; exit 1; }
.PHONY: tools

lint: $(READY) ## style, types, import rules
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code in shape
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

schemas: $(READY) ## write schemas/ from the record types
	$(BIN)/python -m attribution.hosts.contracts schemas/

lock: $(READY) ## resolve the dependencies anew into requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra dev --python-version 3.11 --upgrade -o requirements.lock pyproject.toml

bench: $(READY) ## measure the embedded host; prints a table, writes build/bench.json
	$(BIN)/python -m bench.embedded

clean: ## remove what the jobs made
	rm -rf $(VENV) build out .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
