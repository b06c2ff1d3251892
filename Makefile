# The jobs of this project; `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help env demo kafka test lint format schemas lock bench bench-embedded bench-kafka bench-growth bench-state bench-peers bench-peers-catch-up bench-peers-live chaos clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## list the jobs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 23

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

kafka: $(READY) java ## a Kafka broker on port 9092, or PORT=..., until Ctrl-C
	@PYTHONPATH=tests $(BIN)/python -m attribution_tests.kafka_broker $(if $(PORT),--port $(PORT))

test: $(READY) tools ## every test
	$(BIN)/python -m pytest

tools: promtool java
.PHONY: tools promtool java faketime

# $(call install,Debian packages,what to say where apt-get can't)
install = { echo "installing $(1) ..."; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends $(1) >/dev/null; } || \
	{ echo "$(2)" >&2; exit 1; }

promtool:
	@command -v promtool >/dev/null || \
		$(call install,prometheus,promtool is missing: install Prometheus's command line tools)

# For a Kafka of our own: some tests stop it, kill it, or have it ask for passwords.
java:
	@{ command -v java && command -v mvn; } >/dev/null 2>&1 || \
		$(call install,default-jdk-headless maven,no Kafka: install Java 17 and Maven; or start Docker; or set KAFKA_BOOTSTRAP)

# For clocks that jump.
faketime:
	@[ -n "$$(find /usr/lib /usr/local/lib -name 'libfaketime.so.1' 2>/dev/null)" ] || \
		$(call install,libfaketime,libfaketime is missing: install it)

lint: $(READY) ## style, types, import rules
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code in shape
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

schemas: $(READY) ## write schemas/ from the record types, docs/reference/ from settings, metrics and codes
	$(BIN)/python -m attribution.commands.schemas schemas/
	$(BIN)/python -m attribution.commands.schemas.reference_pages docs/reference/

lock: $(READY) ## resolve the dependencies anew into requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra dev --python-version 3.11 --upgrade -o requirements.lock pyproject.toml

bench: bench-embedded bench-kafka ## measure both hosts; prints tables, writes build/bench*.json

bench-embedded: $(READY) ## measure the embedded host, about four minutes
	$(BIN)/python -m bench.embedded --runs 1

bench-kafka: $(READY) java ## measure a worker on a real broker, about two minutes
	PYTHONPATH=tests $(BIN)/python -m bench.kafka

bench-growth: $(READY) java ## how a worker's cost grows with partitions, buyers, window, workers, about eight minutes
	PYTHONPATH=tests $(BIN)/python -m bench.growth

bench-state: $(READY) ## memory and disk of a worker's state, TOUCHES=5000000, some three minutes (20000000: fifteen)
	$(BIN)/python -m bench.state --touches $(or $(TOUCHES),5000000)

PEERS := build/peers
KAFKA_JARS = "$$(PYTHONPATH=tests $(BIN)/python -c 'from attribution_tests.kafka_broker.jars import kafka_jars; print(kafka_jars())')/*"
$(PEERS):
	@$(PYTHON) -m venv $@
	@$@/bin/python -m pip install --quiet --disable-pip-version-check -r bench/peers/requirements.txt

ENGINES ?= attribution-engine/eo,kafka-streams-memory/eo,kafka-streams-rocksdb/eo,flink-memory/eo,quix-state/eo,faust-stock
bench-peers: bench-peers-catch-up bench-peers-live bench-kafka ## this engine and others in one table, a quarter of an hour: the three before and after this
	@$(BIN)/python -m bench.comparison

bench-peers-catch-up: $(READY) $(PEERS) java ## the same join on other stream engines, EVENTS=1000000, ENGINES=name/eo,...
	@$(BIN)/python -m compileall -q src bench
	PYTHONPATH=$(CURDIR) $(PEERS)/bin/python bench/peers/run.py --config bench/join/engine.toml --engines $(ENGINES) \
		--events $(or $(EVENTS),1000000) --json build/bench-peers.json \
		--kafka-classpath $(KAFKA_JARS)

bench-peers-live: $(READY) $(PEERS) java ## the same, live: latency at RATE=5000 a second for SECONDS=30, recovery after a kill; ENGINES=name/eo,...
	PYTHONPATH=$(CURDIR) $(PEERS)/bin/python bench/peers/live.py --config bench/join/engine.toml \
		--engines $(ENGINES:%,faust-stock=%) $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) \
		--json build/bench-peers-live.json \
		--kafka-classpath $(KAFKA_JARS)

chaos: $(READY) java faketime ## faults on a real broker, an hour; or FAULT=name [SEED=n]: see docs/faults.md
	PYTHONPATH=tests $(BIN)/python -m attribution_tests.chaos $(if $(FAULT),--fault $(FAULT)) $(if $(SEED),--seed $(SEED)) --json build/chaos.json

sim: $(READY) ## the Kafka host simulated, faults at every await: SEEDS=1-200 [MINUTES=n], or the seed that failed
	PYTHONPATH=tests $(BIN)/python -m attribution_tests.deterministic_simulation --seeds $(or $(SEEDS),1-200) $(if $(MINUTES),--minutes $(MINUTES))
.PHONY: sim

clean: ## remove what the jobs made
	rm -rf $(VENV) build out .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
