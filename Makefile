# Two commands do everything on a fresh machine with Python 3.11 or later and make:
#   make demo   the vibration payload on the virtual board, from definition to table
#   make test   every test lane, real MicroPython on an emulated RP2040 included
#   make types  the board's code against MicroPython's stubs; make test does it too
#   make tools  (Debian, as root) the programs that some tests judge by, a browser, tshark, groff and node, and npm for uPlot;
#               without them those tests are skipped

PYTHON ?= python3
BIN := .venv/bin
SOURCES := host_tools firmware tests bench

# Of the oldest MicroPython that the firmware runs on; what a port has comes from its own stubs, viper's pointers from stdlib's.
STUBS := micropython-stdlib-stubs==1.29.0.post2
STUBS_rp2 := micropython-rp2-stubs==1.25.0.post3
STUBS_esp32 := micropython-esp32-stubs==1.25.0.post5
STUBS_stm32 := micropython-stm32-stubs==1.25.0.post2
TYPINGS := $(patsubst %,build/typings/%/ready,rp2 esp32 stm32)

.PHONY: demo test lint types tools clean

demo: .venv/ready
	@$(BIN)/freefall check payload_defs/vibration
	@$(BIN)/freefall sim payload_defs/vibration --duration 10 --seed 1 --force -o build/demo/vibration.mcap
	@$(BIN)/freefall export build/demo/vibration.mcap --to csv --force -o build/demo
	@echo "Look at build/demo/vibration.csv, or change payload_defs/vibration/payload.toml and run 'make demo' again."

test: .venv/ready-to-test $(TYPINGS) lint
	@$(BIN)/python -m freefall.board.emulated.image || echo "The emulated lane will be skipped, or fail under FREEFALL_REQUIRE_EMULATED=1."
	@mkdir -p build
	@echo "The emulated lane runs beside the others; what it says comes after them."
	@$(BIN)/python -m pytest -m emulated -o cache_dir=.pytest_cache/emulated >build/test-emulated.txt 2>&1 & emulated=$$!; \
	$(BIN)/python -m pytest -m "not emulated"; others=$$?; \
	wait $$emulated; code=$$?; cat build/test-emulated.txt; [ $$others = 0 ] && [ $$code = 0 ]

tools:
	apt-get -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core tshark \
		$$(command -v npm >/dev/null || echo npm) $$(command -v groff >/dev/null || echo groff-base) \
		$$(command -v cc >/dev/null || echo gcc libc6-dev) >/dev/null

lint: .venv/ready-to-test
	$(BIN)/ruff check $(SOURCES)

types: .venv/ready-to-test $(TYPINGS)
	$(BIN)/python -m pytest tests/repo/test_types.py

clean:
	rm -rf .venv build dist .pytest_cache .hypothesis .ruff_cache

.venv/ready: pyproject.toml $(wildcard host_tools/freefall/decode/native/*.[ch])
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-to-test: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,test]'
	@touch $@

# In folders of their own: installed as packages are, they would stand before the modules of Python that they have the names of.
build/typings/%/ready: Makefile | .venv/ready
	@rm -rf $(@D)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target $(@D) $(STUBS_$*) $(STUBS)
	@touch $@
