# Every target sets up the environment on its first call and starts at once afterwards.
# Another folder or interpreter: make test VENV=/tmp/venv PYTHON=python3.12
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest --durations=10
# Most tests keep one core busy: two processes deal with them, a file each. Pages in a browser count seconds and go alone.
# torch's threads sleep while they wait for each other: where they spin, two processes on two cores take three times as long.
EVERYDAY := not cuda and not timm and not full
BESIDE := --numprocesses 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help app test test-full test-gpu notebooks bench demo-runs screenshots lint

help:
	@echo "make app          the app on the bundled demo runs, and on ./runs if it exists"
	@echo "make test         what CI checks, about 15 minutes on two cores"
	@echo "make test-full    every test, in at most 90 minutes"
	@echo "make test-gpu     what a CUDA device computes, beside the same on the CPU"
	@echo "make notebooks    execute the notebooks"
	@echo "make bench        measure the app's start, its answer to a key press, activations, evidence"
	@echo "make demo-runs    train the bundled demo runs again"
	@echo "make screenshots  every page in every state into ./screenshots, checked"
	@echo "make lint         style, types and import rules"

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; $(PYTHON) is " + sys.version.split()[0])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt --editable ".[dev]"
	@touch $@

app: $(READY)
	$(BIN)/activation-explorer app

test: $(READY)
	$(PYTEST) $(BESIDE) -m "not browser and $(EVERYDAY)"
	$(PYTEST) -m "browser and $(EVERYDAY)"

test-full: $(READY)
	$(PYTEST) $(BESIDE) -m "not browser and not cuda and not timm"
	$(PYTEST) -m "browser"

test-gpu: $(READY)
	$(PYTEST) -m cuda

notebooks: $(READY)
	$(PYTEST) tests/project/test_notebooks.py

bench: $(READY)
	$(BIN)/python -m benchmarks.cold_start
	$(BIN)/python -m benchmarks.app_latency
	$(BIN)/python -m benchmarks.activations
	$(BIN)/python -m benchmarks.noise_lens
	$(BIN)/python -m benchmarks.evidence
	$(BIN)/python -m benchmarks.attributions

demo-runs: $(READY)
	$(BIN)/python -m explorer.demo

screenshots: $(READY)
	$(BIN)/python -m tests.browser.screenshots

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
