"""Compiled modules on real MicroPython: every kind of function survives, tracebacks name the source, others are refused."""

import pytest

pytestmark = pytest.mark.emulated

KINDS = """
import micropython
import rp2
from micropython import const

_OFFSET = const(40)

@micropython.viper
def by_viper(buf) -> int:
    return ptr8(buf)[0] + _OFFSET

@micropython.native
def by_native(a):
    return a + _OFFSET

@micropython.asm_thumb
def by_assembler(r0, r1):
    add(r0, r0, r1)

@rp2.asm_pio()
def by_pio():
    pull()
    irq(rel(0))

def fail():
    raise ValueError("on purpose")
"""
FAILING_LINE = 1 + KINDS.splitlines().index('    raise ValueError("on purpose")')

MAIN = """
import sys
from kinds import kinds

words = [hex(word) for word in kinds.by_pio[0]]
print("RESULTS", kinds.by_viper(b"\\x02"), kinds.by_native(2), kinds.by_assembler(20, 22), words)
try:
    kinds.fail()
except ValueError as error:
    sys.print_exception(error, sys.stdout)
try:
    import other
except ValueError as error:
    print("REFUSED", error)
print("DONE")
"""


def test_board_runs_compiled_functions_of_every_kind_and_refuses_another_mpy_version(micropython_image):
    from freefall.board.emulated.filesystem import build_image
    from freefall.board.emulated.machine import Machine
    from freefall.board.firmware_files import MPY_VERSION, compiled

    other = bytearray(compiled("other.py", b"pass"))
    other[1] = MPY_VERSION + 1
    files = {"main.py": MAIN, "kinds/kinds.py": KINDS}
    machine = Machine(
        micropython_image, build_image({name: text.encode() for name, text in files.items()} | {"other.mpy": other})
    )
    for _ in range(20):
        machine.run_for(20_000_000)
        if b">>> " in machine.console:
            break
    said = machine.console.decode().replace("\r", "").partition("DONE")[0].splitlines()
    # PULL block 0x80a0 and IRQ 0 rel 0xc010, RP2040 data sheet 3.4.7 and 3.4.9.
    assert said[0] == "RESULTS 42 42 42 ['0x80a0', '0xc010']"
    assert f'  File "kinds/kinds.py", line {FAILING_LINE}, in fail' in said
    assert said[-1] == "REFUSED incompatible .mpy file"
