# Everything starts here: `make demo` on a new machine, `make test` before a change is handed in.
#   make test N=2 PYTEST_ARGS="-k clock"
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
NEWEST_PYTHON := for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done
DRILLS := clock-skew ds-before-dnskey expired-signatures fragments-dropped
PYTEST := $(BIN)/pytest $(if $(N),-n $(N)) $(PYTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check unit contract drills rehearsals lab bench catalogue readme lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## the virtual environment, an engine that runs, the images
	@$(BIN)/chaindrill setup

demo: setup ## four stories in thirteen variants, on real servers, judged (DRILLS=NAME for others)
	@$(BIN)/chaindrill run $(DRILLS)

test: setup ## every test, one wrong way for each rehearsal (N=2 for two at a time, PYTEST_ARGS for pytest)
	@$(PYTEST) -m "not every_wrong_way" tests

check: $(READY) ## style, types, import order
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(READY) ## the tests that need no engine
	@$(PYTEST) tests/unit

contract: setup ## the tests of images, resolvers, faults and clean-up
	@$(PYTEST) tests/contract

drills: setup ## the drills as tests
	@$(PYTEST) tests/test_scenarios.py

rehearsals: setup ## the rehearsals as tests, each in the right order and in every wrong way
	@$(PYTEST) tests/test_rehearsals.py

lab: setup ## a lab that stays up, to work in by hand (DATE=2031-03-01 for where its time begins)
	@$(BIN)/chaindrill lab up $(if $(DATE),--clock $(DATE))

bench: setup ## how long things take here
	@$(BIN)/python -m tests.bench

catalogue: setup ## docs/catalogue.md and its pages (STORIES=NAME for some, QUICK=1 to time no remedies)
	@$(BIN)/python -m tests.catalogue $(if $(QUICK),--quick) $(STORIES)

readme: setup ## the output that README.md shows, from a run of both its commands
	@$(BIN)/python -m tests.readme

lock: $(READY) ## the newest versions of everything, into requirements.lock
	$(BIN)/pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
	    --strip-extras --no-emit-find-links --no-emit-index-url --no-emit-trusted-host \
	    --extra dev --output-file requirements.lock pyproject.toml

clean: ## away with labs, leftovers, images, caches and the virtual environment
	-@test ! -x $(BIN)/chaindrill || $(BIN)/chaindrill clean --all
	-@test ! -x $(BIN)/python || $(BIN)/python -m lab.images remove
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Every version comes from the lock, and building the project itself fetches nothing.  Debian keeps the venv
# module in a package of its own.
$(READY): requirements.lock pyproject.toml
	@python=$$($(NEWEST_PYTHON)); \
	if [ -z "$$python" ]; then echo "chaindrill needs Python 3.11 or newer: install it, then try again" >&2; exit 3; fi; \
	if [ ! -x $(BIN)/pip ]; then \
	    if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	        if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	            echo "this Python has no venv module: installing python3-venv"; \
	            apt-get -q update >/dev/null || true; \
	            DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3-venv >/dev/null || exit 3; \
	            $$python -c 'import ensurepip, venv' 2>/dev/null || python=/usr/bin/python3; \
	        else \
	            echo "this Python has no venv module: install it (Debian: apt-get install python3-venv), then try again" >&2; \
	            exit 3; \
	        fi; \
	    fi; \
	    echo "making $(VENV) with $$python"; \
	    $$python -m venv --clear $(VENV) || exit 3; \
	fi
	@echo "installing what requirements.lock names"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $(READY)
