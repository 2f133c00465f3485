"""Every kind of read, line and trigger: what the parts made, what the host got, and when. By mixed.toml and slow.toml."""

from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from freefall.definition import parse_definition

pytestmark = pytest.mark.emulated

STREAMS = ("supply", "heater", "finger", "cartridge", "light", "tube")
PULSES_HZ = 200.0
REFUSED = (1, 2, 5)  # reads of the heater in a row
# An interrupt waits for those before it: on this payload hardly ever for more than two.
OTHERS_US = 60
# Those of the higher pins are looked at last.
HIGH_PIN_US = 2


def definition(name):
    return parse_definition(Path(__file__).with_name(name).read_text(), name)


class Mixed:
    """A second with nothing wrong, of which `calm` are the totals and `samples` what came, by stream; then reads are refused."""

    def __init__(self, image):
        from emulated.payload_bench import PayloadBench

        self.bench = bench = PayloadBench(definition("mixed.toml"), image.path, symbols=image.symbols)
        tube = bench.models["tube"]
        tube.rate = lambda t_s: PULSES_HZ
        tube.absent = True  # what comes before the board counts is not counted
        bench.start()
        tube.absent = False
        bench.run_to(1600)
        self.calm = {stream: bench.totals(stream) for stream in STREAMS}
        self.samples = {stream: bench.samples(stream) for stream in STREAMS}
        self.stamps = {stream: bench.stamps_us(stream) for stream in STREAMS}
        for reads in REFUSED:
            bench.models["heater"].fail_next(reads)
            bench.advance(80)
        bench.run_to(2300)

    def made(self, stream, late_us):
        """What the part of a stream made, from the sample with index 0 on: found by the newest stamp, that far behind it."""
        produced, stamps = self.bench.models[stream].produced, self.stamps[stream]
        newest = max(stamps)
        (at,) = [n for n, made in enumerate(produced) if -1 <= stamps[newest] - self.bench.us(made.time_ns) <= late_us]
        return produced[at - newest :]


@pytest.fixture(scope="module")
def mixed(image):
    return Mixed(image)


def test_calm_payload_of_every_kind_loses_nothing(mixed):
    for stream in STREAMS:
        totals = mixed.calm[stream]
        losses = totals.bus_errors, totals.overruns, totals.samples_dropped, totals.lost, totals.gaps, totals.late
        assert losses == (0,) * 6, stream
        assert totals.seen == totals.taken >= len(mixed.samples[stream]) > 0, stream
        assert list(mixed.samples[stream]) == list(range(len(mixed.samples[stream]))), stream
    assert mixed.bench.decoder.ledger.closed, mixed.bench.decoder.ledger.reasons


@pytest.mark.parametrize("stream", ["supply", "finger", "cartridge", "light", "heater"])
def test_samples_are_what_the_part_gave_octet_for_octet(mixed, stream):
    samples = list(mixed.samples[stream].values())
    given = [read.raw for read in mixed.bench.models[stream].read_out]
    assert len(samples) >= {"finger": 80, "cartridge": 40, "supply": 40}.get(stream, 90)
    # A FIFO keeps what came before the first trigger; the others may have been asked while they were set up.
    begins = [at for at, raw in enumerate(given) if raw == samples[0]]
    assert samples in [given[at : at + len(samples)] for at in begins]


@pytest.mark.parametrize(("stream", "late_us"), [("heater", 1), ("cartridge", OTHERS_US)])
def test_every_sample_of_an_active_low_line_is_read_once_and_dated_by_its_falling_edge(mixed, stream, late_us):
    made, stamps = mixed.made(stream, late_us), mixed.stamps[stream]
    assert list(mixed.samples[stream].values()) == [sample.raw for sample in made[: len(mixed.samples[stream])]]
    # The line may have been active when the trigger was armed: then the first sample has no edge.
    errors = [stamp - mixed.bench.us(made[index].time_ns) for index, stamp in stamps.items() if index]
    assert min(errors) >= -1 and max(errors) <= late_us and median(errors) <= 1


@pytest.mark.parametrize("stream", ["heater", "light", "tube"])
def test_sample_times_on_the_wire_are_the_stamps_of_the_interrupts(mixed, stream):
    stamps = mixed.bench.stamps_us(stream)
    packets = mixed.bench.packets(stream)
    assert len(packets) >= 10
    for packet in packets:
        expected = [1000 * stamps[packet.index + n] for n in range(len(packet.raw))]
        assert packet.times_ns.dtype == np.int64 and packet.times_ns.tolist() == expected


def test_ticks_of_the_converter_are_five_milliseconds_apart(mixed):
    stamps = list(mixed.stamps["light"].values())
    steps = [(after - before) % 2**30 for before, after in pairwise(stamps)]
    assert median(steps) == 5000 and min(steps) >= 5000 - OTHERS_US and max(steps) <= 5000 + OTHERS_US


def test_every_pulse_is_a_sample_with_its_own_time_and_count(mixed):
    samples, stamps = mixed.samples["tube"], mixed.stamps["tube"]
    words = [[int.from_bytes(raw[at : at + 4], "little") for at in (0, 4, 8)] for raw in samples.values()]
    first = words[0][0]
    assert [count for count, _, _ in words] == list(range(first, first + len(words)))
    assert [pulses for _, pulses, _ in words[1:]] == [1] * (len(words) - 1)
    pulses = mixed.bench.models["tube"].produced[first - 1 :]
    errors = [stamps[index] - mixed.bench.us(pulses[index].time_ns) for index in samples]
    assert len(errors) >= 0.5 * PULSES_HZ
    assert min(errors) >= -1 and max(errors) <= OTHERS_US and median(errors) <= HIGH_PIN_US


def test_refused_reads_of_a_held_line_cost_what_its_part_has_made_anew_meanwhile(mixed):
    bench = mixed.bench
    totals, samples, made = bench.totals("heater"), bench.samples("heater"), mixed.made("heater", 1)
    assert samples == {index: made[index].raw for index in samples}
    assert totals.overruns == totals.lost == 0
    assert totals.gaps == totals.bus_errors == len(bench.missing("heater"))
    # Each is tried again within 5 ms, and a sample waits 8.8 ms for that.
    assert 1 <= totals.bus_errors <= 4
    assert bench.events() == [("stopped", "heater"), ("back", "heater")]
    for stream in set(STREAMS) - {"heater"}:
        assert bench.totals(stream).gaps == 0, stream
    assert bench.decoder.ledger.closed, bench.decoder.ledger.reasons


def test_allocator_is_never_called_after_the_start(mixed):
    assert mixed.bench.allocator_calls() == []


# Slow parts ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow(image):
    """Until the part that settles has given its first sample; the one on the UART gives two, is silent, and gives more."""
    from emulated.payload_bench import PayloadBench

    bench = PayloadBench(definition("slow.toml"), image.path, symbols=image.symbols).start()

    def run_until(done):
        for _ in range(100):
            if done(bench.totals("breath")):
                return
            bench.advance(100)
        raise AssertionError(bench.totals("breath"))

    run_until(lambda totals: totals.taken == 2)
    bench.models["breath"].absent = True
    run_until(lambda totals: totals.bus_errors == 3)
    bench.models["breath"].absent = False
    run_until(lambda totals: totals.taken == 3)
    run_until(lambda totals: bench.totals("air").received == 1)
    return bench


def test_part_that_settles_gives_its_sample_by_a_command_and_a_read(slow):
    (sample,) = slow.samples("air").values()
    assert sample == slow.models["air"].read_out[0].raw
    totals = slow.totals("air")
    assert (totals.seen, totals.taken, totals.bus_errors) == (1, 1, 0)


def test_part_on_a_uart_loses_the_requests_it_did_not_answer_and_nothing_else(slow):
    totals = slow.totals("breath")
    assert (totals.bus_errors, totals.overruns, totals.gaps) == (3, 0, 3)
    assert totals.seen == totals.taken + 3 >= 6
    samples = slow.samples("breath")
    assert list(samples) == [0, 1, *range(5, totals.seen)]
    answers = [read.raw for read in slow.models["breath"].read_out]
    assert list(samples.values()) == answers[-len(samples) :]
    assert slow.events() == [("stopped", "breath"), ("back", "breath")]
    assert slow.decoder.ledger.closed, slow.decoder.ledger.reasons


def test_allocator_is_never_called_by_slow_parts(slow):
    assert slow.allocator_calls() == []
