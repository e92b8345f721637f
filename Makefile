# All that there is to do with this repository. Each target does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The tools that `make test` needs are brought before the tests start, so that nobody waits without knowing for what
TEST_TOOLS := prometheus-debian prometheus-newest metrics-proto python-newest helm-3 helm-4 trivy hadolint chromium axe-core actionlint

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^## / { printf "\n%s\n", substr($$0, 4) } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

## Use

.PHONY: demo
demo: $(VENV)/.runtime ## serve a simulated call centre: no account needed, Ctrl-C ends it
	@exec $(BIN)/voicenter-exporter --demo $(DEMO_ARGS)

## Check

.PHONY: test lint unit image-test tools
test: lint ## everything that CI runs, with real servers
	@$(BIN)/python -m tests.support.tools $(TEST_TOOLS) || test "$$CI" != true
	$(BIN)/python -m pytest -n 3 --dist=loadgroup $(PYTEST_ARGS)

lint: $(VENV)/.dev ## ruff, mypy and plain words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/docs/test_prose.py

unit: $(VENV)/.dev ## the quick tests: no processes, no servers
	$(BIN)/python -m pytest --unit -n 4 --dist=worksteal $(PYTEST_ARGS)

image-test: $(VENV)/.dev ## build the image on a base of Debian's packages and run it with the least rights (needs root)
	$(BIN)/python -m pytest tests/image $(PYTEST_ARGS)

tools: $(VENV)/.dev ## bring all the tools that tests and checks use
	$(BIN)/python -m tests.support.tools

.PHONY: fuzz soak
fuzz: $(VENV)/.dev ## property tests with ever new seeds, for MINUTES (10)
	@$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),10)

soak: $(VENV)/.dev ## faults, reloads, renewed certificates and bad clients, for MINUTES (10): is everything flat?
	@$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),10)

.PHONY: docs
docs: $(VENV)/.dev ## reading ease (Flesch) of each page, the hardest first
	@$(BIN)/python -m tests.docs.prose

## Measure

.PHONY: bench bench-compare profile
bench: $(VENV)/.dev ## speed and memory against their targets, some three minutes; numbers go to build/bench.json
	@$(BIN)/python -m benchmarks.bench $(BENCH_ARGS)

bench-compare: $(VENV)/.dev ## this tree against another commit, alternating: make bench-compare BASE=main
	@$(BIN)/python -m benchmarks.compare $(BENCH_ARGS) $(or $(BASE),$(error say against what: make bench-compare BASE=main))

profile: $(VENV)/.dev ## flame graph of scrapes of a large call centre: build/profile.svg
	@test -x $(BIN)/py-spy || $(PIP) install "py-spy>=0.4.1,<0.5"
	@$(BIN)/python -m benchmarks.flamegraph $(BENCH_ARGS)

.PHONY: accuracy
accuracy: $(VENV)/.dev ## counters against the truth of simulated days, some ten minutes; the tables go to docs/accuracy.md
	@$(BIN)/python -m benchmarks.accuracy

.PHONY: boards
boards: $(VENV)/.dev ## what the boards say in each state of a centre, on a real Prometheus
	@$(BIN)/python -m pytest -q tests/grafana/test_states.py

.PHONY: alert-noise
alert-noise: $(VENV)/.dev ## how often chance fires alerts, and whether those of simulated days are true, ten minutes; tables go to docs/alerting.md
	@$(BIN)/python -m benchmarks.alert_noise

.PHONY: scale
scale: $(VENV)/.dev ## a thousand accounts: one process, shards, a real Prometheus; the table goes to docs/scaling.md
	@$(BIN)/python -m benchmarks.scale --write

## Release

SBOM ?= build/sbom.json

.PHONY: package sbom
package: $(VENV)/.dev ## wheel and sdist into dist/; the same commit gives the same bytes
	REVISION=$$(git rev-parse HEAD) SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation

sbom: $(VENV)/.dev ## what an installed exporter is made of, with licences, as CycloneDX: build/sbom.json
	@mkdir -p $(dir $(SBOM))
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SBOM).environment
	@$(BIN)/uv pip install --quiet --python $(SBOM).environment/bin/python --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(SBOM).environment/bin/python --no-deps .
	@version=$$($(BIN)/python -c 'import exporter; print(exporter.__version__)') \
		&& sed "s/^dynamic = .*/version = \"$$version\"/" pyproject.toml > $(SBOM).environment/pyproject.toml
	$(BIN)/cyclonedx-py environment --pyproject $(SBOM).environment/pyproject.toml --output-reproducible \
		--output-file $(SBOM) $(SBOM).environment/bin/python

# Set up

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is missing or older than 3.11: install it, or name another with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing python3-venv …"; \
			apt-get install -qq -y --no-install-recommends python3-venv >/dev/null \
				|| { apt-get update -qq && apt-get install -qq -y --no-install-recommends python3-venv >/dev/null; }; \
		else echo "$(PYTHON) has no venv: install it first (apt-get install python3-venv)" >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the exporter into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what the checks need …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

## Maintain

UV_VERSION := 0.13.9
LOCK = $(VENV)/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(LOCK_ARGS)
LOCK_RUNTIME = $(LOCK) pyproject.toml --extra demo

.PHONY: renew lock clean
renew: $(VENV)/.dev ## renew all that is generated: tables of pages, boards, the chart's README, golden pages
	@$(BIN)/python -m renew
	@$(BIN)/python -m grafana.build
	@$(BIN)/python -m helm.configuration
	@$(BIN)/python helm/readme.py
	@GOLDEN_UPDATE=1 $(BIN)/python -m pytest -q tests/metrics/test_golden.py tests/helm/test_render.py

lock: | $(BIN)/python ## renew requirements*.txt after a change of dependencies (LOCK_ARGS=--upgrade for newer ones)
	@test -x $(VENV)/uv/bin/uv || { $(PYTHON) -m venv $(VENV)/uv && $(VENV)/uv/bin/pip install -q uv==$(UV_VERSION); }
	$(LOCK_RUNTIME) --output-file requirements.txt
	$(LOCK_RUNTIME) --group test --group grafana --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) --group build --output-file requirements-build.txt

clean: ## remove what was made: environment, caches, tools, builds
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
