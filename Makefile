# Every command sets the project up first, so `make test` works in a fresh checkout.
# ARGS goes through to the program: make demo ARGS="--seeds 1", make test ARGS="-k setup".
PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.headswap-ready
# --no-compile: Python compiles what is imported, when it is imported; most of what is installed never is. For that it
# must be allowed to write what it has compiled: where it is not, `import torch` takes twice as long, every time.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile
TORCH_INDEX := https://download.pytorch.org/whl/cpu
# Our own JupyterLab asks about no news and no updates: the question covers the first screen.
SETTINGS := $(VENV)/share/jupyter/lab/settings
TYPESCRIPT := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help lab setup demo test lint notebooks bench figures clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## make .venv with everything in it (needs Python 3.11 or newer)
	@echo "Ready: $(VENV)"

lab: $(READY) ## open the course in JupyterLab, at lesson 00
	@$(BIN)/jupyter lab notebooks/00_start_here.ipynb $(ARGS)

demo: $(READY) ## run the demo in the terminal
	@$(BIN)/python -m headswap demo $(ARGS)

test: $(READY) ## run every test
	@$(BIN)/python -m pytest $(ARGS)

lint: $(READY) $(TYPESCRIPT) ## check style (ruff) and types (pyright, TypeScript)
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/node node_modules/typescript/bin/tsc -p .

notebooks: $(READY) ## build the notebooks from lessons/ and run them
	@$(BIN)/python -m lessons.build $(ARGS)

bench: $(READY) ## run the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

figures: $(READY) ## draw the figures again, and photograph the lab
	@$(BIN)/python -m benchmarks.figures $(ARGS)
	@$(BIN)/python -m benchmarks.screens

clean: ## remove caches and build results (.venv stays)
	@rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) -exec rm -rf {} +

# The stamp is removed first and written last. Without one, .venv may be half installed in ways
# pip does not notice, so it is made anew; with one, changed pins are installed into it.
# Torch comes first, and from PyTorch's CPU index: elsewhere, on Linux, it brings gigabytes of CUDA.
# Its own dependencies come with the rest, from pip's usual index.
$(READY): requirements.txt pyproject.toml binder/overrides.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "headswap needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": try make PYTHON=python3.11")'
	@test -f $@ || { echo "Making $(VENV): a few minutes, the first time"; $(PYTHON) -m venv --clear $(VENV); }
	@rm -f $@
	@echo "Installing torch"
	@torch=$$(grep '^torch==' requirements.txt) && \
	{ $(PIP) --no-deps --retries 0 --timeout 15 --index-url $(TORCH_INDEX) "$$torch" 2>/dev/null || \
	{ echo "  not from PyTorch's CPU index: taking $$torch from pip's default index"; $(PIP) "$$torch"; }; }
	@echo "Installing the rest"
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@mkdir -p $(SETTINGS) && cp binder/overrides.json $(SETTINGS)/
	@touch $@

# The one thing that comes from npm, with the node that pip has installed; nothing is built with it.
$(TYPESCRIPT): package-lock.json $(READY)
	@echo "Installing TypeScript"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent
	@touch $@
