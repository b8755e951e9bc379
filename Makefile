# The commands of a developer's day. Everything is installed below .venv and .venvs, pinned by
# requirements/; a second run costs nothing.
#
#   make run [PORT=8000] [DATA=rows.ndjson] [KEEP=1] [ORIGIN=http://localhost:5173]
#                                                      the whole service on this machine, and its pages
#   make docs                                          the console, the reference and the pages of docs/, into .site
#   make clients [GO=1]                                clients made by generators, and the TypeScript one
#   make token USER=usr_x                              a token for any user of it
#   make import FILE=rows.ndjson                       more rows into it
#   make test [ARGS="-k name"]                         every test
#   make test-oldest                                   those of the client and the tools on Python 3.11
#   make test-runtime                                  the functions on Lambda's processor and Python, emulated
#   make worlds [CASES=10000]                          pairs of worlds: does any answer tell too much?
#   make simulate [CASES=100000] [FIRST=0]             random histories of the cascade
#   make faults [CASES=20000]                          faults planted in it, each to be found by one
#   make chaos [SECONDS=300] [REQUESTS=10000]          functions that are killed, a bus and a table that fail
#   make load [SECONDS=20]                             the functions above what there is room for
#   make bench-cascade [MEMBERS=10000] [ADDONS=1000] [DEPTH=20]   a large uninstall, timed
#   make lint                                          ruff, mypy, import-linter
#   make oracle [CASES=20000]                          the list against its oracle, for long
#   make bench [ROUNDS=15] [WRITE=1]                   every request and start, beside a baseline
#   make bench-ingest [ROWS=100000] [WRITE=1]          rows that come in: import, function, queue
#   make bench-latency [OPTIONS=--large]               calls timed on a simulated network, and priced

# The service is tested on Lambda's Python, 3.13, and the client and the tools on the oldest that they
# support, 3.11, where this machine has them: on the path or of pyenv. PYTHON=... chooses another.
find_python = $(shell for python in python$(1) $${PYENV_ROOT:-$$HOME/.pyenv}/versions/$(1)*/bin/python$(1); do \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null && echo "$$python" && break; done)
LAMBDA_PYTHON := $(call find_python,3.13)
OLDEST_PYTHON := $(call find_python,3.11)
PYTHON ?= $(or $(LAMBDA_PYTHON),python3)
PORT ?= 8000

BIN := .venv/bin
SITE := .site
UV := $(BIN)/uv
UV_PIN := $(shell sed -n 's/^uv==/uv==/p' requirements/dev.in)
STAMPS := .venvs/.stamps
SYNC = VIRTUAL_ENV= $(UV) pip sync --quiet --require-hashes --compile-bytecode

# Environments are independent of each other, and most of their time is a network's or a disk's.
ALL_AT_ONCE := $(MAKE) --no-print-directory -j 3

# The tests start hundreds of processes, which import the same modules: compiled once, if the machine
# forbids it or not.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup docs browser clients run token import test test-oldest test-runtime worlds simulate faults chaos load bench bench-cascade \
	bench-ingest bench-latency lint oracle clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(STAMPS)/dev $(STAMPS)/sam $(STAMPS)/ministack $(STAMPS)/dynoxide $(STAMPS)/asyncapi

docs: $(SITE)/console/vendor/LICENSES $(SITE)/reference/swagger-ui-bundle.js $(SITE)/docs/index.html
	@cp console/* $(SITE)/console/
	@cp docs/reference/* openapi.yaml $(SITE)/reference/

# Clients that generators make of openapi.yaml, compiled, and the TypeScript client.
clients: .venvs/generators/made clients/typescript/dist/index.js

.venvs/generators/made: openapi.yaml docs/frontend.md $(STAMPS)/generators $(STAMPS)/python-generators \
		$(if $(GO),$(STAMPS)/go) $(wildcard tests/generated/*.*)
	@echo "Generating clients from openapi.yaml"
	@$(BIN)/python -m tests.generated.generators
	@touch $@

clients/typescript/node_modules/installed: clients/typescript/package.json clients/typescript/package-lock.json
	@echo "Installing clients/typescript/node_modules"
	@cd clients/typescript && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

clients/typescript/dist/index.js: clients/typescript/node_modules/installed $(wildcard clients/typescript/src/*.ts clients/typescript/tsconfig*.json)
	@echo "Building clients/typescript/dist"
	@rm -rf $(@D)
	@cd clients/typescript && npm run --silent build
	@touch $@

run:
	@$(ALL_AT_ONCE) setup docs
	@$(BIN)/python -m tools run --port $(PORT) $(if $(PAGES_PORT),--pages-port $(PAGES_PORT)) $(if $(DATA),--data "$(DATA)") $(if $(KEEP),--keep) $(if $(ORIGIN),--origin "$(ORIGIN)")

token: $(STAMPS)/dev
	@$(if $(USER_ID),,$(error Say whose token: make token USER=usr_x))$(BIN)/python -m tools token "$(USER_ID)"

import: $(STAMPS)/dev
	@$(if $(FILE),,$(error Say which file: make import FILE=rows.ndjson))$(BIN)/python -m tools import "$(FILE)"

test:
	@$(ALL_AT_ONCE) setup docs browser clients
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' \
		|| { echo "There is no python3.13, which Lambda runs: the tests run on another Python." >&2; test -z "$(CI)"; }
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)
	$(if $(ARGS),,@$(MAKE) --no-print-directory test-oldest)

# What the client and the tools do; all unit tests but of the template, for the tools use the service's own code.
ON_OLDEST := tests/unit tests/property/client \
	$(patsubst %,tests/integration/test_%.py,client_readme cli cli_docs)

test-oldest:
	@test -n "$(OLDEST_PYTHON)" \
		|| { echo "There is no python3.11: the client and the tools are not tested on it." >&2; test -z "$(CI)"; }
	$(if $(OLDEST_PYTHON),@$(MAKE) --no-print-directory $(STAMPS)/oldest $(STAMPS)/dynoxide)
	$(if $(OLDEST_PYTHON),.venvs/oldest/bin/python -m pytest -n 2 --dist loadfile --ignore tests/unit/template $(ON_OLDEST))

test-runtime:
	@$(ALL_AT_ONCE) setup $(STAMPS)/lambda $(STAMPS)/lambda-newest $(STAMPS)/debian
	$(BIN)/python -m pytest -n 2 -m emulated $(ARGS) tests/runtime

worlds: setup
	CASES=$(or $(CASES),10000) $(BIN)/python -m pytest tests/property/access -n 2 -q

simulate: $(STAMPS)/dev
	nice $(BIN)/python -m tests.property.cascade.histories $(or $(CASES),100000) $(or $(FIRST),0)

faults: $(STAMPS)/dev
	nice $(BIN)/python -m tests.property.cascade.mutations $(or $(CASES),20000)

chaos: setup
	CHAOS_SECONDS=$(or $(SECONDS),300) $(BIN)/python -m pytest -q tests/e2e/test_cascade_faults.py tests/e2e/test_ingest_mixed.py
	nice $(BIN)/python -m tests.faults.chaos $(or $(REQUESTS),10000)

load: $(STAMPS)/dev $(STAMPS)/dynoxide $(STAMPS)/load
	@$(BIN)/python -m tests.load.run $(or $(SECONDS),20)

bench-cascade: $(STAMPS)/dev $(STAMPS)/dynoxide
	@$(BIN)/python -m tools.bench.cascade $(or $(MEMBERS),10000) $(or $(ADDONS),0) $(or $(DEPTH),0)

lint: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-cache

oracle: CASES ?= 20000
oracle: setup
	CASES=$(CASES) $(BIN)/python -m pytest -q tests/property/list tests/property/query

bench: $(STAMPS)/dev $(STAMPS)/dynoxide
	@$(BIN)/python -m tools bench --rounds $(or $(ROUNDS),15) $(if $(WRITE),--write)
	@$(BIN)/python -m tools bench-start --rounds $(or $(ROUNDS),15) $(if $(WRITE),--write)

bench-ingest: setup
	@POWERTOOLS_LOG_LEVEL=WARNING $(BIN)/python -m tools bench-ingest --rows $(or $(ROWS),100000) $(if $(WRITE),--write)

bench-latency: $(STAMPS)/dev $(STAMPS)/dynoxide
	@nice $(BIN)/python -m tools bench-latency $(OPTIONS)

clean:
	rm -rf .venv .venvs .local .aws-sam .site

# USER is also a variable of the shell: only the one of make's own command line counts.
USER_ID := $(if $(filter command line,$(origin USER)),$(USER))

# Another Python makes all anew.
$(STAMPS)/made-by$(subst /,_,$(PYTHON)):
	@mkdir -p $(STAMPS)
	@rm -f $(STAMPS)/made-by* && touch $@

$(STAMPS)/uv: requirements/dev.in $(STAMPS)/made-by$(subst /,_,$(PYTHON))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or later is needed, and $(PYTHON) is not: set PYTHON=/path/to/python3."; exit 1; }
	@echo "Making .venv of $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(UV_PIN)"
	@touch $@

# The project itself, editable: its packages, and the command `installs`.
ITSELF = VIRTUAL_ENV= $(UV) pip install --quiet --no-deps --no-build-isolation --editable . --python

$(STAMPS)/dev: requirements/dev.txt pyproject.toml $(STAMPS)/uv
	@echo "Installing the project's own environment (.venv)"
	@$(SYNC) --python $(BIN)/python requirements/dev.txt
	@$(ITSELF) $(BIN)/python
	@touch $@

$(STAMPS)/oldest: requirements/dev.txt pyproject.toml $(STAMPS)/uv
	@echo "Installing the same on $(OLDEST_PYTHON) (.venvs/oldest)"
	@$(OLDEST_PYTHON) -m venv --clear .venvs/oldest
	@$(SYNC) --python .venvs/oldest/bin/python requirements/dev.txt
	@$(ITSELF) .venvs/oldest/bin/python
	@touch $@

$(STAMPS)/sam $(STAMPS)/ministack $(STAMPS)/load $(STAMPS)/docs $(STAMPS)/python-generators $(STAMPS)/go: $(STAMPS)/%: requirements/%.txt $(STAMPS)/dev
	@echo "Installing .venvs/$*"
	@$(PYTHON) -m venv --clear .venvs/$*
	@$(SYNC) --python .venvs/$*/bin/python requirements/$*.txt
	@touch $@

# What Lambda's runtime brings, for its processor.
$(STAMPS)/lambda $(STAMPS)/lambda-newest: $(STAMPS)/%: requirements/%.txt $(STAMPS)/dev
	@echo "Installing .venvs/$*"
	@rm -rf .venvs/$*
	@VIRTUAL_ENV= $(UV) pip install --quiet --require-hashes --python $(BIN)/python --target .venvs/$* \
		--python-platform aarch64-manylinux_2_28 --python-version 3.13 --only-binary :all: -r requirements/$*.txt
	@$(BIN)/python -m compileall -q .venvs/$*
	@touch $@

# Lambda's processor and Python: every process of the tests shares them.
$(STAMPS)/debian: tests/runtime/debian.py $(STAMPS)/dev
	@echo "Installing .venvs/debian"
	@$(BIN)/python -m tests.runtime.debian
	@touch $@

NPM_CI = cd .venvs/$* && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null

$(STAMPS)/dynoxide $(STAMPS)/asyncapi $(STAMPS)/console $(STAMPS)/diagrams $(STAMPS)/reference $(STAMPS)/browser $(STAMPS)/generators: $(STAMPS)/%: requirements/%/package.json requirements/%/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed: install Node.js."; exit 1; }
	@mkdir -p $(STAMPS) .venvs/$*
	@echo "Installing .venvs/$*"
	@cp requirements/$*/* .venvs/$*/
	@$(NPM_CI)
	@touch $@

# The console's library, as modules that a browser takes without an import map.
$(SITE)/console/vendor/LICENSES: $(STAMPS)/console
	@mkdir -p $(@D)
	@cd .venvs/console/node_modules && for file in preact/dist/preact.mjs preact/hooks/dist/hooks.mjs htm/dist/htm.mjs; do \
		sed -e 's|from"preact"|from"./preact.mjs"|' -e '/^\/\/# sourceMappingURL/d' "$$file" > "$(CURDIR)/$(@D)/$${file##*/}"; done
	@cd .venvs/console/node_modules && cat preact/LICENSE htm/LICENSE > $(CURDIR)/$@

$(SITE)/reference/swagger-ui-bundle.js: $(STAMPS)/reference
	@mkdir -p $(@D)
	@cd .venvs/reference/node_modules/swagger-ui-dist \
		&& cp swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css $(CURDIR)/$(@D)/
	@touch $@

# The pages as a site with search. They keep their places, so that their links hold.
DOCS := README.md CHANGELOG.md CONTRACT.md CONTRIBUTING.md openapi.yaml asyncapi.yaml \
	$(wildcard docs/*.md docs/adr/*.md docs/images/* clients/*/README.md)
$(SITE)/docs/index.html: $(STAMPS)/docs $(STAMPS)/diagrams mkdocs.yml tools/docs_site.py $(DOCS)
	@echo "Building the pages of docs"
	@rm -rf $(SITE)/pages && mkdir -p $(SITE)/pages/assets
	@$(BIN)/python -m tools.docs_site $(SITE)/pages $(DOCS)
	@cp .venvs/diagrams/node_modules/mermaid/dist/mermaid.min.js $(SITE)/pages/assets/
	@NO_MKDOCS_2_WARNING=1 .venvs/docs/bin/mkdocs build --quiet --strict

# A browser for the tests of the pages, on Linux on x64; elsewhere the tests look for one themselves.
browser:
	@test "$$(uname -sm)" != "Linux x86_64" || $(MAKE) --no-print-directory .venvs/browser/chromium

.venvs/browser/chromium: $(STAMPS)/browser requirements/browser/unpack.mjs
	@cp requirements/browser/unpack.mjs .venvs/browser/
	@cd .venvs/browser && node unpack.mjs && touch chromium
