"""The report as a whole: on every definition, refusing once for one fault, and letting through what is asked for."""

import time

import pytest

from freefall.definition import parse_definition
from freefall.definition.feasibility import costs, rings
from freefall.errors import DefinitionError
from unit.definition.feasibility.lines import lines
from unit.definition.sample import FAST, RICH, SOUND, findings, spoiled

TOO_FAST = spoiled(("odr_hz = 1000", "odr_hz = 4000"), ("freq_hz = 400000", "freq_hz = 100000\ntimeout_us = 5000"))


def test_a_stream_that_one_rule_refuses_is_not_judged_by_others():
    """It is too fast for its bus, and its reads would not be in time: one fault, one finding."""
    (finding,) = findings(TOO_FAST)
    assert finding.endswith("[bus time]")


def test_a_definition_that_cannot_work_is_read_when_asked_for():
    with pytest.raises(DefinitionError):
        parse_definition(TOO_FAST, "payload.toml")
    definition = parse_definition(TOO_FAST, "payload.toml", infeasible=True)
    assert {line.rule for line in definition.margins if not line.holds} == {"bus time", "read in time"}


def test_a_definition_with_faults_is_not_read_whatever_is_asked_for():
    with pytest.raises(DefinitionError):
        parse_definition(spoiled(("pin = 15", "pin = 5")), "payload.toml", infeasible=True)


@pytest.mark.parametrize("text", [SOUND, FAST, RICH], ids=["sound", "fast", "rich"])
def test_lines_are_told_apart_by_rule_and_subject(text):
    margins = parse_definition(text, "payload.toml").margins
    names = [(line.rule, line.subject) for line in margins]
    assert len(set(names)) == len(names)
    for line in margins:
        assert line.holds and line.sentence and line.unit
        assert line.limit is None or 0 <= line.spare <= 1


def test_a_margin_says_how_much_is_left():
    ring = next(iter(lines(SOUND, "ring").values()))
    assert ring.spare == pytest.approx(1 - ring.value / ring.limit)
    assert next(iter(lines(SOUND, "housekeeping").values())).spare is None


def test_the_report_does_not_compare_with_definitions():
    assert parse_definition(SOUND, "a") == parse_definition(SOUND, "b", infeasible=True)


def test_a_report_takes_a_few_milliseconds():
    parse_definition(RICH, "payload.toml")
    begin = time.perf_counter()
    for _ in range(5):
        parse_definition(RICH, "payload.toml")
    assert (time.perf_counter() - begin) / 5 < 0.5


def test_constants_of_the_firmware_are_the_firmwares():
    from freefall_board import app
    from freefall_board.core import words

    assert (costs.QUEUE_OCTETS, costs.EVENTS_RESERVED) == (app._QUEUE_SIZE, app._EVENTS_RESERVED)
    assert app._LOOK_US == costs.LOOK_PERIOD_US
    assert words.SLOTS == rings._WORDS
