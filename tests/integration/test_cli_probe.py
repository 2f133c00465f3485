"""freefall probe from this computer's own bus, over smbus2 and a fake kernel."""

import errno
import json
import signal
from pathlib import Path

import pytest

from fake_linux.i2c import Adapter, FakeI2C
from fake_linux.time import RealTime
from freefall.board.simulated import attach_models
from freefall.definition import load_definition
from freefall.errors import DeviceError

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


class _Repl:
    """A board at its prompt with nobody on its buses; what happens at the first question is up to the test."""

    def __init__(self, happens):
        self.started_again = False
        self._happens = happens

    def soft_reset(self):
        pass

    def exec(self, code):
        return ""

    def eval(self, expression):
        self._happens()
        return ((1, 1), (1, 1)) if "_level" in expression else errno.EIO

    def hard_reset(self):
        self.started_again = True


def test_ctrl_c_waits_until_the_board_runs_again(freefall, monkeypatch):
    presses = iter([signal.SIGINT])
    board = _Repl(lambda: [signal.raise_signal(press) for press in presses])
    monkeypatch.setattr("freefall.device.repl.Repl.open", lambda port: board)
    assert freefall("probe", _CULTURE, "-p", "/dev/ttyACM0").code == 130
    assert board.started_again


def test_board_that_goes_away_is_exit_code_4_and_was_told_to_start_again(freefall, monkeypatch):
    def gone():
        raise DeviceError("/dev/ttyACM0 went away: unplugged")

    board = _Repl(gone)
    monkeypatch.setattr("freefall.device.repl.Repl.open", lambda port: board)
    done = freefall("probe", _CULTURE, "-p", "/dev/ttyACM0")
    assert done.code == 4 and "/dev/ttyACM0 went away: unplugged" in done.err and board.started_again


def test_board_with_nobody_on_its_buses_says_so_of_each_sensor(freefall, monkeypatch):
    monkeypatch.setattr("freefall.device.repl.Repl.open", lambda port: _Repl(lambda: None))
    done = freefall("probe", _CULTURE, "-p", "/dev/ttyACM0")
    assert done.code == 1 and done.out.count("absent: nobody answers at") == 3 and done.out.endswith("3 sensors, 3 faults\n")
