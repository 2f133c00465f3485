"""The demo's payload with the firmware's own main.py, from power-up: what the sensors measured is what the host decodes."""

from pathlib import Path

import numpy as np
import pytest

from freefall.decode import BootEvent, Reboot

pytestmark = pytest.mark.emulated

MAIN = Path(__file__).parents[2] / "firmware" / "main.py"
MS = 1_000_000
REFUSED = 20  # reads in a row
RESET_CAUSE_PIN = 1


class Demo:
    """A second with nothing wrong (`calm_ledger`, `samples`, `table`), a few refused reads (`ledger`, `events`), and a reset."""

    def __init__(self, payload, image):
        from emulated.payload_bench import PayloadBench, edited

        definition = edited(payload, ("period_ms = 1000 ", "period_ms = 250 "))
        self.bench = bench = PayloadBench(definition, image.path, MAIN.read_text(), symbols=image.symbols)
        bench.start().run_to(1400)
        self.calm_ledger = bench.decoder.ledger
        self.samples = {stream.name: bench.samples(stream.name) for stream in definition.streams}
        self.table = bench.collector.table("vibration")
        self.made = bench.made("vibration")
        bench.models["accel"].fail_next(REFUSED)
        bench.run_to(1900)
        self.ledger, self.events, self.ended_ns = bench.decoder.ledger, bench.events(), bench.board.now_ns()
        if bench.watch:
            bench.watch.stop()
        bench.machine.reset()
        bench.run_to(350)


@pytest.fixture(scope="module")
def demo(image, vibration):
    return Demo(vibration, image)


def test_every_sample_of_one_second_at_1_khz_is_what_the_sensor_made(demo):
    got = demo.samples["vibration"]
    assert len(got) >= 1000
    assert list(got) == list(range(len(got)))
    assert list(got.values()) == [made.raw for made in demo.made[: len(got)]]
    assert demo.bench.models["accel"].torn == 0
    temperatures = list(demo.samples["temperature"].values())
    assert temperatures
    assert temperatures == [read.raw for read in demo.bench.models["temperature"].read_out[: len(temperatures)]]


def test_the_ledger_of_one_second_closes_with_nothing_lost_or_rejected(demo):
    ledger = demo.calm_ledger
    assert ledger.closed, ledger.reasons
    totals = ledger.stream("vibration").totals
    assert (totals.bus_errors, totals.overruns, totals.samples_dropped, totals.lost, totals.gaps, totals.late) == (0,) * 6
    assert totals.seen >= 1000
    assert ledger.counters.rejected == 0
    assert ledger.counters.octets_unaccounted == 0


def test_sample_times_follow_the_data_ready_edges_within_two_microseconds(demo):
    made_ns = np.array([made.time_ns for made in demo.made[: len(demo.table)]])
    # On-board time starts with the firmware, the emulator's with power: their difference is one number.
    offset_ns = demo.table.time_ns - made_ns
    assert offset_ns.max() - offset_ns.min() <= 2000


def test_first_frame_has_left_320_ms_after_power_up_and_names_the_definition(demo):
    first = demo.bench.items[0]
    assert isinstance(first, BootEvent)
    assert (first.boot_count, first.definition_id) == (1, demo.bench.definition.definition_id)
    assert first.host_ns <= 320 * MS


def test_refused_reads_are_an_event_and_exactly_their_samples(demo):
    totals = demo.ledger.stream("vibration").totals
    assert (totals.bus_errors, totals.gaps, totals.overruns, totals.lost) == (REFUSED, REFUSED, 0, 0)
    assert demo.ledger.closed, demo.ledger.reasons
    assert demo.events == [("stopped", "vibration"), ("back", "vibration")]


def test_allocator_is_never_called_after_the_start_though_the_heap_is_open(demo):
    assert demo.bench.allocator_calls() == []
    assert demo.ended_ns - demo.bench.items[0].host_ns >= 1500 * MS


def test_reset_board_boots_again_and_counts_it_and_both_boots_close(demo):
    boots = [item for item in demo.bench.items if isinstance(item, BootEvent)]
    assert [boot.boot_count for boot in boots] == [1, 2]
    assert [boot.reset_cause for boot in boots] == [RESET_CAUSE_PIN] * 2
    assert [item.boot for item in demo.bench.items if isinstance(item, Reboot)] == [1]
    ledger = demo.bench.decoder.ledger
    assert ledger.closed, ledger.reasons
    assert ledger.stream("vibration").totals.seen >= demo.ledger.stream("vibration").totals.seen + 200
