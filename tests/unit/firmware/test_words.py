"""The words that interrupts and foreground share: one meaning for each, whichever module names it."""

import ast
from pathlib import Path

import pytest

from freefall_board import core
from freefall_board.core import words

_MODULES = sorted(Path(core.__file__).parent.glob("*.py"))
_NAMES = {name: value for name, value in vars(words).items() if name.isupper()}
_LIMITS = {"COUNTER_MASK", "TICKS_MASK", "STOPPED", "MOST_JUDGED_US", "MOST_OFFSET_US", "SNAPSHOT_LEN", "SLOTS"}
_LIMITS |= {"LATER", "LATER_AGAIN", "KIND", "LOOK"}  # values of words
_PLACES = {name: value for name, value in _NAMES.items() if name not in _LIMITS}


def constants(module):
    """(name, value) of every `_NAME = const(value)` of a module."""
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.func.id == "const":
            yield node.targets[0].id, ast.literal_eval(node.value.args[0])


@pytest.mark.parametrize("module", _MODULES, ids=lambda module: module.stem)
def test_constant_named_as_a_word_has_its_value(module):
    named = {name: value for name, value in constants(module) if name.removeprefix("_") in _NAMES}
    assert named == {name: _NAMES[name.removeprefix("_")] for name in named}


def test_interrupts_and_ring_name_words_and_nothing_else():
    stems = {"ring", "timed_ring", "sampler", "held", "watermark", "rising"}
    named = {name.removeprefix("_") for module in _MODULES if module.stem in stems for name, _ in constants(module)}
    assert {"SEEN", "HEAD", "TAIL", "SLOTS", "COUNTER_MASK", "MOST_JUDGED_US"} <= named <= set(_NAMES)


def test_each_word_has_its_own_place_before_the_slots():
    assert sorted(_PLACES.values()) == list(range(words.SLOTS))


def test_what_a_ledger_is_made_of_is_in_the_snapshot():
    ledger = (words.SEEN, words.TAKEN, words.BUS_ERRORS, words.OVERRUNS, words.READING, words.LONGEST_US, words.HEAD)
    assert max(ledger) < words.SNAPSHOT_LEN


def test_counters_and_ticks_are_small_integers_of_a_32_bit_board():
    assert words.COUNTER_MASK == words.TICKS_MASK == 2**30 - 1
