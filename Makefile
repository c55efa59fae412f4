.PHONY: run test check bench clean

export TF_CPP_MIN_LOG_LEVEL ?= 3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/installed-run
DEV_STAMP := $(VENV)/installed-dev

run: $(RUN_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/accessctl run --or-demo

test: $(DEV_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/python -m pytest

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/python -m benchmarks.pipeline

clean:
	rm -rf $(VENV) models/cache state

$(RUN_STAMP): requirements.txt pyproject.toml
	@scripts/bootstrap.sh requirements.txt
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@scripts/bootstrap.sh requirements-dev.txt
	@touch $(RUN_STAMP) $@
