# `make demo` and `make test` need only Python 3.11+, Node 20+ with npm, and make, the tests also Java 17 and Chromium: `setup` builds .venv from the locked versions.
PYTHON ?= python3
VENV := .venv
CHECKERS := .venv-checkers
BIN := $(VENV)/bin

.PHONY: setup demo test check audit format generate screenshots bench lock tool clean

setup: $(VENV)/.ready ## .venv, and the libraries of the upload site
	@$(BIN)/python -m tools.vendor

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(f"siloctl needs Python 3.11 or newer; {sys.executable} is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 setup" if v < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the whole loop on the embedded AWS, in a minute or two
	@$(BIN)/python -m tests.demo

# Spark is large, and only the tests of the flows' jobs run it.
$(VENV)/.spark: $(VENV)/.ready requirements/spark.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --no-build-isolation -r requirements/spark.txt
	@touch $@

test: setup $(VENV)/.spark
	$(BIN)/python -m pytest -n 2

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.generate --check
	$(BIN)/python -m pytest -q tests/golden/test_templates_lint.py
	$(MAKE) audit

audit: setup $(CHECKERS)/.ready ## open checkers over every template and policy, in an environment of their own
	$(BIN)/python -m tools.audit $(CHECKERS)

$(CHECKERS)/.ready: requirements/checkers.txt
	$(PYTHON) -m venv --clear $(CHECKERS)
	$(CHECKERS)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/checkers.txt
	@touch $@

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: setup ## docs that are generated: help pages, problem codes, kinds
	$(BIN)/python -m tools.generate

screenshots: setup ## docs/site/*.png: each page of the upload site, light and dark
	$(BIN)/python -m tests.browser.screenshots

bench: setup
	$(BIN)/python -m tests.bench

lock: setup ## after a change of the dependencies in pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra local --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements/runtime.txt
	$(BIN)/uv pip compile requirements/spark.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements/spark.txt
	npm install --prefix requirements --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	$(BIN)/uv pip compile requirements/checkers.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -o requirements/checkers.txt

tool: setup ## what the builds on AWS run: siloctl and all that it needs, in build/siloctl-<version>.zip
	rm -rf build/tool build/siloctl-*.zip
	$(BIN)/python -m pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir build/tool .
	$(BIN)/python -m pip download -qq --disable-pip-version-check --require-hashes --only-binary :all: --python-version 3.11 \
	  --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --dest build/tool -r requirements/runtime.txt
	cp requirements/runtime.txt build/tool/requirements.txt
	cd build/tool && for wheel in siloctl-*.whl; do version=$${wheel#siloctl-}; version=$${version%%-*}; \
	  echo "siloctl==$$version $$(../../$(BIN)/python -m pip hash $$wheel | tail -n 1)" >> requirements.txt; done
	$(BIN)/python -m tools.pack build/tool build

clean:
	rm -rf $(VENV) $(CHECKERS) out build dist blueprints/webapp/site/vendor
