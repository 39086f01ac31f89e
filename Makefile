# Two commands matter: `make run` and `make test`. Both need Python 3.11+, make and a package index, nothing else.

VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= config.yaml
# The first interpreter that answers and is new enough; PYTHON=/path/to/python overrides it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test demo check train lock clean

run: $(VENV)/.run  ## Start the service on config.yaml; trains a model first where there is none
	$(BIN)/monitor run --config $(CONFIG)

demo: $(VENV)/.run  ## The whole flow with no network and no secrets
	$(BIN)/monitor demo

train: $(VENV)/.run  ## Fit a model from the seeds and the verdicts
	$(BIN)/monitor train --config $(CONFIG)

test: $(VENV)/.dev  ## The whole test suite
	$(BIN)/python -m pytest

check: $(VENV)/.dev  ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found. Install one, or call make PYTHON=/path/to/python." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: tests/requirements.lock $(VENV)/.run
	$(PIP) install --require-hashes -r tests/requirements.lock
	@touch $@

# Resolves for every supported Python at once. The locks carry hashes and no index.
lock: $(VENV)/.run
	$(PIP) install uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --group build --extra dev -c requirements.lock pyproject.toml -o tests/requirements.lock

clean:  ## Remove what was built; keeps the database and the models in data/
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
