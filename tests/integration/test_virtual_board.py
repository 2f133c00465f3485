"""Whole runs on the virtual board: what the sensor models put in is what the host decodes, faults and all."""

import numpy as np
import pytest

from freefall.board.simulated import run
from freefall.board.virtual import VirtualBoard
from freefall.decode import Collector, Decoder, SamplePacket, SensorEvent
from freefall.definition import load_definition, parse_definition
from freefall.errors import BoardError
from freefall_board.ports.virtual_common import WatchdogExpired

_MS = 1_000_000


class Bench:
    """One virtual board with everything it sent, decoded."""

    def __init__(self, definition, seed=1):
        self.definition = definition
        self.board = VirtualBoard(definition, seed)
        self.decoder = Decoder(definition)
        self.collector = Collector(definition)
        self.events = []
        self.items = []
        self.octets = bytearray()

    def run(self, duration_ns):
        run(self.board, self.definition, duration_ns, self._receive)
        return self

    def _receive(self, octets, board_ns):
        self.octets += octets
        items = self.decoder.feed(octets, board_ns)
        self.collector.add(items)
        self.items += items
        self.events += [item.kind for item in items if isinstance(item, SensorEvent)]
        return items

    def packets(self, stream):
        return [item for item in self.items if isinstance(item, SamplePacket) and item.stream.name == stream]


@pytest.fixture
def definition(vibration):
    return load_definition(vibration)


def test_every_sample_is_what_the_sensor_made_and_dated_when_it_made_it(definition):
    bench = Bench(definition).run(5000 * _MS)
    table = bench.collector.table("vibration")
    produced = bench.board.models[0].produced
    # The sensor measures for a moment before its trigger is armed; from the first trigger on, every sample is there.
    first = [sample.raw for sample in produced].index(bench.packets("vibration")[0].raw[0].tobytes())
    made = produced[first : first + len(table)]
    assert first < 10 and len(table) >= 4800
    expected = np.array([[int.from_bytes(m.raw[at : at + 3], "big", signed=True) >> 4 for at in (0, 3, 6)] for m in made])
    assert (np.column_stack([table.raw["x"], table.raw["y"], table.raw["z"]]) == expected).all()
    assert (np.abs(table.time_ns - np.array([m.time_ns for m in made])) <= 1000).all()
    assert bench.decoder.ledger.closed
    assert bench.decoder.ledger.lost == 0


def test_same_seed_gives_the_same_octets_and_another_seed_does_not(definition):
    octets = [bytes(Bench(definition, seed).run(500 * _MS).octets) for seed in (1, 1, 2)]
    assert octets[0] == octets[1] != octets[2]


def test_engineering_values_are_in_g_and_degrees_and_plausible(definition):
    collector = Bench(definition).run(5000 * _MS).collector
    vibration, temperature = collector.table("vibration"), collector.table("temperature")
    assert all(np.abs(vibration.values[axis]).max() < 0.01 for axis in "xyz")
    assert all(0.0004 < vibration.values[axis].std() < 0.003 for axis in "xyz")
    assert 15 < temperature.values["temperature"].mean() < 30


def test_sensor_that_fails_is_an_event_and_a_gap_of_exactly_its_failures(definition):
    bench = Bench(definition).run(1000 * _MS)
    bench.board.models[0].fail_next(2)
    bench.run(2000 * _MS)
    totals = bench.decoder.ledger.stream("vibration").totals
    assert (totals.bus_errors, totals.gaps, totals.lost, bench.events) == (2, 2, 0, [])
    bench.board.models[0].fail_next(20)
    bench.run(4000 * _MS)
    totals = bench.decoder.ledger.stream("vibration").totals
    assert totals.bus_errors == totals.gaps == 2 + 20
    assert bench.events == ["stopped", "back"]
    assert bench.decoder.ledger.closed


def test_sensor_absent_at_start_is_an_event_and_the_other_stream_runs(definition):
    bench = Bench(definition)
    bench.board.models[0].absent = True
    bench.run(2000 * _MS)
    assert bench.events == ["absent"]
    ledger = bench.decoder.ledger
    assert ledger.closed
    assert ledger.stream("vibration").totals.seen == 0
    assert ledger.stream("temperature").totals.seen == 2


def test_sensor_whose_data_ready_line_stops_is_an_event(definition):
    bench = Bench(definition).run(1000 * _MS)
    bench.board.port.lines[15].handler = lambda line: None
    bench.run(2000 * _MS)
    assert bench.events == ["stopped"]


def test_link_that_takes_no_more_costs_whole_frames_counted_to_the_sample(definition):
    bench = Bench(definition).run(1000 * _MS)
    bench.board.port.wire.open = False
    for _ in range(40):
        bench._receive(bench.board.advance(50 * _MS), 0)
    bench.board.port.wire.open = True
    bench.run(5000 * _MS)
    ledger = bench.decoder.ledger
    totals = ledger.stream("vibration").totals
    assert ledger.closed, ledger.reasons
    assert totals.samples_dropped > 0
    assert totals.gaps == totals.samples_dropped == 25 * totals.packets_dropped
    assert (totals.lost, ledger.counters.rejected, totals.overruns) == (0, 0, 0)


def test_foreground_loop_that_sleeps_too_long_overruns_its_ring_and_says_by_how_much(definition):
    bench = Bench(definition).run(1000 * _MS)
    board = bench.board
    depth = definition.stream("vibration").ring_depth
    produced = bench.board.models[0].produced
    asleep_ms = depth + 44
    waiting = len(produced) - bench.decoder.ledger.stream("vibration").totals.received
    board.clock.advance_to(board.clock.now_ns() + asleep_ms * _MS)
    bench.run(3000 * _MS)
    totals = bench.decoder.ledger.stream("vibration").totals
    assert bench.decoder.ledger.closed
    # What waited in the ring for its packet to fill had its place already.
    assert asleep_ms - depth <= totals.overruns == totals.gaps <= asleep_ms - depth + waiting
    assert bench.decoder.ledger.stream("vibration").most_waiting == depth


def changed(vibration, *changes):
    """The demo's definition with some of its text changed."""
    text = (vibration / "payload.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_definition(text, "payload.toml")


def test_sensor_that_hangs_its_bus_is_an_event_and_a_gap_and_the_other_stream_runs_on(definition):
    bench = Bench(definition).run(1000 * _MS)
    bench.board.models[0].hung = True
    bench.run(3000 * _MS)
    bench.board.models[0].hung = False
    bench.run(5000 * _MS)
    assert bench.events == ["stopped", "back"]
    ledger = bench.decoder.ledger
    assert ledger.closed, ledger.reasons
    totals = ledger.stream("vibration").totals
    assert totals.bus_errors == totals.gaps >= 1990
    assert (totals.lost, totals.overruns, totals.late) == (0, 0, 0)
    assert ledger.stream("temperature").totals.received == 5


def test_bus_that_hangs_longer_than_a_period_costs_the_other_stream_nothing(vibration):
    slow = ("freq_hz = 400000", "freq_hz = 400000\ntimeout_us = 5000")
    bench = Bench(changed(vibration, slow)).run(1000 * _MS)
    bench.board.models[1].hung = True
    bench.run(5000 * _MS)
    totals = bench.decoder.ledger.stream("vibration").totals
    assert bench.decoder.ledger.closed
    assert bench.board.port.lines[15].merged == 0
    assert (totals.gaps, totals.late, totals.overruns, totals.bus_errors) == (0, 0, 0, 0)
    table = bench.collector.table("vibration")
    made = {sample.raw: sample.time_ns for sample in bench.board.models[0].produced}
    raw = [item.tobytes() for packet in bench.packets("vibration") for item in packet.raw]
    assert all(abs(time_ns - made[octets]) <= 1000 for time_ns, octets in zip(table.time_ns, raw, strict=True))


def test_flaky_sensor_that_fills_the_link_does_not_keep_the_reports_from_telling(definition):
    bench = Bench(definition).run(1000 * _MS)
    clock, accelerometer = bench.board.clock, bench.board.models[0]

    def fail():
        accelerometer.fail_next(1)
        clock.call_at(clock.now_ns() + 2 * _MS, fail)

    fail()
    bench.run(8000 * _MS)
    ledger = bench.decoder.ledger
    assert ledger.closed, ledger.reasons
    assert ledger.stream("vibration").totals.samples_dropped > 0
    assert ledger.board.service_lost == 0
    assert len(bench.events) < 10 * 8


def test_watchdog_leaves_a_slow_healthy_payload_alone(vibration):
    slow = ("timeout_ms = 0", "timeout_ms = 500"), ("period_ms = 1000", "period_ms = 20000"), ("rate_hz = 1.0", "rate_hz = 0.1")
    bench = Bench(changed(vibration, *slow))
    bench.board.models[0].absent = True
    bench.run(60_000 * _MS)
    assert bench.decoder.ledger.stream("temperature").totals.received == 6


def test_watchdog_expires_when_the_loop_stands_still(vibration):
    bench = Bench(changed(vibration, ("timeout_ms = 0", "timeout_ms = 500"))).run(2000 * _MS)
    with pytest.raises(WatchdogExpired):
        bench.board.clock.advance_to(bench.board.clock.now_ns() + 501 * _MS)


def test_report_of_an_expired_watchdog_is_a_sentence(vibration, monkeypatch):
    bench = Bench(changed(vibration, ("timeout_ms = 0", "timeout_ms = 500"))).run(2000 * _MS)
    monkeypatch.setattr(bench.board._payload, "step", lambda: False)
    with pytest.raises(BoardError, match="watchdog of 500 ms"):
        bench.board.advance(5000 * _MS)
