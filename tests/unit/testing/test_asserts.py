"""Checks pass where all is well, and else say what is wrong, with numbers."""

import re

import pytest

from freefall.decode import Summary
from freefall.port.faults import Faults
from freefall.testing import (
    BenchBoard,
    FakePort,
    FaultyLink,
    LiveLink,
    assert_closed,
    assert_nothing_missing,
    assert_rate,
)
from unit.decode import packets
from unit.decode.fake_board import bench_definition


def read(definition, octets, **faults):
    link = LiveLink(FaultyLink(FakePort(octets, definition), Faults(**faults)))
    link.finish()
    return link


def test_sound_run_passes_every_check(ten_seconds, definition):
    link = read(definition, ten_seconds[1])
    assert_closed(link.ledger)
    assert_nothing_missing(link.ledger)
    assert_rate(link.stream("vibration"), 1000, ppm=1)
    assert_rate(link.summary.statistics[0], 1000, ppm=1)


def test_ledger_that_does_not_close_is_told_with_all_reasons(definition):
    board = BenchBoard(definition)
    board.run(0.5)  # with it went the report that a boot begins with
    link = read(definition, board.run(0.4))
    for check in (assert_closed, assert_nothing_missing):
        with pytest.raises(AssertionError) as told:
            check(link.ledger)
        head, *reasons = str(told.value).split("\n  ")
        assert head == f"the ledger does not close, for {link.ledger.unclosed} reasons:"
        assert tuple(reasons) == link.ledger.reasons and reasons


def test_missing_samples_are_told_with_where_they_went(ten_seconds, definition):
    link = read(definition, ten_seconds[1], drop=0.1, flip=1e-5, seed=2)
    assert_closed(link.ledger)
    with pytest.raises(AssertionError) as told:
        assert_nothing_missing(link.ledger)
    text = str(told.value)
    totals = link.ledger.stream("vibration").totals
    told = re.search(r"vibration: (\d+) missing, (\d+) arrived \((\d+) lost on the way", text)
    missing, arrived, lost = map(int, told.groups())
    assert (missing, arrived) == (totals.gaps + totals.tail + totals.missing_after_report, link.summary.statistics[0].samples)
    assert lost == totals.lost == link.ledger.stream("vibration").lost
    rejected = [int(number) for number in re.findall(r"(\d+) frames rejected", text)]
    assert sum(rejected) == link.ledger.counters.rejected > 0


def test_sensor_that_did_not_answer_is_told_as_bus_errors(definition):
    board = BenchBoard(definition)
    octets = board.run(2)
    board.sensors["temperature"].fail_next(6)
    link = read(definition, octets + board.run(6))
    with pytest.raises(AssertionError, match=r"temperature: (\d+) missing, \d+ arrived \(\1 bus errors\)$"):
        assert_nothing_missing(link.ledger)


def test_samples_lost_on_the_board_are_told_apart_from_those_lost_on_the_way():
    bench = bench_definition()
    vibration = bench.streams[0]
    wire = b"\0" + packets.boot(bench) + packets.ledger(bench, 0, 1, 5) + packets.ledger(bench, 1, 2, 5)
    wire += packets.samples(vibration, 0, 10, 1000, 0) + packets.samples(vibration, 90, 10, 91_000, 4)
    counts = {"seen": 100, "bus_errors": 5, "overruns": 10, "taken": 85, "framed": 85, "samples_dropped": 40}
    wire += packets.ledger(bench, 0, 3, 300_000, **counts, samples_sent=45, packets_sent=5)
    summary = Summary(bench)
    summary.feed(wire + packets.ledger(bench, 1, 4, 300_000) + packets.board(bench, 1, 5, 300_000, built=5))
    with pytest.raises(AssertionError) as told:
        assert_nothing_missing(summary.decoder.ledger)
    assert str(told.value) == (
        "samples are missing:\n"
        "  vibration: 80 missing, 20 arrived (25 lost on the way, 5 bus errors, 10 overruns, 40 dropped by the board's link)"
    )


def test_rate_is_judged_in_millionths(ten_seconds, definition):
    stream = read(definition, ten_seconds[1]).stream("vibration")
    assert_rate(stream, 1000.05, ppm=60)
    with pytest.raises(AssertionError, match=r"^vibration has 1000.000\d* Hz instead of 1000.05: -50.0 ppm, the limit is 40$"):
        assert_rate(stream, 1000.05, ppm=40)
    with pytest.raises(AssertionError, match="temperature has no rate: fewer than two samples of one boot came"):
        assert_rate(read(definition, BenchBoard(definition).run(1.5)).stream("temperature"), 1)
