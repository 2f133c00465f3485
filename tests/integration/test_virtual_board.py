"""Whole runs on the virtual board: what the sensor models put in is what the host decodes, faults and all."""

import numpy as np
import pytest

from freefall.board.simulated import run
from freefall.board.virtual import VirtualBoard
from freefall.decode import Collector, Decoder, SensorEvent
from freefall.definition import load_definition
from freefall.errors import BoardError

_MS = 1_000_000


class Bench:
    """One virtual board with everything it sent, decoded."""

    def __init__(self, definition, seed=1):
        self.definition = definition
        self.board = VirtualBoard(definition, seed)
        self.decoder = Decoder(definition)
        self.collector = Collector(definition)
        self.events = []
        self.octets = bytearray()

    def run(self, duration_ns):
        run(self.board, self.definition, duration_ns, self._receive)
        return self

    def _receive(self, octets, board_ns):
        self.octets += octets
        items = self.decoder.feed(octets, board_ns)
        self.collector.add(items)
        self.events += [item.kind for item in items if isinstance(item, SensorEvent)]
        return items


@pytest.fixture
def definition(vibration):
    return load_definition(vibration)


def test_every_sample_is_what_the_sensor_made_and_dated_when_it_made_it(definition):
    bench = Bench(definition).run(5000 * _MS)
    table = bench.collector.table("vibration")
    made = bench.board.models[0].produced[: len(table)]
    assert len(table) >= 5000
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
    bench.board.models[0].fail_next(10)
    bench.run(3000 * _MS)
    totals = bench.decoder.ledger.stream("vibration").totals
    assert (totals.bus_errors, totals.gaps, totals.lost) == (10, 10, 0)
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
    asleep_ms = depth + 44
    board.clock.advance_to(board.clock.now_ns() + asleep_ms * _MS)
    bench.run(3000 * _MS)
    totals = bench.decoder.ledger.stream("vibration").totals
    assert bench.decoder.ledger.closed
    assert totals.overruns == totals.gaps == asleep_ms - depth
    assert bench.decoder.ledger.stream("vibration").most_waiting == depth


def test_watchdog_expires_when_the_loop_makes_no_progress(vibration):
    text = (vibration / "payload.toml").read_text().replace("timeout_ms = 0", "timeout_ms = 500")
    from freefall.definition import parse_definition

    bench = Bench(parse_definition(text, "payload.toml")).run(2000 * _MS)
    bench.board.models[0].absent = bench.board.models[1].absent = True
    bench.board.port.wire.open = False
    with pytest.raises(BoardError, match="watchdog of 500 ms"):
        bench.board.advance(5000 * _MS)
