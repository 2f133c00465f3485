"""Scenarios: signals that are the sums they say, and every fault of a file with its place."""

from math import cos, exp, pi, sin

import pytest

from freefall.board.scenario import load_scenario
from freefall.board.virtual import VirtualBoard
from freefall.errors import DefinitionError, InputUnreadable
from unit.definition.sample import changed


@pytest.fixture
def scenario(tmp_path):
    def scenario(text):
        path = tmp_path / "scenario.toml"
        path.write_text(text)
        return load_scenario(path, changed())

    return scenario


PARTS = """
[signal.warmth.temperature]
base = 20
ramp_per_s = 0.5
sine = [{ amplitude = 2, hz = 0.25, phase = 0.25 }]
step = [{ at_s = 3, by = -4, within_s = 2 }, { at_s = 5, by = 1 }]
pulse = [{ every_s = 4, amplitude = 3, width_s = 1, at_s = 2 }]
"""


@pytest.mark.parametrize(
    ("t_s", "value"),
    [
        (0.0, 20 + 2),
        (1.0, 20 + 0.5 + 2 * sin(2 * pi * 0.5)),
        (2.25, 20 + 1.125 + 2 * sin(2 * pi * (0.5625 + 0.25)) + 3 * (1 - cos(pi / 2)) / 2),
        (4.0, 20 + 2 + 2 * sin(2 * pi * 1.25) - 4 * (1 - exp(-0.5))),
        (6.5, 20 + 3.25 + 2 * sin(2 * pi * 1.875) - 4 * (1 - exp(-1.75)) + 1 + 3),
    ],
)
def test_signal_is_the_sum_of_its_parts(scenario, t_s, value):
    assert scenario(PARTS)["warmth"]["temperature"](t_s) == pytest.approx(value, abs=1e-12)


def test_model_feels_what_the_scenario_says_and_by_itself_what_it_does_not_say(scenario):
    signals = scenario("[signal.accel.x]\nbase = 0.5\n[signal.warmth.temperature]\nbase = 40.0\n")
    board = VirtualBoard(changed(), scenario=signals)
    board.advance(1_500_000_000)
    accelerometer, thermometer = board.models
    word = int.from_bytes(thermometer.produced[-1].raw, "big")
    assert word / 128 == pytest.approx(40.0, abs=0.05)
    x, y = (int.from_bytes(accelerometer.produced[-1].raw[at : at + 3], "big", signed=True) / 16 / 256_000 for at in (0, 3))
    assert x == pytest.approx(0.5, abs=0.01) and abs(y) < 0.01


def test_every_fault_comes_at_once_with_its_place(scenario, tmp_path):
    with pytest.raises(DefinitionError) as refusal:
        scenario("[signal.acel.x]\nbase = 1\n[signal.accel.w]\nbase = 1\n[signal.warmth.temperature]\nbas = 1\n")
    found = [str(diagnostic).removeprefix(f"{tmp_path}/scenario.toml:") for diagnostic in refusal.value.diagnostics]
    assert found == [
        '1:9: shaker has no sensor "acel"; did you mean "accel"?',
        '3:15: accel does not feel "w"; it feels: x, y, z',
        "6:7: bas = 1: extra inputs are not permitted",
    ]


@pytest.mark.parametrize(
    "text", ["signal = 1", "[signal]\naccel = 1", "[signal.accel.x]\nsine = [{ amplitude = 1, hz = 0 }]", "x = 1", "[signal"]
)
def test_nonsense_is_refused_and_no_traceback(scenario, text):
    with pytest.raises(DefinitionError):
        scenario(text)


def test_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputUnreadable, match="nowhere.toml"):
        load_scenario(tmp_path / "nowhere.toml", changed())
