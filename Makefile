# What there is to make: see `make help`. Everything runs on Debian 12 or Ubuntu with the Swift toolchain installed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
BUILD := $(SWIFT) build --explicit-target-dependency-import-check error
SOURCES := Sources Tests Benchmarks examples Package.swift

# What a build needs, and a C compiler for kernels at run time.
BUILD_PACKAGES := libopenmpi-dev openmpi-bin libhdf5-openmpi-dev libopenblas-dev libsleef3 libxxhash-dev \
	gcc libc6-dev pkg-config
# What only the tests need: a Slurm of one node, and Python and ncdump to read results as users do.
TEST_PACKAGES := slurmctld slurmd slurm-client munge python3 python3-venv netcdf-bin
PYTHON_PACKAGES := h5netcdf h5py jsonschema netCDF4 numpy pyyaml scipy xarray
PYTHON := .build-python

# Installs what dpkg does not know of. With everything there, no network is needed.
define install
	@missing=(); for package in $(1); do \
	  dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null | grep -qx installed || missing+=("$$package"); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  echo "installing $${missing[*]}"; \
	  as_root() { if [ "$$(id -u)" = 0 ]; then "$$@"; else sudo "$$@"; fi; }; \
	  as_root apt-get update -qq; \
	  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" \
	    </dev/null >/dev/null; \
	fi
endef

# Open MPI refuses root unless told twice, and more ranks than cores unless asked.
ranks = $(if $(filter 0,$(shell id -u)),OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1) \
	mpirun -n $(1) $(if $(shell [ "$$(nproc)" -lt $(1) ] && echo few),--oversubscribe)

.PHONY: help build demo test test-tools chaos bench install uninstall format lint docs clean

help: ## Shows this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

packages:
	$(call install,$(BUILD_PACKAGES))
.PHONY: packages

build: packages ## Builds the tool with optimisation.
	$(BUILD) -c release --product flowmap

demo: build ## Installs, builds, runs jobs/lorenz.yaml on 2 ranks, merges, shows the result.
	rm -rf results/demo
	$(call ranks,2) .build/release/flowmap run jobs/lorenz.yaml --results results/demo
	.build/release/flowmap merge results/demo -o results/lorenz.h5
	.build/release/flowmap inspect results/lorenz.h5

$(PYTHON)/ready: Makefile
	@python=python3; for each in /usr/bin/python3 python3; do \
	  if "$$each" -c 'import ensurepip, venv' 2>/dev/null; then python="$$each"; break; fi; \
	done; \
	"$$python" -m venv --clear $(PYTHON) && $(PYTHON)/bin/pip install --quiet $(PYTHON_PACKAGES) </dev/null \
	  && touch $@ || echo "NOTE: no Python with $(PYTHON_PACKAGES); the tests that read results by it will be skipped"

test-tools: packages
	$(call install,$(TEST_PACKAGES))
	@$(MAKE) --no-print-directory $(PYTHON)/ready

# Processors that OpenBLAS has kernels for, each with what this one needs to run them (as /proc/cpuinfo has it). OpenBLAS
# chooses when it is loaded, so each takes a run of its own.
KERNELS := Nehalem:sse4_2 Sandybridge:avx Haswell:avx2 Zen:avx2 SkylakeX:avx512vl
define test_bits
	for each in $(KERNELS); do \
	  kind=$${each%%:*}; needed=$${each##*:}; \
	  if ! grep -m 1 '^flags' /proc/cpuinfo | grep -qw "$$needed"; then \
	    echo "members' bits by OpenBLAS' kernels for $$kind: not tried, this processor has no $$needed"; \
	  elif OPENBLAS_CORETYPE=$$kind $(SWIFT) test $(TESTS) --skip-build --filter 'BatchedBitsTests/(theKernels|bitsOfMatrix|bitsOfFactors)' >.build-tests/bits.log 2>&1; then \
	    echo "members' bits by OpenBLAS' kernels for $$kind: passed"; \
	  else \
	    cat .build-tests/bits.log; echo "members' bits by OpenBLAS' kernels for $$kind: FAILED"; status=1; \
	  fi; \
	done
endef

# Most of the time of unoptimised tests is the tracing of programs: with optimisation they take half as long, the build included.
# In a folder of its own, as its flags would have everything else built again.
TESTS := -c release -Xswiftc -enable-testing --scratch-path .build-tests

test: test-tools ## Builds everything and runs every test.
	@started=$$SECONDS; \
	$(BUILD) $(TESTS) --build-tests; \
	built=$$((SECONDS - started)); \
	status=0; PATH="$$PWD/$(PYTHON)/bin:$$PATH" $(SWIFT) test $(TESTS) --skip-build || status=$$?; \
	$(test_bits); \
	echo "built in $$built s, tested in $$((SECONDS - started - built)) s"; \
	if [ $$status = 0 ]; then echo "make test: every test passed"; else echo "make test: FAILED"; fi; \
	exit $$status

KILLS ?= 300
chaos: packages ## Kills runs at random KILLS times (300) and compares what they end with.
	$(BUILD) $(TESTS) --build-tests
	FLOWMAP_CHAOS_KILLS=$(KILLS) $(SWIFT) test $(TESTS) --skip-build --filter ChaosTests

# A peer to compare with, where pip can install it.
PEERS := .build-bench
$(PEERS)/ready:
	@python3 -m venv $(PEERS) && $(PEERS)/bin/pip install --quiet diffrax jax </dev/null && touch $@ \
	  || echo "NOTE: Diffrax could not be installed and is not compared"

bench: packages ## Measures; prints Markdown and JSON.
	@$(MAKE) --no-print-directory $(PEERS)/ready
	$(BUILD) -c release
	.build/release/benchmarks

# The Swift runtime is linked in, so the installed tool needs no toolchain.
INSTALLED := .build-install
install: packages ## Installs the tool with its manual and completions; PREFIX=/usr/local.
	$(BUILD) -c release --static-swift-stdlib --product flowmap --scratch-path $(INSTALLED)
	install -D -s -m 755 $(INSTALLED)/release/flowmap $(DESTDIR)$(PREFIX)/bin/flowmap
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d $(DESTDIR)$(PREFIX)/share/man/man1
	$(INSTALLED)/release/flowmap --generate-completion-script bash \
	  > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/flowmap
	$(INSTALLED)/release/flowmap --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_flowmap
	$(INSTALLED)/release/flowmap --generate-completion-script fish \
	  > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/flowmap.fish
	$(BUILD) -c release --static-swift-stdlib --product generate-manual --scratch-path $(INSTALLED)
	rm -rf $(INSTALLED)/manual && mkdir $(INSTALLED)/manual
	$(INSTALLED)/release/generate-manual $(INSTALLED)/release/flowmap --output-directory $(INSTALLED)/manual
	install -m 644 $(INSTALLED)/manual/*.1 $(DESTDIR)$(PREFIX)/share/man/man1

uninstall: ## Removes what install put under PREFIX.
	rm -f $(DESTDIR)$(PREFIX)/bin/flowmap $(DESTDIR)$(PREFIX)/share/bash-completion/completions/flowmap \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_flowmap $(DESTDIR)$(PREFIX)/share/man/man1/flowmap*.1 \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/flowmap.fish

format: ## Formats the sources.
	$(SWIFT) format --in-place --recursive $(wildcard $(SOURCES))

lint: ## Checks the format of the sources.
	$(SWIFT) format lint --strict --recursive $(wildcard $(SOURCES))

docs: build ## Rewrites the list of keys in docs/job-file.md, and the scripts in slurm/.
	@.build/release/flowmap schema --markdown > .build/keys.md
	@awk -v keys=.build/keys.md ' \
	  /<!-- keys:begin -->/ { print; while ((getline line < keys) > 0) print line; skip = 1 } \
	  /<!-- keys:end -->/ { skip = 0 } \
	  !skip { print }' docs/job-file.md > .build/job-file.md
	@grep -q '<!-- keys:begin -->' docs/job-file.md || { echo "docs/job-file.md has no line <!-- keys:begin -->"; exit 1; }
	@cp .build/job-file.md docs/job-file.md && echo "docs/job-file.md is up to date"
	@.build/release/flowmap submit --template --time 12:00:00 > slurm/one-node.sbatch
	@.build/release/flowmap submit --template --time 12:00:00 --nodes 4 > slurm/many-nodes.sbatch
	@.build/release/flowmap submit --template --time 12:00:00 --nodes 2 --gpus 4 > slurm/gpu-nodes.sbatch
	@echo "slurm/ is up to date"

clean: ## Removes what was built and computed here.
	rm -rf .build .build-tests $(INSTALLED) $(PYTHON) $(PEERS) results
