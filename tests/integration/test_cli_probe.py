"""freefall probe from this computer's own bus, over smbus2 and a fake kernel."""

import json
from pathlib import Path

import pytest

from fake_linux.i2c import Adapter, FakeI2C
from fake_linux.time import RealTime
from freefall.board.simulated import attach_models
from freefall.definition import load_definition

_DEFS = Path(__file__).parents[2] / "payload_defs"
_CULTURE = _DEFS / "cell_culture"


@pytest.fixture
def bench(monkeypatch):
    """One bus, /dev/i2c-1, with all sensors of the payload: adapter and models."""
    real = RealTime()
    found = attach_models(load_definition(_CULTURE), real.clock, None, 1)
    adapter = Adapter([target for targets in found.i2c.values() for target in targets])
    FakeI2C(real, {1: adapter}).install(monkeypatch)
    return adapter, found.all


def test_all_well_is_exit_code_0_and_a_line_a_sensor(freefall, bench):
    done = freefall("probe", _CULTURE, "--i2c", 1)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "incubator   i2c1 0x48  ok: the TMP117 answers",
        "atmosphere  i2c0 0x62  ok: the SCD41 answers",
        "optics      i2c1 0x39  ok: the AS7341 answers",
        "3 sensors, no faults",
    ]


def test_fault_is_exit_code_1_and_told_in_json_too(freefall, bench):
    bench[1][0].absent = True
    done = freefall("probe", _CULTURE, "--i2c", "i2c0=1", "--i2c", "i2c1=/dev/i2c-1", "--json")
    verdicts = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1 and [verdict["verdict"] for verdict in verdicts] == ["absent", "ok", "ok"]
    assert all(verdict["schema"] == "freefall/1" and verdict["type"] == "verdict" for verdict in verdicts)
    assert "1 fault" in freefall("probe", _CULTURE, "--i2c", 1).out


def test_bus_that_was_not_named_is_not_asked(freefall, bench):
    done = freefall("probe", _CULTURE, "--i2c", "i2c1=1")
    assert done.code == 0 and "atmosphere  i2c0 0x62  not asked: this computer asks" in " ".join(done.out.split("\n"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "say how: through a board, -p /dev/ttyACM0, or from this computer's I2C bus, --i2c 1"),
        (("--i2c", 1, "-p", "/dev/ttyACM0"), 2, "give one of them"),
        (("--i2c", "x"), 2, '"x" is no N, 1 for /dev/i2c-1, and no BUS=N'),
        (("--i2c", "i2c7=1"), 2, "the payload has no bus i2c7: it has i2c0, i2c1"),
        (("--i2c", 7), 4, "there is no /dev/i2c-7, which i2c0 needs"),
        (("-p", "/dev/nothing-there"), 4, "/dev/nothing-there"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_its_exit_code(freefall, bench, arguments, code, said):
    done = freefall("probe", _CULTURE, *arguments)
    assert done.code == code and said in done.err, done.err


def test_bus_that_may_not_be_used_names_the_group(freefall, bench):
    bench[0].forbidden = True
    done = freefall("probe", _CULTURE, "--i2c", 1)
    assert done.code == 4 and "you may not use /dev/i2c-1" in done.err and "usermod -aG i2c" in done.err


def test_port_of_the_environment_gives_way_to_a_bus_that_is_named(freefall, bench, monkeypatch):
    monkeypatch.setenv("FREEFALL_PORT", "/dev/nothing-there")
    assert freefall("probe", _CULTURE, "--i2c", 1).code == 0
