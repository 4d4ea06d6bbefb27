# Everything starts here. `make help` lists it. Variables: PORT (8000), SCALE, NODES, PYTHON.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
TESTS ?= tests
WORKERS ?= 2
.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint lock audit bench chaos scale grow

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

##@ Use
run: ## start the whole platform on PORT (default 8000); Ctrl-C stops all of it
	@$(PYTHON) deploy/bootstrap.py run
	@exec $(BIN)/python -m deploy run --port $(PORT) $(if $(SCALE),--scale $(SCALE)) $(if $(NODES),--nodes $(NODES))

demo: ## the main job from end to end, unattended, on a platform of its own
	@$(PYTHON) deploy/bootstrap.py run
	@exec $(BIN)/python -m deploy demo

##@ Develop
setup: ## install what is missing, for running and for testing
	@$(PYTHON) deploy/bootstrap.py test

test: setup ## the whole test suite (TESTS=tests/unit for a part of it)
	@exec $(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

lint: setup ## ruff and mypy
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary services gateway deploy

lock: setup ## write the lock files anew from requirements*.in and package.json
	@$(BIN)/python deploy/lock.py

audit: setup ## known vulnerabilities of all that is locked (asks the advisory databases: needs the network)
	@$(PYTHON) -m venv var/audit-tool && var/audit-tool/bin/pip install --quiet pip-audit
	@var/audit-tool/bin/pip-audit --require-hashes --disable-pip -r requirements.lock
	@$(BIN)/npm audit --omit=dev

##@ Measure
bench: setup ## the benchmark, as ratios to what this machine can do
	@exec $(BIN)/python -m tests.bench

chaos: setup ## the fault campaign: kills at named points, nothing lost, nothing doubled
	@exec $(BIN)/python -m tests.chaos

scale: setup ## a batch of 200 000 transactions added up to the cent; 1 000 lost answers, 500 races for the last euro
	@$(BIN)/python -m tests.scale.payouts
	@exec $(BIN)/python -m tests.scale.scans

grow: setup ## the many-machine topology on this one, under load: a node killed, a replica promoted, every process replaced
	@exec $(BIN)/python -m tests.scale.grow
