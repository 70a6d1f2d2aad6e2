# Everything a person types. `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready
# Without compiled bytecode every process would compile what it imports anew, three seconds each: our .venv may hold it.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test explore gallery check lint types lab apps bench bench-quick lock setup clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(SETUP)  ## build the sample company, run the notebooks, write their PDFs
	@$(BIN)/workbench demo

# Tests go side by side already: pools of BLAS threads in each would wait for each other.
test: $(SETUP)  ## run every test, on all cores up to four
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

explore: $(SETUP)  ## run the property tests on cases that nobody has tried
	@$(BIN)/python -m pytest --hypothesis-profile=exploring -m "not slow and not exhaustive" $$(grep -rl "^from hypothesis" tests --include="test_*.py")

gallery: $(SETUP)  ## draw every chart at every edge of its data and read it
	@$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 -m exhaustive tests/present/gallery

check: lint types test  ## lint, types and every test

lint: $(SETUP)  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(SETUP)  ## mypy
	@$(BIN)/mypy

lab: $(SETUP)  ## open JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

apps: $(SETUP)  ## serve the apps on localhost
	@$(BIN)/workbench apps

bench: $(SETUP)  ## measure us beside our peers (sets the peers up under .bench)
	@$(BIN)/python benchmarks/media_mix.py

bench-quick: $(SETUP)  ## the same within four minutes
	@$(BIN)/python benchmarks/media_mix.py --quick

lock: $(SETUP)  ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-header --python-version 3.12 --universal --upgrade --quiet -o requirements.lock

setup: $(SETUP)  ## install everything into .venv

# uv comes first, by the lock's own hashes; it then installs the rest in seconds.
$(SETUP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12) and f"Marketing Workbench needs Python 3.12 or newer, found {sys.version.split()[0]}; name one: make $(MAKECMDGOALS) PYTHON=python3.13")'
	@echo "Setting up .venv (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'from workbench.mmm.density.callbacks import compile_density; compile_density()'
	@$(BIN)/python -c 'from workbench.scenarios.response import compile_response; compile_response()'
	@touch $(SETUP)

clean:  ## remove what is made anew: .venv, the sample company, reports
	@rm -rf .venv .bench data/sample
	@find reports -mindepth 1 ! -name README.md -delete
