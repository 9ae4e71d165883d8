# Each target sets up what it needs; `make` alone says what there is.
PYTHON ?= python3
RUNTIME ?= python3.13
ARCHITECTURE ?= arm64
ENVIRONMENT ?= default

# Stories wait more than they work; one worker more than processors keeps those busy.
WORKERS = $(shell $(BIN)/python -c 'import os; print(1 + (os.cpu_count() or 1))')

STORIES := tests/smoke tests/scenario tests/integration

BIN := .venv/bin
INSTALLED := .venv/.installed
MINISTACK := .venv-ministack/.installed
MUTATION := .venv-mutation/.installed
PEERS := .venv-peers/.installed
UV := $(BIN)/uv
LOCK := $(UV) pip compile --quiet --generate-hashes --custom-compile-command "make lock"
WHEELS_arm64 := aarch64-manylinux_2_28
WHEELS_x86_64 := x86_64-manylinux_2_28

# Container images like to set it; without compiled modules each start of the local runtime takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)
export AWS_DEFAULT_REGION ?= eu-west-1
export SAM_CLI_TELEMETRY := 0
export LAMBDA_PYTHON := $(RUNTIME:python%=%)
export LAMBDA_WHEELS := $(WHEELS_$(ARCHITECTURE))
# Beside the sources it would be served, out of date, by the local runtime.
export OPENAPI := $(CURDIR)/.build/openapi.json

.PHONY: help setup demo demo-fleet demo-compliance test stories simulations check up simulate mutants bench bench-fleets bench-rollouts build deploy openapi holidays lock clean

help: ## says what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup: $(INSTALLED) ## makes .venv, with bin/signalbox and bin/sam

demo: $(INSTALLED) ## a good rollout and a bad one, on this machine
	@$(BIN)/python -m signalbox_local.demo

demo-fleet: $(INSTALLED) ## a week of a fleet of sixty, on this machine
	@$(BIN)/python -m signalbox_local.demo_fleet

demo-compliance: $(INSTALLED) ## ten violations: found, put right, approved, left, and proven
	@$(BIN)/python -m signalbox_local.demo_compliance

up: $(INSTALLED) ## the embedded AWS in the foreground
	@$(BIN)/signalbox local up

check: $(INSTALLED) ## linters, types and the contract tests
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml
	@mkdir -p .build && $(BIN)/sam validate --lint >.build/validate.log 2>&1 || { cat .build/validate.log; exit 1; }
	@$(BIN)/pytest --quiet -n 2 tests/contract

test: check $(MINISTACK) ## the checks, then every test
	@$(BIN)/pytest --quiet -n auto --dist loadfile --cov --cov-report= tests/unit
	@$(BIN)/coverage report
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target stories simulations

stories: $(MINISTACK)
	@$(BIN)/pytest --quiet -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(STORIES)

# Beside the stories, in the time that they leave; one by one, so that none waits behind a long one.
simulations: $(INSTALLED)
	@nice -n 19 $(BIN)/pytest --quiet -n auto --dist load --maxschedchunk 1 tests/simulation

simulate: $(INSTALLED) ## every fault at every AWS call; minutes=10 for a short run, of='--only faults' for a part
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation --seeds $(if $(of),0,200) --minutes $(or $(minutes),40) $(of)

# Core and unit tests laid out as the tool wants them; without the tests of other parts, and without the matrix of
# moments, which would take minutes for each change that nobody notices.
mutants: $(MUTATION) ## changes of the engine that no test notices; of='signalbox.rollouts.steps.*' for others
	@rm -rf .build/mutants && mkdir -p .build/mutants/tests
	@cp -R layers/core/signalbox events examples functions statemachines template.yaml pyproject.toml .build/mutants
	@cp -R tests/unit .build/mutants/tests
	@cd .build/mutants && rm -f tests/unit/test_engine.py $$(grep -l 'signalbox_cli\|signalbox_local' tests/unit/*.py)
	@cd .build/mutants && $(CURDIR)/.venv-mutation/bin/mutmut run '$(or $(of),signalbox.rollouts.decisions.*)'
	@cd .build/mutants && $(CURDIR)/.venv-mutation/bin/mutmut results

bench: $(INSTALLED) ## writes docs/benchmarks.md; rollbacks=8 for a short run
	@$(BIN)/python -m bench $(rollbacks)

bench-fleets: $(PEERS) ## its section on fleets, beside Cloud Custodian; runs=1 for a short run
	@$(BIN)/python -m bench.fleet_stops $(runs)

bench-rollouts: $(INSTALLED) ## its sections on every preset: as the service grows, and in the flight simulator
	@$(BIN)/python -m bench.rollout_sizes
	@$(BIN)/python -m bench.preset_worlds

holidays: $(INSTALLED) ## the public holidays of all countries, as fleets read them
	@$(BIN)/python tools/write_holidays.py

openapi: $(INSTALLED) ## what GET /openapi.json answers
	@mkdir -p .build && $(BIN)/python functions/api/generate_openapi.py $(OPENAPI)

build: $(INSTALLED) openapi ## artefacts for Lambda in .aws-sam/build
	@$(BIN)/sam build --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE)

deploy: build ## to the account of your credentials; ENVIRONMENT=dev or prod (samconfig.toml)
	@$(BIN)/sam deploy --config-env $(ENVIRONMENT)

lock: $(INSTALLED) ## pins the requirements anew, with hashes
	@$(LOCK) --universal --python-version 3.11 requirements/uv.in --output-file requirements/uv.txt
	@$(LOCK) --universal --python-version 3.11 requirements/dev.in --output-file requirements/dev.txt
	@$(LOCK) --universal --python-version 3.11 requirements/ministack.in --output-file requirements/ministack.txt
	@$(LOCK) --universal --python-version 3.11 requirements/mutation.in --output-file requirements/mutation.txt
	@$(LOCK) --universal --python-version 3.11 requirements/peers.in --output-file requirements/peers.txt
	@$(LOCK) --python-version 3.13 --python-platform aarch64-manylinux_2_28 --constraint requirements/dev.txt \
		layers/dependencies/requirements.in --output-file layers/dependencies/requirements.txt

clean: ## forgets everything that was made
	@rm -rf .venv .venv-ministack .venv-mutation .venv-peers .aws-sam .build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Signalbox needs Python 3.11 or later, this is %d.%d; name another one: make PYTHON=python3.12" % sys.version_info[:2])'
	@echo "Setting up .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(UV) pip install --quiet --require-hashes -r requirements/dev.txt --python $(BIN)/python
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable . --python $(BIN)/python
	@touch $@

# The independent emulator of the smoke test has an environment of its own, so that neither it nor moto bends the other's versions.
$(MINISTACK): requirements/ministack.txt $(INSTALLED)
	@echo "Setting up .venv-ministack"
	@$(PYTHON) -m venv --without-pip .venv-ministack
	@$(UV) pip install --quiet --require-hashes -r requirements/ministack.txt --python .venv-ministack/bin/python
	@touch $@

# Its tools and the command line of SAM want different versions of the same libraries.
$(MUTATION): requirements/mutation.txt $(INSTALLED)
	@echo "Setting up .venv-mutation"
	@$(PYTHON) -m venv --without-pip .venv-mutation
	@$(UV) pip install --quiet --require-hashes -r requirements/mutation.txt --python .venv-mutation/bin/python
	@touch $@

# Cloud Custodian pins an SDK of its own.
$(PEERS): requirements/peers.txt $(INSTALLED)
	@echo "Setting up .venv-peers"
	@$(PYTHON) -m venv --without-pip .venv-peers
	@$(UV) pip install --quiet --require-hashes -r requirements/peers.txt --python .venv-peers/bin/python
	@touch $@
