# What people type. Longer steps are scripts in bin/; what was done leaves a stamp in .venv, so that
# the second time is quick.

.DEFAULT_GOAL := help
.PHONY: help run test oracle soak check bench doctor database-roles lock clean

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
ARGS ?=
# Side by side; tests/conftest.py says what goes together.
PYTEST := $(VENV_PYTHON) -m pytest --numprocesses=auto --maxprocesses=4

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.runtime ## everything on this machine, with the demo book; PORT=8001 for another port
	@bin/system-libraries pango
	@exec $(VENV_PYTHON) manage.py up --demo $(if $(PORT),--port $(PORT)) $(ARGS)

test: $(VENV)/.development $(VENV)/.clients ## the whole suite on the embedded database; ARGS="-k grants -x" for pytest
	@bin/system-libraries pango chromium
	@exec $(PYTEST) $(ARGS)

oracle: $(VENV)/.development ## the ledger against a plain model of it, 20,000 random acts; STEPS=1000 SEED=7
	@CREDITOPS_ORACLE_STEPS=$(or $(STEPS),20000) $(if $(SEED),CREDITOPS_ORACLE_SEED=$(SEED)) \
		$(VENV_PYTHON) -m pytest -q -k as_long_as_asked tests/ledger/test_against_oracle.py

soak: $(VENV)/.development ## ten minutes of usage while parts are killed at random; SECONDS=60 SEED=7
	@CREDITOPS_SOAK_SECONDS=$(or $(SECONDS),600) $(if $(SEED),CREDITOPS_SOAK_SEED=$(SEED)) \
		$(VENV_PYTHON) -m pytest -q -s tests/soak

check: $(VENV)/.development ## format, lint, types, floors, migrations, deployment settings
	@exec bin/check

bench: $(VENV)/.runtime ## the benchmarks of bench/
	@exec $(VENV_PYTHON) manage.py bench $(ARGS)

doctor: ## what this machine has, and what to type where something is missing
	@exec bin/doctor

database-roles: $(VENV)/.runtime ## roles and database of DATABASE_URL, as SUPERUSER_URL; without it prints the SQL
	@exec $(VENV_PYTHON) manage.py database_roles $(SUPERUSER_URL)

lock: $(VENV)/.development ## writes requirements*.txt anew from requirements*.in
	@exec bin/lock

clean: ## removes the virtual environment and all caches; the book in .data stays
	rm -rf $(VENV) tests/clients/openmeter/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/.runtime: requirements.txt requirements-installer.txt
	@bin/install requirements.txt
	@touch $@

$(VENV)/.clients: requirements-clients.txt tests/clients/openmeter/package-lock.json | $(VENV)/.development
	@bin/clients
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt requirements-installer.txt
	@bin/install requirements.txt requirements-dev.txt
	@touch $@ $(VENV)/.runtime
