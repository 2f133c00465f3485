"""A bus's words have one place each: MicroPython folds constants within a module only, so each module names them again."""

import re
from pathlib import Path

import pytest

import freefall_board

PORTS = Path(freefall_board.__file__).parent / "ports"
CONSTANT = re.compile(r"^(_[A-Z0-9_]+) = const\((.+?)\)", re.MULTILINE)


def constants(name):
    return dict(CONSTANT.findall((PORTS / name).read_text()))


@pytest.mark.parametrize("name", ["rp2_i2c.py", "rp2_spi.py"])
def test_bus_words_are_those_of_the_bus(name):
    of_bus = constants("rp2_bus.py")
    same = {key: value for key, value in constants(name).items() if key in of_bus}
    assert {"_CURRENT", "_WAITING", "_BEGUN", "_SLOTS"} <= same.keys()
    assert same == {key: of_bus[key] for key in same}
