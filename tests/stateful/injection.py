"""Interrupts between any two bytecodes of the board's foreground.

MicroPython runs a hard interrupt between two bytecodes, or between two instructions of machine code, and to its end before the
foreground goes on; so does this. Viper functions are plain Python here and broken into as all others: what they share with
interrupts are words that are read and written whole, so the places between bytecodes stand for those between instructions.
"""

import dis
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from freefall_board import core

# Where an interrupt may come: the firmware's foreground, and the deliberately wrong parts that stand in for some of it.
_TRACED = (str(Path(core.__file__).parent), str(Path(__file__).parent / "wrong_parts.py"))


@dataclass(frozen=True)
class Places:
    """Bytecodes an interrupt may come before: those of `functions` (of all, if none), not of `but_not`, of these `opcodes`."""

    functions: tuple = ()
    but_not: tuple = ()
    opcodes: frozenset = frozenset(dis.opname)


@cache
def _places_in(code, places):
    """Offsets of the places in a code object; None if it has none."""
    if not code.co_filename.startswith(_TRACED) or code in {function.__code__ for function in places.but_not}:
        return None
    if places.functions and code not in {function.__code__ for function in places.functions}:
        return None
    return frozenset(place.offset for place in dis.get_instructions(code) if place.opname in places.opcodes)


# Between two looks at memory all places are the same one to an interrupt.
MEMORY = frozenset(("BINARY_SUBSCR", "STORE_SUBSCR", "BINARY_OP", "BINARY_SLICE", "STORE_SLICE"))
EVERYWHERE = Places()


class Injector:
    """Calls `before_bytecode` before the bytecodes of the places while it is entered, until that says that it wants no more.

    The former tracer comes back.
    """

    def __init__(self, before_bytecode, places=EVERYWHERE):
        self._before_bytecode = before_bytecode
        self._places = places
        self._former = None

    def __enter__(self):
        self._former = sys.gettrace()
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *_):
        sys.settrace(self._former)

    def _on_call(self, called, event, arg):
        offsets = _places_in(called.f_code, self._places)
        if offsets is None:
            return None
        called.f_trace_lines = False
        called.f_trace_opcodes = True

        def on_bytecode(running, event, arg):
            # CPython traces nothing while a tracer runs: the handler called in here is not broken into, as on the chip.
            if event == "opcode" and running.f_lasti in offsets and not self._before_bytecode():
                sys.settrace(None)
            return on_bytecode

        return on_bytecode


def run_interrupted(bench, script, interrupts, places=EVERYWHERE):
    """Run script(bench) with interrupts, [(place from 0, names of those before it)], ascending; returns whether all came."""
    waiting = list(interrupts)
    place = 0

    def before_bytecode():
        nonlocal place
        while waiting and waiting[0][0] == place:
            for name in waiting.pop(0)[1]:
                bench.interrupt(name)
        place += 1
        return waiting

    with Injector(before_bytecode, places):
        script(bench)
    return not waiting


def _survives(make_bench, script, interrupts, places):
    # Whether the script reached the last of the interrupts; AssertionError if anything was wrong then.
    bench = make_bench()
    if not run_interrupted(bench, script, interrupts, places):
        return False
    bench.settle()
    bench.check()
    return True


def check_every_interleaving(make_bench, script, names, places=EVERYWHERE):
    """Check script under `names`, one after the other and each before every bytecode of the places; returns how many ways.

    names: of interrupts that come together, for each time they come. The earlier ones may make the script longer: the later
    come everywhere there too.
    """
    return _interleavings(make_bench, script, [], names, places)


def _interleavings(make_bench, script, placed, names, places):
    if not names:
        return 1
    ways = 0
    place = placed[-1][0] if placed else 0
    while _survives(make_bench, script, [*placed, (place, names[0])], places):
        ways += _interleavings(make_bench, script, [*placed, (place, names[0])], names[1:], places)
        place += 1
    return ways
