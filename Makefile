# Every target is safe to repeat and to interrupt. PYTHON chooses the interpreter (3.11 to 3.13).
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

# uv reads its own variables; a machine that sets pip's index gets the same one here.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
export UV_PYTHON_DOWNLOADS := never

.PHONY: help run stop status test test-unit test-integration test-e2e test-faults test-fuzz test-containers check bench lock format env pin-images clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## set everything up, run the daily flow in Airflow, leave it running
	@$(BIN)/algo-trading up

stop: ## end everything that `make run` started
	@if [ -x $(BIN)/algo-trading ]; then $(BIN)/algo-trading down; else echo "nothing is installed, so nothing runs"; fi

status: $(VENV)/run.stamp ## show how things stand
	@$(BIN)/algo-trading status

# Each process imports every library for itself, half a minute's work: more of them than cores gain nothing.
WORKERS ?= 2
# The tests start a hundred Python programs, which find what was compiled before, wherever Python is told not to keep it.
test test-unit test-integration test-e2e test-faults test-fuzz: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/dev.stamp ## run every test but the long fault tests and the benchmarks
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not faults" tests

test-unit: $(VENV)/dev.stamp ## run the tests that need no other process
	@$(BIN)/pytest -m unit tests

test-integration: $(VENV)/dev.stamp ## run the tests with real servers on this machine
	@$(BIN)/pytest -m integration tests

test-e2e: $(VENV)/dev.stamp ## run the tests of the whole program and of its pages
	@$(BIN)/pytest -m "e2e or browser" tests

test-faults: $(VENV)/dev.stamp ## kill the program at random moments, more than twenty times
	@$(BIN)/pytest -n $(WORKERS) --dist load -m faults tests

test-fuzz: $(VENV)/dev.stamp ## try ten times as many random cases wherever tests draw them; FUZZ=N for N times
	@FUZZ=$${FUZZ:-10} $(BIN)/pytest -n $(WORKERS) --timeout 3600 \
		$$(grep -rlE "from (support.fuzz|hypothesis) import" --include '*.py' tests/unit)

test-containers: $(VENV)/dev.stamp ## build the image and start docker-compose.yml, where a Docker engine answers
	@CONTAINERS=1 $(BIN)/pytest -n0 -m containers tests/containers

check: $(VENV)/dev.stamp ## lint, format, types, structure, deployment files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=plugins $(BIN)/lint-imports
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/hadolint Dockerfile

bench: $(VENV)/bench.stamp ## measure speed side by side with the peers
	@$(BIN)/python tests/bench/run.py $(BENCH)

format: $(VENV)/dev.stamp ## format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# The widest set is resolved first; the others take their versions from it.
COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade
lock: $(UV) ## resolve the dependencies anew and pin them with hashes
	@$(COMPILE) pyproject.toml --group test --group lint --group bench -o requirements/bench.txt
	@$(COMPILE) pyproject.toml --group test --group lint -c requirements/bench.txt -o requirements/dev.txt
	@$(COMPILE) pyproject.toml -c requirements/bench.txt -o requirements/run.txt
	@$(COMPILE) --group tools -o requirements/tools.txt
	@sed -nE 's/^([a-z0-9._-]+)(\[[a-z,]+\])?==.*/--no-emit-package \1/p' requirements/run.txt \
		| xargs $(COMPILE) -c requirements/run.txt -c requirements/tools.txt deploy/image.in -o deploy/image.txt

env: ## write .env with generated secrets for docker compose
	@$(PYTHON) deploy/make_env.py

pin-images: ## pin the images of docker compose to the digests of what was pulled
	@$(PYTHON) deploy/pin_images.py

clean: stop ## end everything and remove the virtual environment; data in var/ stay
	@rm -rf $(VENV)

# The stamp holds the interpreter, so that another PYTHON makes a new environment.
$(UV): requirements/tools.txt
	@test -n "$(PYTHON)" || { echo "error: Python 3.11, 3.12 or 3.13 is needed, and none is on the PATH; set PYTHON=/path/to/python3"; exit 1; }
	@echo "creating the virtual environment with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements/tools.txt
	@touch $(UV)

$(VENV)/%.stamp: requirements/%.txt pyproject.toml $(UV)
	@echo "installing the packages of requirements/$*.txt"
	@VIRTUAL_ENV=$(VENV) $(UV) pip install -q --require-hashes -r requirements/$*.txt
	@VIRTUAL_ENV=$(VENV) $(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@
