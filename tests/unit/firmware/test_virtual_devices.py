"""The virtual board's own devices: a counter of pulses and an analog input, whose reads are over at once."""

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.analog import AnalogSource
from freefall.sensors.part import ModelError
from freefall_board.core.ring import Ring
from freefall_board.ports.virtual_devices import AnalogInput, Counter

_US = 1000


class Driver:
    """What a device wants to know of one."""

    def __init__(self, count):
        self.sample_reads = ((b"", count),)


class CounterBench:
    """A counter that began at 5 us, and its reads into a ring of four."""

    def __init__(self):
        self.clock = SimulatedClock(5 * _US)
        self.counter = Counter(self.clock)
        self.ring = Ring(4, 12, 1, 1000)
        self.ended = []
        self.start = self.reads(self.ring)

    def reads(self, ring):
        return self.counter.reads(Driver(12), ring, self.ended.append)

    def pulse(self, times=1):
        for _ in range(times):
            self.counter.take_edge()

    def wait_us(self, duration_us):
        self.clock.advance_to(self.clock.now_ns() + duration_us * _US)

    def sample(self, slot=0):
        """(count, pulses and microseconds since the last sample)."""
        self.start(slot)
        octets = self.ring.octets[slot * 12 : slot * 12 + 12]
        return tuple(int.from_bytes(octets[at : at + 4], "little") for at in (0, 4, 8))


@pytest.fixture
def bench():
    return CounterBench()


def test_counter_is_read_at_once_into_its_slot(bench):
    bench.pulse(0x0203)
    bench.wait_us(0x0405)
    bench.start(2)
    words = bytes((3, 2, 0, 0)) * 2 + bytes((5, 4, 0, 0))
    assert (bench.ring.octets, bench.ended) == (bytes(24) + words + bytes(12), [1])


def test_counter_counts_from_its_beginning_and_from_the_last_read(bench):
    bench.pulse(3)
    bench.wait_us(100)
    assert bench.sample(0) == (3, 3, 100)
    assert bench.sample(1) == (3, 0, 0)
    bench.pulse(2)
    bench.wait_us(70)
    bench.pulse()
    assert bench.sample(0) == (6, 3, 70)


def test_microseconds_are_those_of_a_clock_that_counts_whole_ones(bench):
    bench.clock.advance_to(bench.clock.now_ns() + 1999)
    assert bench.sample() == (0, 0, 1)
    bench.clock.advance_to(bench.clock.now_ns() + 1)
    assert bench.sample() == (0, 0, 1)


def test_streams_of_one_counter_have_their_own_last_reads(bench):
    other_ring = Ring(1, 12, 1, 1000)
    other = bench.reads(other_ring)
    bench.pulse(2)
    assert bench.sample() == (2, 2, 0)
    bench.pulse()
    other(0)
    assert other_ring.octets[4] == 3
    assert bench.sample() == (3, 1, 0)


def test_counter_wraps_at_2_to_the_32(bench):
    bench.counter._pulses = 2**32 - 1
    bench.wait_us(2**32 + 7)
    assert bench.sample() == (2**32 - 1, 2**32 - 1, 7)
    bench.pulse()
    assert bench.sample() == (0, 1, 0)


def test_device_refuses_a_plan_of_other_samples():
    with pytest.raises(ValueError, match="12 octets a sample, the plan 0 \\+ 4"):
        Counter(SimulatedClock()).reads(Driver(12), Ring(1, 4, 1, 1000), lambda good: None)


class Voltage(AnalogSource):
    """A source of what a test says."""

    next = 0

    def _on_convert(self):
        return self.next


def test_analog_input_is_read_at_once_little_endian_and_the_source_remembers():
    clock = SimulatedClock()
    source = Voltage(clock)
    ring, ended = Ring(2, 2, 1, 1000), []
    start = AnalogInput(source).reads(Driver(2), ring, ended.append)
    for slot, source.next in ((1, 0xABC), (0, 4095)):
        clock.advance_to(clock.now_ns() + _US)
        start(slot)
    assert (ring.octets, ended) == (b"\xff\x0f\xbc\x0a", [1, 1])
    assert [(sample.time_ns, sample.raw) for sample in source.produced] == [(1000, b"\xbc\x0a"), (2000, b"\xff\x0f")]
    assert source.read_out == source.produced


@pytest.mark.parametrize("counts", [-1, 4096])
def test_source_refuses_more_than_12_bits(counts):
    source = Voltage(SimulatedClock())
    source.next = counts
    with pytest.raises(ModelError, match="12 bits"):
        source.counts()


def test_source_without_power_is_0():
    clock = SimulatedClock()
    source = Voltage(clock)
    source.next = 100
    source.fail_next(1)
    source_counts = [source.counts(), source.counts()]
    source.power_cycle(1000)
    source_counts.append(source.counts())
    clock.advance_to(1000)
    assert [*source_counts, source.counts()] == [0, 100, 0, 100]
