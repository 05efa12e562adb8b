# Everything works on an environment of its own in .venv; `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

ENGINE_SOURCES := $(wildcard snnlab/engine/*.pyx snnlab/engine/*.pxd snnlab/engine/*.c snnlab/engine/include/*.h)
LAB_SOURCES    := $(wildcard labextension/*.json labextension/src/*)

.PHONY: help lab test lint sanitize bench bench-all bench-lab test-gpu clean
.DEFAULT_GOAL := help

help:
	@echo "make lab       open JupyterLab on the first notebook"
	@echo "make test      checks and tests"
	@echo "make lint      checks alone: ruff and pyright"
	@echo "make sanitize  the engine's tests with the compiler's checks of memory and threads"
	@echo "make bench     snnlab, its peers and hand-written programs side by side"
	@echo "make bench-all the same with all networks, float32, and growth curves (an hour)"
	@echo "make bench-lab frames, answers and speed beside a dashboard that plays"
	@echo "make test-gpu  the tests that need an NVIDIA GPU"
	@echo "make clean     remove the environment and everything built"

lab: $(VENV)/installed
	$(BIN)/snnlab lab $(NOTEBOOK)

test: lint $(VENV)/chromium
	without=$$(.ci/need-valgrind) && $(BIN)/python -m pytest -m "not gpu$$without" $(PYTEST_OPTIONS)

lint: $(VENV)/installed
	$(BIN)/ruff check snnlab tests benchmarks notebooks hatch_build.py
	$(BIN)/ruff format --check snnlab tests benchmarks hatch_build.py
	$(BIN)/pyright --pythonpath $(BIN)/python

sanitize: $(VENV)/installed
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' > $(VENV)/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(VENV)/build.txt
	$(BIN)/python tests/sanitize/run.py

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.run $(BENCH_OPTIONS)

bench-all: $(VENV)/installed
	$(BIN)/python -m benchmarks.run --all $(BENCH_OPTIONS)

bench-lab: $(VENV)/chromium
	$(BIN)/python -m benchmarks.lab $(BENCH_OPTIONS)

test-gpu: $(VENV)/installed
	@command -v nvidia-smi >/dev/null && nvidia-smi -L | grep -q GPU || { \
	  echo "test-gpu: no NVIDIA GPU found (nvidia-smi lists none); run this on a machine with one."; exit 1; }
	@command -v nvcc >/dev/null || { \
	  echo "test-gpu: no nvcc on the PATH; install the CUDA toolkit."; exit 1; }
	$(BIN)/python -m pytest -m gpu $(PYTEST_OPTIONS)

clean:
	rm -rf $(VENV) build labextension/dist labextension/lib labextension/node_modules snnlab/engine/*.so

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "$(PYTHON): snnlab needs Python 3.11 or newer, this is $$($(PYTHON) --version 2>&1); set PYTHON=/path/to/python3."; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { \
	  echo "cc: no C compiler found; install one (Debian, Ubuntu: apt-get install build-essential)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "venv: the environment cannot be made (Debian, Ubuntu: apt-get install python3-venv)."; rm -rf $(VENV); exit 1; }

# Python files need no reinstall: the environment imports them from here.
$(VENV)/installed: pyproject.toml hatch_build.py $(ENGINE_SOURCES) $(LAB_SOURCES) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/chromium: | $(VENV)/installed
	@.ci/need-chromium
	@touch $@
