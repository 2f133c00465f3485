"""What the bench takes for a loss, how it looks for the highest rate, and how it writes figures down."""

import json

import pytest
from bench.board.aims import judged
from bench.board.job import Cycles, Received, Run, highest_rate
from bench.board.sensor import sample
from bench.board.table import Figure, as_json, as_text


def run(numbers, made, octets=sample):
    received = Received([(number, octets(number)) for number in numbers], [])
    return Run(1000, made, received, [], 0, Cycles(0, 0, 0), 0.0)


def test_samples_still_on_their_way_are_no_loss():
    assert run(range(100), 100).without_loss
    assert run(range(3, 100), 155).without_loss
    assert not run(range(100), 156).without_loss
    assert not run([], 10).without_loss


def test_a_sample_missing_doubled_or_changed_is_a_loss():
    assert not run([0, 1, 3, 4], 5).without_loss
    assert not run([0, 1, 1, 2], 3).without_loss
    assert not run(range(4), 4, octets=lambda number: sample(number + (number == 2))).without_loss


@pytest.mark.parametrize("limit", range(900, 2300, 100))
def test_the_highest_rate_is_found_by_halving(limit):
    asked = []

    def run_at(rate_hz):
        asked.append(rate_hz)
        return run(range(10) if rate_hz <= limit else [], 10)

    expected = (min(limit // 250 * 250, 2000), min(limit // 250 * 250, 2000) + 250) if limit >= 1000 else (0, 1000)
    assert highest_rate(run_at, range(1000, 2001, 250)) == expected
    assert len(asked) <= 3


def test_figures_are_written_in_their_order_and_read_back():
    figures = [Figure("b", "us", "one", "C", 1.5), Figure("a", "ms", "two", "viper", 2)]
    assert json.loads(as_json(figures)) == [
        {"name": "b", "unit": "us", "case": "one", "column": "C", "value": 1.5},
        {"name": "a", "unit": "ms", "case": "two", "column": "viper", "value": 2},
    ]


def test_the_table_has_a_section_for_every_name_and_all_its_columns():
    figures = [
        Figure("framing", "cycles/octet", "zeros", "C", 11.9),
        Figure("framing", "cycles/octet", "zeros", "viper", 132.14),
        Figure("framing", "cycles/octet", "none", "C", 10.0),
        Figure("start", "ms", "boot", "firmware", 361.2),
    ]
    assert as_text(figures) == (
        "framing [cycles/octet]     C   viper\n"
        "  zeros                 11.9  132.14\n"
        "  none                    10\n"
        "\n"
        "start [ms]  firmware\n"
        "  boot         361.2\n"
    )


def line(value, name="start", case="main.py to the first frame", column="firmware"):
    figures = [Figure(name, "u", case, column, value), Figure("framing, an octet more", "u", "accelerometer", "C, fused", 11.5)]
    (said,) = judged(figures)
    return said.split()[0]


@pytest.mark.parametrize(("value", "verdict"), [(301, "missed"), (300, "met"), (100.5, "met"), (100, "reached")])
def test_a_time_is_judged_by_both_limits_less_being_better(value, verdict):
    assert line(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(2750, "missed"), (3000, "met"), (3750, "met"), (4000, "reached")])
def test_a_rate_is_judged_by_both_limits_more_being_better(value, verdict):
    assert line(value, "the job at its highest rate", "all received") == verdict


@pytest.mark.parametrize(("value", "verdict"), [(12.1, "missed"), (12, "met"), (11.5, "reached")])
def test_framing_is_judged_by_what_c_takes(value, verdict):
    assert line(value, "framing, an octet more", "accelerometer", "assembler") == verdict


STAMPS = [("least", -1.1, "missed"), ("least", -0.9, "reached"), ("most", 1.1, "missed"), ("most", 0.4, "reached")]


@pytest.mark.parametrize(("case", "value", "verdict"), STAMPS)
def test_a_time_stamp_may_be_off_by_a_microsecond_either_way(case, value, verdict):
    assert line(value, "the job at 1000 samples/s, time stamp behind the edge", case) == verdict
