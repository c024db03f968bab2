# Every command that CRP needs. `make` lists them; `make run` and `make test` need Python and make, nothing else.
# Names here are relative and commands run as modules, so that any folder will do, one with a space in its name too.

PYTHON ?= python3
PY := .venv/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --no-input --disable-pip-version-check
# What a developer has set for `make run`, in the shell or in .env, does not reach the tests.
# Bytecode is kept, whatever the shell says: without it every process compiles all that it imports.
TEST := env -u PYTHONDONTWRITEBYTECODE ALLOWED_HOSTS=localhost DATABASE_URL=sqlite://:memory: DEBUG=0 SECRET_KEY=for-tests-only SECURE=0
PYTEST := $(PY) -m pytest
# Who has no tests left takes some of another's: a few take half a minute, and they stand together.
WORKERS := -n auto --dist worksteal --maxprocesses
PARALLEL := $(WORKERS) 8 --ignore tests/e2e
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
STATIC := $(shell find static crp/static sectors/static plans/static funding/static 2>/dev/null)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test lint types test-sqlite test-postgres test-browser browser bench stress fuzz coverage format messages openapi \
        requirements clean

help:  ## List these commands
	@awk 'BEGIN {FS = ":.*##"} /^[a-z-]+:.*##/ {printf "  make %-14s%s\n", $$1, $$2}' Makefile

run: .make/run $(CATALOGUES) staticfiles/staticfiles.json  ## Serve CRP with its demo data (PORT=8000, HOST=127.0.0.1, DEBUG=1)
	@$(PY) manage.py demo
	@exec $(PY) -m gunicorn --config deploy/gunicorn.conf.py crp.wsgi

# The browser comes first: that it is missing should not turn out after ten minutes of tests.
test: browser lint types test-sqlite test-postgres test-browser  ## Everything that must pass before a change goes in

lint: .make/dev  ## Style, format, one-way imports, missing migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	find templates -name '*.html' -exec .venv/bin/djade --check --target-version 5.2 {} +
	.venv/bin/lint-imports --no-logo
	$(TEST) $(PY) manage.py makemigrations --check --dry-run

types: .make/dev  ## Types, with mypy
	$(TEST) $(PY) -m mypy

# Migrations run on PostgreSQL below, and on SQLite in tests/funding/test_summaries_parallel.py; elsewhere tables are made
# from the models, which saves every worker ten seconds.
test-sqlite: .make/dev $(CATALOGUES)  ## The tests on SQLite
	$(TEST) $(PYTEST) $(PARALLEL) --no-migrations

test-postgres: .make/dev $(CATALOGUES)  ## The tests on a real PostgreSQL (its own, or the one at TEST_DATABASE_URL)
	$(TEST) $(PY) -m tests.postgres -- $(PYTEST) $(PARALLEL) --only-database

test-browser: browser $(CATALOGUES)  ## The tests in a real browser
	$(TEST) $(PYTEST) $(WORKERS) 4 --no-migrations tests/e2e

browser: .make/dev
	@$(PY) -m tests.e2e.browser

# The databases are built once and kept outside the project, see tests/benchmarks/databases.py.
bench: .make/dev $(CATALOGUES) staticfiles/staticfiles.json  ## Measure against floors, as ratios (SIZES=S,M,L, ON=postgresql,sqlite, WRITE=1 for the docs)
	$(TEST) $(PY) -m tests.benchmarks $(if $(SIZES),--sizes $(SIZES)) $(if $(ON),--on $(ON)) $(if $(WRITE),--write)

stress: .make/dev $(CATALOGUES)  ## Eight writers for a minute on both databases, then every sum is proved
	$(TEST) STRESS_SECONDS=60 $(PYTEST) tests/funding/test_summaries_parallel.py --capture no
	$(TEST) STRESS_SECONDS=60 $(PY) -m tests.postgres -- $(PYTEST) tests/funding/test_summaries_parallel.py --capture no

fuzz: .make/dev  ## Ask every operation of the API a hundred times what it allows and what not; read broken pages for ten minutes
	$(TEST) FUZZ_EXAMPLES=100 FUZZ_SECONDS=600 $(PYTEST) --no-migrations tests/fuzz
	$(TEST) FUZZ_EXAMPLES=100 $(PY) -m tests.postgres -- $(PYTEST) tests/fuzz

coverage: .make/dev $(CATALOGUES)  ## Which lines and branches the tests reach (htmlcov/index.html)
	$(TEST) $(PYTEST) $(PARALLEL) --cov --cov-report term --cov-report html

format: .make/dev  ## Put code and templates into their form
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

messages: .make/run  ## Collect the strings to translate into locale/, and fail where French or a public page lacks some (needs GNU gettext)
	$(PY) manage.py catalogues

openapi: .make/run  ## Write docs/openapi.yaml from the code
	$(PY) manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn

requirements: .make/dev  ## Pin requirements*.in again (UPGRADE=--upgrade takes the newest)
	.venv/bin/uv pip compile $(UPGRADE) --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" requirements.in -o requirements.txt
	.venv/bin/uv pip compile $(UPGRADE) --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" requirements-dev.in -o requirements-dev.txt

clean:  ## Remove what these commands made; the database, the secret key and .env stay
	rm -rf .venv .make .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache htmlcov staticfiles test-results
	rm -f $(CATALOGUES)
	find crp deploy funding plans sectors tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Half an environment, left by a Python without ensurepip, would pass for a whole one the next time.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CRP needs Python 3.11 or newer: make PYTHON=/path/to/it")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.make/run: requirements.txt .venv/bin/python
	@echo "Installing requirements.txt into .venv ..."
	@$(PIP_INSTALL) -r requirements.txt
	@mkdir -p .make && touch $@

.make/dev: requirements-dev.txt .venv/bin/python
	@echo "Installing requirements-dev.txt into .venv ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@mkdir -p .make && touch $@

$(CATALOGUES): %.mo: %.po .make/run
	@$(PY) -m babel.messages.frontend compile --input-file $< --output-file $@

staticfiles/staticfiles.json: .make/run crp/settings.py $(STATIC)
	@echo "Collecting static files ..."
	@DEBUG=0 $(PY) manage.py collectstatic --no-input --verbosity 0
	@touch $@
