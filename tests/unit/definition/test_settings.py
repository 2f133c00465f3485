"""What a definition lets be changed in flight: its settings for the board, and their values as people write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freefall.definition import parse_definition
from freefall.definition.settings import Setting
from freefall.errors import DefinitionError
from unit.definition.sample import SOUND, spoiled

ADJUSTABLE = "[stream.temperature.adjustable]\nrate_hz = [0.1, 10]\non = true\n"
RATE = Setting(0, 1, "temperature", "rate_hz", 100_000, 10_000_000, 1_000_000)
ON = Setting(1, 1, "temperature", "on", 0, 1, 1)


def parse(*sections):
    return parse_definition(SOUND + "\n".join(sections), "payload.toml")


def test_settings_are_in_the_plan_and_so_in_the_definition_id():
    plain, adjustable = parse(), parse(ADJUSTABLE)
    assert adjustable.settings == (RATE, ON)
    assert json.loads(adjustable.plan)["settings"] == [
        {"stream": 1, "what": "period_us", "least": 100_000, "most": 10_000_000, "value": 1_000_000},
        {"stream": 1, "what": "on", "least": 0, "most": 1, "value": 1},
    ]
    assert plain.settings == () and "settings" not in json.loads(plain.plan)
    assert plain.definition_id != adjustable.definition_id


def test_sizes_are_made_for_the_highest_rate_and_the_rate_is_the_definitions():
    plain, adjustable = (parse(*sections).stream("temperature") for sections in ((), (ADJUSTABLE,)))
    assert (plain.rate_hz, adjustable.rate_hz) == (1.0, 1.0)
    assert (plain.samples_per_packet, adjustable.samples_per_packet) == (1, 10)
    assert adjustable.ring_depth >= plain.ring_depth


def test_what_cannot_work_at_the_highest_rate_is_told():
    slow = spoiled(("baud = 921600", "baud = 115200"))
    with pytest.raises(DefinitionError) as caught:
        parse_definition(slow + "[stream.temperature.adjustable]\nrate_hz = [0.1, 1000]", "payload.toml")
    assert any("baud = 115200 is too slow" in finding.message for finding in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("[stream.temperature.adjustable]\nrate_hz = [2, 10]", "is not within what it may be set to, 2 to 10"),
        ("[stream.temperature.adjustable]\nrate_hz = [10, 1]", "is upside down"),
        ("[stream.temperature.adjustable]\nrate_hz = [0.001, 10]", "goes beyond the rates that a board's clock makes"),
        ("[stream.vibration.adjustable]\nrate_hz = [1, 10]", 'unknown key "rate_hz" in [stream.vibration.adjustable]'),
        ("[stream.temperature.adjustable]\non = 1", "on = 1"),
    ],
)
def test_what_no_board_could_do_is_refused(section, message):
    with pytest.raises(DefinitionError) as caught:
        parse(section)
    assert any(message in finding.message for finding in caught.value.diagnostics)


@given(st.floats(0.01, 1000))
def test_rate_and_the_boards_period_are_one(rate_hz):
    period_us = RATE.parse(f"{rate_hz:.6g}")
    assert abs(period_us - 1e6 / rate_hz) <= 0.5 + 1e-5 * period_us


@given(st.integers(1, 2**32 - 1))
def test_text_of_any_period_stands_for_that_period(period_us):
    assert RATE.parse(RATE.text(period_us)) == period_us


def test_text_of_a_rate_is_what_people_have_written():
    texts = ["3", "0.3", "10", "62.5", "7.813", "1500", "0.01"]
    assert [RATE.text(RATE.parse(text)) for text in texts] == texts
    assert RATE.text(9_999_999) == "0.10000001"


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", ""])
def test_rate_that_is_none_is_refused_by_the_host(text):
    with pytest.raises(ValueError, match=r"temperature\.rate_hz is a number of samples per second, 0\.1 to 10 samples/s, not"):
        RATE.parse(text)


def test_switch_is_on_or_off():
    assert [ON.parse(text) for text in ("on", "off", "true", "FALSE", "1", "0")] == [1, 0, 1, 0, 1, 0]
    assert (ON.text(1), ON.text(0), ON.limits) == ("on", "off", "on or off")
    with pytest.raises(ValueError, match=r"temperature\.on is on or off, not maybe"):
        ON.parse("maybe")
