# The two commands of the README are `make demo` and `make test`. Each builds .venv if there is none.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ROOMS := cli detectors generation provenance safety src/touchmark

.PHONY: demo test check wheel images clean

demo: $(STAMP) ## From a prompt to a sealed, verified video; then strip it and verify it again.
	$(BIN)/python -m examples.demo

# Arithmetic in one thread each: the tests themselves run side by side, and small products gain nothing by more.
test: $(STAMP) ## The test suite.
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist worksteal

check: $(STAMP) ## Lint, format, types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: $(STAMP) ## Build the wheel, install it without extras into an empty environment, verify without torch.
	BIN=$(abspath $(BIN)) PYTHON=$(PYTHON) sh tests/wheel.sh

images: $(STAMP) ## The pictures of the README, made from a real run.
	$(BIN)/python -m docs.make_images

# torch goes in alone and first: later installs find the pinned build in place and bring no other.
# pip compiles what it copies, on one core: here all of them do it, afterwards, and pass over files that are no Python of
# this version, as pip does. Of an editable install it copies nothing: where Python is told to write no bytecode
# (PYTHONDONTWRITEBYTECODE), every command would compile our own modules anew, a seventh of its time.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "touchmark needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[generate,dev]'
	$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	$(BIN)/python -m compileall -q $(ROOMS)
	touch $(STAMP)

clean:
	rm -rf $(VENV) build dist demo
