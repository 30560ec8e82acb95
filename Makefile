# Safehold: `make run` tries it on a harmless sample, `make test` runs the suite. Both install what they need, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# What is installed is keyed on the content of the lock files, not on their dates: a checkout changes dates.
RUN_KEY := $(shell cat requirements/run.txt pyproject.toml setup.py src/safehold/native/*.[ch] | cksum | tr ' ' '-')
DEV_KEY := $(shell cat requirements/dev.txt pyproject.toml setup.py src/safehold/native/*.[ch] | cksum | tr ' ' '-')
BENCH_KEY := $(shell cat requirements/bench.txt | cksum | tr ' ' '-')
RUN_STAMP := $(VENV)/installed-run-$(RUN_KEY)
DEV_STAMP := $(VENV)/installed-dev-$(DEV_KEY)
BENCH_STAMP := $(VENV)/installed-bench-$(BENCH_KEY)
RAY_STAMP := $(VENV)/installed-ray-$(shell cat requirements/ray.txt | cksum | tr ' ' '-')
LITELLM := $(VENV)/litellm
LITELLM_STAMP := $(LITELLM)/installed-$(shell cat requirements/litellm.txt | cksum | tr ' ' '-')

.PHONY: run test long-test postgresql-test ray-test litellm-test check lint types architecture lock bench soak docs clean help sanitize neon fuzz

help:
	@echo "make run    safeguard a generated sample dataset, compare the result with what was planted, then serve the gateway"
	@echo "            until Ctrl-C; ONCE=1 make run ends after a check through HTTP"
	@echo "make test   the test suite; COVERAGE=1 make test measures what it reaches    make long-test  its longest tests"
	@echo "make check  lint, format, types, import contracts        make ray-test  tests on a Ray cluster on this host"
	@echo "make postgresql-test  what uses the database, on a real PostgreSQL"
	@echo "make litellm-test    tests with LiteLLM's proxy, in an environment of its own"
	@echo "make bench  benchmarks, one JSON line each    make soak  long crash tests, and half an hour of load"
	@echo "make sanitize, make neon, make fuzz    the native extension under ASan and UBSan, on Arm, and on random cases"
	@echo "make lock   resolve the dependencies again    make docs  generated pages and pictures"

run: $(if $(wildcard $(DEV_STAMP)),$(DEV_STAMP),$(RUN_STAMP))
	@$(BIN)/python examples/run_sample.py --out sample

test: $(DEV_STAMP)
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not long" $(if $(COVERAGE),$(MEASURED)) $(TESTS)
	$(if $(COVERAGE),@$(BIN)/python .ci/coverage_floor.py)

MEASURED := --cov --cov-report=term:skip-covered

long-test: $(DEV_STAMP)
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m long

ray-test: $(RAY_STAMP)
	@TEST_RAY=1 $(BIN)/python -m pytest tests/functional/datasets/test_ray.py

litellm-test: $(DEV_STAMP) $(LITELLM_STAMP)
	@TEST_LITELLM=$(LITELLM)/bin/litellm $(BIN)/python -m pytest tests/functional/guard/test_litellm.py

# Every room's homes on a real PostgreSQL, but for tests that look into the SQLite file or whose other processes open the home.
postgresql-test: $(DEV_STAMP)
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest --numprocesses 2 --dist worksteal tests/contract \
		tests/unit/cases tests/unit/gateway tests/unit/home tests/unit/ledger tests/unit/service tests/unit/vault/test_local.py tests/unit/matching/banks \
		tests/functional/people tests/functional/service --ignore tests/functional/service/test_serving.py tests/functional/test_cli_bank.py tests/functional/test_cli_gateway.py \
		tests/functional/test_cli_key.py tests/functional/test_cli_webhook.py

check: lint types architecture

lint: $(DEV_STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV_STAMP)
	@$(BIN)/mypy -p safehold

architecture: $(DEV_STAMP)
	@$(BIN)/lint-imports --no-logo

# Only a package's public name and its digests may enter a lock file: no index, host, link or path of this machine.
COMPILE := env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" \
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra console --extra heif --extra server --extra video --extra vision

lock: $(DEV_STAMP)
	$(COMPILE) --output-file requirements/run.txt pyproject.toml requirements/build.in
	$(COMPILE) --output-file requirements/dev.txt pyproject.toml requirements/build.in requirements/dev.in
	$(COMPILE) --constraint requirements/dev.txt --extra bench --output-file requirements/bench.txt pyproject.toml
	$(COMPILE) --constraint requirements/dev.txt --extra ray --output-file requirements/ray.txt pyproject.toml
	$(subst --extra console --extra heif --extra server --extra video --extra vision,--extra client,$(COMPILE)) \
		--output-file requirements/litellm.txt pyproject.toml requirements/build.in requirements/litellm.in

bench: $(BENCH_STAMP) $(RAY_STAMP)
	@for name in $$(cd benchmarks && ls *.py | grep -v '^_' | sed 's/\.py$$//'); do \
		$(BIN)/python -m benchmarks.$$name --json || exit 1; done

soak: $(DEV_STAMP)
	@SAFEHOLD_SOAK=1 $(BIN)/python -m pytest tests -m slow -x

sanitize: $(DEV_STAMP)
	@.ci/native sanitize

neon:
	@.ci/native neon

FUZZ_SECONDS ?= 60
fuzz:
	@.ci/native fuzz $(FUZZ_SECONDS)

docs: $(DEV_STAMP)
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/figures.py
	@$(BIN)/python docs/screenshots.py

clean:
	rm -rf sample build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Safehold needs Python 3.11 or newer." >&2; \
		  echo "  what to do: install one, then run: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "  what to do: install your system's package for Python's venv module (python3-venv on Debian)." >&2; exit 2; }

define install
	@echo "installing the pinned packages of $(1) (once)" >&2
	@$(PIP) install --quiet --require-hashes --only-binary :all: -r $(1)
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/installed-$(2)-*
	@touch $@
endef

$(RUN_STAMP): | $(BIN)/python
	$(call install,requirements/run.txt,run)

$(DEV_STAMP): | $(BIN)/python
	$(call install,requirements/dev.txt,dev)

$(BENCH_STAMP): $(DEV_STAMP)
	@echo "installing the peers of the benchmarks (once); pdqhash is built from source and needs a C++ compiler" >&2
	@$(PIP) install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

$(RAY_STAMP): $(DEV_STAMP)
	@echo "installing Ray (once, 80 MB)" >&2
	@$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/ray.txt
	@touch $@

# LiteLLM's proxy asks for other versions of packages than our tests do.
$(LITELLM_STAMP): | $(BIN)/python
	@echo "installing LiteLLM's proxy in an environment of its own (once, 730 MB)" >&2
	@rm -rf $(LITELLM) && $(PYTHON) -m venv $(LITELLM)
	@$(LITELLM)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --only-binary :all: -r requirements/litellm.txt
	@$(LITELLM)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .
	@touch $@
