"""The source of pulses: random times that can be had again, and a record of every edge."""

from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.pulse_counter import MEAN_HZ, WIDTH_NS, PulseSource

S = 1_000_000_000


def test_every_rise_is_recorded_when_it_is_with_the_count_from_then_on(clock, pin):
    source = PulseSource(clock, pin, seed=1)
    clock.advance_to(60 * S)
    assert len(pin.rises) > 1000
    assert [pulse.time_ns for pulse in source.produced] == pin.rises
    assert [int.from_bytes(pulse.raw, "little") for pulse in source.produced] == list(range(1, len(pin.rises) + 1))
    assert {len(pulse.raw) for pulse in source.produced} == {4}


def test_the_pin_is_low_before_the_first_pulse_and_between_any_two(clock, pin):
    PulseSource(clock, pin, seed=1, mean_hz=2000.0)
    clock.advance_to(5 * S)
    assert pin.changes[0] == (0, False)
    rises, falls = pin.changes[1::2], pin.changes[2::2]
    assert all(level for _, level in rises) and not any(level for _, level in falls)
    assert {fall - rise for (rise, _), (fall, _) in zip(rises, falls, strict=False)} == {WIDTH_NS}
    assert min(after - before for before, after in pairwise(pin.rises)) >= 2 * WIDTH_NS


@pytest.mark.parametrize("mean_hz", [MEAN_HZ, 1000.0])
def test_times_between_pulses_are_exponential_beyond_the_dead_time(clock, pin, mean_hz):
    PulseSource(clock, pin, seed=2, mean_hz=mean_hz)
    clock.advance_to(round(5000 / mean_hz * S))
    waits = [(after - before - 2 * WIDTH_NS) / S for before, after in pairwise(pin.rises)]
    assert fmean(waits) == pytest.approx(1 / mean_hz, rel=0.05)
    assert pstdev(waits) == pytest.approx(1 / mean_hz, rel=0.07)


def test_counting_up_to_an_instant_takes_the_edges_up_to_and_including_it(clock, pin):
    source = PulseSource(clock, pin, seed=1)
    clock.advance_to(10 * S)
    third = pin.rises[2]
    assert [source.count_at(t) for t in (0, third - 1, third, third + 1, 10 * S)] == [0, 2, 3, 3, len(pin.rises)]


def test_the_same_seed_gives_the_same_times_and_another_seed_others(pin):
    def run(seed):
        clock = SimulatedClock()
        source = PulseSource(clock, pin, seed)
        clock.advance_to(10 * S)
        return source.produced

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_source_may_change_its_pace(clock, pin):
    source = PulseSource(clock, pin, seed=1)
    clock.advance_to(10 * S)
    before = len(pin.rises)
    source.mean_hz = 1000.0
    clock.advance_to(20 * S)
    assert before < 300 and len(pin.rises) - before > 8000


def test_an_unplugged_source_makes_no_edges_and_counts_none(clock, pin):
    source = PulseSource(clock, pin, seed=1)
    clock.advance_to(5 * S)
    before = len(source.produced)
    source.absent = True
    clock.advance_to(10 * S)
    assert len(source.produced) == len(pin.rises) == before
    source.absent = False
    clock.advance_to(15 * S)
    assert len(source.produced) == len(pin.rises) > before
