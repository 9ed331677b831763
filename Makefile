# Needs Python 3.11 or newer, make, and a network to install from. `make help` lists the targets.

PYTHON ?= python3
PORT ?= 6006
LOGDIR ?= logs/demo
CASES ?= exploding_lstm falling_lstm inverted_decay learning_rate_sweep
PYTEST_ARGS ?=
# One more than two cores: what is killed, served or clicked at waits a good part of its time.
WORKERS ?= 3
NOX_ARGS ?=
BENCH_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# The dev extra brings Node and npm into the venv; what npm starts looks for `node` on PATH.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix frontend
NODE_MODULES := frontend/node_modules/.package-lock.json
FRONTEND := $(shell find frontend \( -name node_modules -o -name tests \) -prune -o -type f -print)
PACKAGED := setup.py pyproject.toml $(FRONTEND)

.DEFAULT_GOAL := help
.PHONY: help demo bench soak venv test lint lint-python lint-frontend test-frontend test-python matrix format proto dist clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/.train ## Train the demo runs and show them in TensorBoard (PORT, LOGDIR, CASES)
	$(BIN)/tb-stability demo --logdir $(LOGDIR) --case $(CASES)
	@$(BIN)/python tools/show_demo.py --logdir $(LOGDIR) --port $(PORT)

venv: $(VENV)/.dev ## Set up .venv for development (PYTHON)

# What comes before the Python tests uses one core each.
test: $(VENV)/.dev $(NODE_MODULES) ## Run everything: lint, types, all tests
	@$(MAKE) --no-print-directory --jobs 2 lint-python lint-frontend test-frontend
	@$(MAKE) --no-print-directory test-python

lint: lint-python lint-frontend ## Check style and types of Python and TypeScript

lint-python: $(VENV)/.dev ## Ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lint-frontend: $(NODE_MODULES) ## ESLint, Prettier and tsc
	$(NPM) run lint

test-frontend: $(NODE_MODULES) ## Vitest
	$(NPM) test

test-python: $(VENV)/.dev $(NODE_MODULES) ## Pytest: package, demo, browser, wheel (PYTEST_ARGS, WORKERS)
	@tools/ensure-chromium
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  --reruns 1 --only-rerun "(TimeoutError|TargetClosedError): (Page|Frame|Locator|BrowserContext)" $(PYTEST_ARGS)

# The interpreters of pyenv answer by name only where their versions are active.
matrix: $(VENV)/.dev ## Run the tests with the oldest and the newest versions supported (NOX_ARGS)
	PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd: -)" $(BIN)/nox $(NOX_ARGS)

bench: $(VENV)/.train ## Measure what the callback costs; on an idle machine, 10 minutes (BENCH_ARGS)
	$(BIN)/python -m benchmarks.overhead $(BENCH_ARGS)

soak: $(VENV)/.dev ## Kill a training 50 times, then let 50 readers at TensorBoard for a minute; 5 minutes
	$(BIN)/python -m tools.soak

format: $(VENV)/.dev $(NODE_MODULES) ## Format Python and TypeScript
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NPM) run format

# Code of an old protoc loads with every newer protobuf, not the other way round.
# grpcio-tools 1.62 imports pkg_resources, which setuptools 82 no longer has.
proto: ## Regenerate plugin_data_pb2.py(i) from plugin_data.proto
	venv=$$(mktemp -d) && trap 'rm -rf "$$venv"' EXIT && $(PYTHON) -m venv "$$venv" \
	&& "$$venv/bin/pip" install --quiet 'grpcio-tools==1.62.*' 'setuptools<82' \
	&& "$$venv/bin/python" -m grpc_tools.protoc -I. --python_out=. --pyi_out=. tb_stability/plugin_data.proto

dist: $(VENV)/.dev ## Build sdist and wheel into dist/, check them, install each anew and try it
	rm -rf build dist
	$(BIN)/python -m build
	$(BIN)/python -m tools.check_dist dist

clean: ## Remove everything that was built or installed here; logs/ stays
	rm -rf build dist *.egg-info $(VENV) frontend/node_modules tb_stability/static
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=..." \
	  if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# Installing builds the frontend, so its sources count too. Where all is in place it takes seconds.
$(VENV)/.train: $(PACKAGED) | $(BIN)/pip
	@echo "Installing tb_stability with TensorFlow; the first time it takes a minute or more."
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train]'
	@touch $@

$(VENV)/.dev: $(PACKAGED) | $(BIN)/pip
	@echo "Installing tb_stability with TensorFlow and the tools; the first time it takes a minute or more."
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train,dev]'
	@touch $(VENV)/.train $@

$(NODE_MODULES): frontend/package-lock.json | $(VENV)/.dev
	$(NPM) ci --no-audit --no-fund
	@touch $@
