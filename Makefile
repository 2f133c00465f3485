# Two commands do everything on a fresh machine with Python 3.11 or later and make:
#   make demo   the vibration payload on the virtual board, from definition to table
#   make test   every test lane, real MicroPython on an emulated RP2040 included
#   make tools  (Debian, as root) the programs that some tests judge by, a browser and tshark, and npm for uPlot; without
#               them those tests are skipped

PYTHON ?= python3
BIN := .venv/bin
SOURCES := host_tools firmware tests bench

.PHONY: demo test lint tools clean

demo: .venv/ready
	@$(BIN)/freefall check payload_defs/vibration
	@$(BIN)/freefall sim payload_defs/vibration --duration 10 --seed 1 --force -o build/demo/vibration.mcap
	@$(BIN)/freefall export build/demo/vibration.mcap --to csv --force -o build/demo
	@echo "Look at build/demo/vibration.csv, or change payload_defs/vibration/payload.toml and run 'make demo' again."

test: .venv/ready-to-test lint
	@$(BIN)/python -m freefall.board.emulated.image || echo "The emulated lane will be skipped, or fail under FREEFALL_REQUIRE_EMULATED=1."
	@mkdir -p build
	@echo "The emulated lane runs beside the others; what it says comes after them."
	@$(BIN)/python -m pytest -m emulated -o cache_dir=.pytest_cache/emulated >build/test-emulated.txt 2>&1 & emulated=$$!; \
	$(BIN)/python -m pytest -m "not emulated"; others=$$?; \
	wait $$emulated; code=$$?; cat build/test-emulated.txt; [ $$others = 0 ] && [ $$code = 0 ]

tools:
	apt-get -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core tshark \
		$$(command -v npm >/dev/null || echo npm) $$(command -v cc >/dev/null || echo gcc libc6-dev) >/dev/null

lint: .venv/ready-to-test
	$(BIN)/ruff check $(SOURCES)

clean:
	rm -rf .venv build dist .pytest_cache .hypothesis .ruff_cache

.venv/ready: pyproject.toml $(wildcard host_tools/freefall/decode/native/*.[ch])
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-to-test: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,test]'
	@touch $@
