# Every target brings what it needs: environment.sh makes .venv from requirements.lock, and the
# stamp makes the second call instant.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1
# Empty, whatever the machine says: each of the many processes that are started here would compile
# all that it imports once more.
export PYTHONDONTWRITEBYTECODE :=

PY := .venv/bin/python
READY := .venv/.mizan-ready
ARGS ?=

.PHONY: help run test check bench load chaos format clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) ## start everything on this machine (DEMO=0: no demo traffic); Ctrl-C stops it
	@MIZAN_DEMO=$(or $(DEMO),$(MIZAN_DEMO),1) exec $(PY) -m deploy.local

test: $(READY) ## check, then the integration, browser and chaos tiers on real parts
	@sh deploy/local/test-tools.sh
	@exec $(PY) -m tests.tiers test $(ARGS)

check: $(READY) ## format, lint, types, import rules, unit and contract tests; needs no server
	@exec $(PY) -m tests.tiers check $(ARGS)

bench: $(READY) ## figures of the report edge, the review store and the whole way, as tables and in var/
	@$(PY) -m tests.bench.edge
	@$(PY) -m tests.bench.store $(ARGS)
	@exec $(PY) -m tests.bench.way

load: $(READY) ## a steady rate for a while (ARGS="--rate 300"): latencies, plot, breached goals
	@exec $(PY) -m tests.load $(ARGS)

chaos: $(READY) ## an hour of kills under load, every report accounted for (ARGS=--short: minutes)
	@exec $(PY) -m tests.chaos $(ARGS)

format: $(READY) ## format the source, apply safe lint fixes, make docs/reference, deploy/monitoring and deploy/k8s anew
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .
	@$(PY) -m services.reference
	@$(PY) -m deploy.monitoring
	@$(PY) -m deploy.k8s manifests

clean: ## remove the environment and all caches; var/ (your data) stays
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find services shared deploy tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml deploy/local/environment.sh
	@sh deploy/local/environment.sh $@
