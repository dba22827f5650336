# The two commands of the README, and those of its makers. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench looks chaos stack image-proof clean

VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.setup-done
BRIEF := examples/kaffi/brief.yaml
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# torch's CPU build lies on an index of its own; a GPU machine takes PyPI's, a mirror knows better itself.
CPU_INDEX := $(shell if [ -z "$$PIP_FIND_LINKS$$PIP_INDEX_URL$$PIP_EXTRA_INDEX_URL" ] && [ "$$TORCH" != cuda ] \
	&& ! command -v nvidia-smi >/dev/null; then echo --extra-index-url https://download.pytorch.org/whl/cpu; fi)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(DONE) ## make the virtual environment in .venv

$(DONE): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Reelmill needs Python 3.11 or newer on the PATH"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $(CPU_INDEX) -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup ## make the example campaign's 30 ads
	@$(BIN)/reelmill weights fetch || echo "going on without some weights: the ads come out plainer"
	@$(BIN)/reelmill run $(BRIEF)

test: setup ## run the tests
	$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

check: setup ## lint, type-check and hold the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## measure speed and memory; prints ratios
	$(BIN)/pip install --quiet --disable-pip-version-check $(CPU_INDEX) -c constraints.txt -e '.[bench]'
	$(BIN)/reelmill weights fetch --all
	$(BIN)/python benchmarks/compose.py
	$(BIN)/python benchmarks/planning.py
	$(BIN)/python -m benchmarks.gallery
	$(BIN)/python -m benchmarks.review
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/enlarge.py

looks: setup ## draw contact sheets of every template, ratio and script into looks/
	$(BIN)/python -m tests.looks $(ARGS)

chaos: setup ## kill the campaign of tests/chaos at 200 points, ARGS=57 at one; half an hour
	$(BIN)/python -m tests.chaos.storm $(ARGS)

stack: setup ## run a team's whole topology here, and the example campaign through it; ARGS=--once
	@REELMILL_HOME=reelmill-stack/home $(BIN)/reelmill weights fetch || echo "going on without some weights"
	@$(BIN)/python -m tests.stack $(ARGS)

image-proof: ## prove the image's steps in a clean Debian, as root; needs debootstrap, 8 GB and minutes
	tests/deploy/prove_image.sh $(ARGS)

clean: ## remove what make demo and make stack made (not the environment)
	rm -rf reelmill-data reelmill-stack bench-data
