# The README explains these. Every target sets up what it needs; nothing has to be installed by hand.
.PHONY: setup demo run test lint bench clean
PY := .venv/bin/python

setup: ## install everything into the checkout
	@sh tools/setup.sh

demo: setup ## the main job, end to end, against a simulated Microsoft
	@$(PY) -m tests.sandbox.demo

run: setup ## the same sandbox, left running to click through
	@$(PY) -m tests.sandbox.run

test: setup lint ## everything that is checked
	@$(PY) -m pytest -n 2 --dist loadfile

lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: setup ## the benchmarks, as tables with ratios
	@$(PY) -m tests.bench

clean: ## remove everything that setup made
	rm -rf .venv .venv-uv tests/sandbox/node/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
