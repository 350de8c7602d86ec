# Two commands: `make demo` shows what this does, `make check` proves that it works. Both set up all they need.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo stop serve check lint test lock openapi clean

demo: .venv/service  ## start the service, fit the radon model over HTTP, print the result and how to go on
	$(BIN)/python -m service demo

stop:  ## stop the service that `make demo` left running
	@if [ -f .run/pid ]; then kill "$$(cat .run/pid)" 2>/dev/null; rm -f .run/pid; echo "stopped"; else echo "not running"; fi

serve: .venv/service  ## serve in the foreground
	$(BIN)/python -m service serve

check: lint test  ## everything that must pass

lint: .venv/gate
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/gate
	$(BIN)/pytest

openapi: .venv/service  ## write the published schema
	$(BIN)/python -m service openapi > openapi/openapi.json

# The locks hold for every Python and platform that the project supports.
lock:  ## renew the locked dependencies (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -o .lock/service.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --extra gate -o .lock/gate.txt

.venv/python:
	$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Python 3.11 to 3.13 is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/service: .lock/service.txt | .venv/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .lock/service.txt
	touch $@

.venv/gate: .lock/gate.txt | .venv/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .lock/gate.txt
	touch $@ .venv/service

clean: stop
	rm -rf .venv .run .mypy_cache .ruff_cache .hypothesis .import_linter_cache
