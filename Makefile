# make run    set up and serve on http://127.0.0.1:8000/graphql
# make test   set up and check everything: format, lint, types, rooms, tests
# make bench  measure on the embedded database
# make schema write schema/schema.graphql anew
# make lock   pin requirements*.in anew
# make clean  remove what was built (not .data)

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check bench schema lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.runtime
	@exec $(BIN)/qufu-credit serve

test: $(VENV)/.dev
	@$(MAKE) --no-print-directory check

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: $(VENV)/.runtime
	@exec $(BIN)/python -m bench

schema: $(VENV)/.runtime
	@$(BIN)/qufu-credit schema > schema/schema.graphql

# The stamps are as new as what they were made from, so an unchanged set-up costs nothing.
$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the platform needs (once) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what the checks need (once) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links -o requirements.txt requirements.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links -c requirements.txt -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
