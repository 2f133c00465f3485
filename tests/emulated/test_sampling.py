"""Whole runs on real MicroPython under a locked heap: what the sensor models put in is what the host decodes, faults included."""

import numpy as np
import pytest

from freefall.board.simulated import run
from freefall.decode import BootEvent, Collector, Decoder, Reboot, SensorEvent
from freefall.definition import load_definition, parse_definition

pytestmark = pytest.mark.emulated

_MS = 1_000_000


class Bench:
    """One emulated board with everything it sent, decoded."""

    def __init__(self, definition, image):
        from freefall.board.emulated.board import EmulatedBoard

        self.definition = definition
        self.board = EmulatedBoard(definition, image, seed=7)
        self.decoder = Decoder(definition)
        self.collector = Collector(definition)
        self.items = []

    def run(self, duration_ns):
        run(self.board, self.definition, duration_ns, self._receive)
        return self

    def _receive(self, octets, board_ns):
        items = self.decoder.feed(octets, board_ns)
        self.collector.add(items)
        self.items += items
        return items

    def samples(self, stream):
        """Sample octets as decoded, in order of their index: bytes each."""
        return [row.tobytes() for item in self.items if getattr(item, "raw", None) is not None and item.stream.name == stream
                for row in item.raw]  # fmt: skip

    def events(self):
        events = (item for item in self.items if isinstance(item, SensorEvent))
        return [(event.kind, event.reason, event.stream and event.stream.name) for event in events]


@pytest.fixture(scope="module")
def one_second(micropython_image, vibration):
    return Bench(load_definition(vibration), micropython_image).run(1000 * _MS)


def test_every_sample_of_one_second_at_1_khz_is_what_the_sensor_made(one_second):
    accelerometer, thermometer = one_second.board.models
    got = one_second.samples("vibration")
    assert len(got) >= 1000
    # The sensor measures some milliseconds before its trigger is armed; from the first trigger on, every sample is there.
    made = [made.raw for made in accelerometer.produced]
    first = made.index(got[0])
    assert first < 10
    assert got == made[first : first + len(got)]
    assert accelerometer.torn == 0
    temperatures = one_second.samples("temperature")
    assert temperatures
    assert temperatures == [read.raw for read in thermometer.read_out[: len(temperatures)]]
    assert set(temperatures) <= {made.raw for made in thermometer.produced}


def test_the_ledger_of_one_second_closes_with_nothing_lost_or_rejected(one_second):
    ledger = one_second.decoder.ledger
    assert ledger.closed, ledger.reasons
    totals = ledger.stream("vibration").totals
    assert (totals.bus_errors, totals.overruns, totals.samples_dropped, totals.lost, totals.gaps) == (0, 0, 0, 0, 0)
    assert totals.seen >= 990
    assert ledger.counters.rejected == 0
    assert ledger.counters.octets_unaccounted == 0


def test_sample_times_follow_the_data_ready_edges_by_a_constant_interrupt_latency(one_second):
    table = one_second.collector.table("vibration")
    made = one_second.board.models[0].produced
    first = [sample.raw for sample in made].index(one_second.samples("vibration")[0])
    made_ns = np.array([sample.time_ns for sample in made[first : first + len(table)]])
    # On-board time starts with the firmware, the emulator's with power: their difference is constant but for the latency.
    offset_ns = table.time_ns - made_ns
    assert offset_ns.max() - offset_ns.min() <= 150_000
    assert abs(np.median(np.diff(table.time_ns)) - 1_000_000) < 1_000


def test_the_boot_event_comes_first_and_names_the_definition(one_second):
    first = one_second.items[0]
    assert isinstance(first, BootEvent)
    assert (first.boot_count, first.definition_id) == (1, one_second.definition.definition_id)


FAULTS = """
[payload]
name = "faults"
apid = 100
discipline = "test"
description = "a sensor that fails, a sensor that is absent, USB"
board = "pico"
[link]
transport = "usb"
[housekeeping]
period_ms = 100
[watchdog]
timeout_ms = 1000
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 1000000
[bus.i2c1]
kind = "i2c"
scl = 7
sda = 6
freq_hz = 400000
[sensor.accel]
driver = "adxl355"
bus = "i2c0"
address = 0x1D
range_g = 8
odr_hz = 500
[sensor.warmth]
driver = "tmp117"
bus = "i2c1"
address = 0x49
averages = 1
[sensor.gone]
driver = "tmp117"
bus = "i2c0"
address = 0x4A
averages = 1
[stream.shaking]
sensor = "accel"
trigger = "data_ready"
pin = 15
max_latency_ms = 20
[stream.warmth]
sensor = "warmth"
trigger = "periodic"
rate_hz = 50.0
max_latency_ms = 100
[stream.gone]
sensor = "gone"
trigger = "periodic"
rate_hz = 10.0
"""


def test_failing_and_absent_sensors_are_events_and_counted_gaps_and_usb_carries_the_rest(micropython_image):
    bench = Bench(parse_definition(FAULTS, "faults.toml"), micropython_image)
    accelerometer, _, gone = bench.board.models
    gone.absent = True
    bench.run(150 * _MS)
    accelerometer.fail_next(4)  # three in a row, then one of the few times a stopped sensor is asked
    bench.run(450 * _MS)

    events = [("absent", 1, None), ("stopped", None, "shaking"), ("back", None, "shaking")]
    assert bench.events() == events
    ledger = bench.decoder.ledger
    totals = {stream.name: stream.totals for stream in ledger.streams}
    assert ledger.closed, ledger.reasons
    assert 3 + 32 <= totals["shaking"].bus_errors == totals["shaking"].gaps <= 3 + 64
    assert totals["shaking"].lost == totals["warmth"].lost == totals["gone"].seen == 0
    assert ledger.counters.rejected == 0

    table = bench.collector.table("shaking")
    made = [sample.raw for sample in accelerometer.produced]
    first = made.index(bench.samples("shaking")[0])
    assert bench.samples("shaking") == [made[first + index] for index in table.index]
    assert len(bench.samples("warmth")) >= 20

    # A bus that hangs holds every interrupt for its timeout: the board must go on all the same.
    accelerometer.hung = True
    bench.run(700 * _MS)
    assert bench.events() == [*events, ("stopped", None, "shaking")]
    assert bench.decoder.ledger.closed
    assert len(bench.samples("warmth")) >= 32


def test_reset_board_boots_again_counts_it_and_both_boots_close(micropython_image):
    accel = FAULTS[FAULTS.index("[sensor.accel]") : FAULTS.index("[sensor.warmth]")]
    shaking = FAULTS[FAULTS.index("[stream.shaking]") : FAULTS.index("[stream.warmth]")]
    text = FAULTS.replace(accel, "").replace(shaking, "").replace('transport = "usb"', 'transport = "uart0"\nbaud = 115200')
    bench = Bench(parse_definition(text, "faults.toml"), micropython_image).run(200 * _MS)
    bench.board.machine.reset()
    bench._receive(bench.board.advance(300 * _MS), 0)
    bench.run(200 * _MS)
    assert [item.boot_count for item in bench.items if isinstance(item, BootEvent)] == [1, 2]
    assert [item.boot for item in bench.items if isinstance(item, Reboot)] == [1]
    ledger = bench.decoder.ledger
    assert ledger.closed, ledger.reasons
    assert ledger.stream("warmth").totals.seen >= 15
