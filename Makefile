.PHONY: run site test faults check bench clean

export TF_CPP_MIN_LOG_LEVEL ?= 3
# What hundreds of processes of the tests import is compiled once.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/installed-run
DEV_STAMP := $(VENV)/installed-dev
PEER := .venv-peer
PEER_STAMP := $(PEER)/installed

run: $(RUN_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/accessctl run --or-demo

site: $(RUN_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/accessctl hub demo

test: $(DEV_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

faults: export ACCESSCTL_KILLS ?= 100
faults: $(DEV_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/python -m pytest tests/faults

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV_STAMP) $(PEER_STAMP)
	$(BIN)/accessctl models fetch
	$(BIN)/python -m benchmarks.speed --peer $(PEER)/bin/python

clean:
	rm -rf $(VENV) $(PEER) models/cache state

$(RUN_STAMP): requirements.txt pyproject.toml
	@scripts/bootstrap.sh requirements.txt
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@scripts/bootstrap.sh requirements-dev.txt
	@touch $(RUN_STAMP) $@

$(PEER_STAMP): requirements-peer.txt $(DEV_STAMP)
	$(BIN)/python -m venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet -r requirements-peer.txt
	$(PEER)/bin/python -m pip install --quiet --no-deps face_recognition==1.3.0
	@touch $@
