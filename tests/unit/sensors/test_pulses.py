"""The source of pulses: random times that can be had again, a dead time as in a tube, and a record of every edge."""

from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from freefall.board.clock import SimulatedClock
from freefall.sensors.catalogue.pulse_counter import SENSOR, SHORTEST_NS, WIDTH_NS, PulseCounterTable, PulseSource
from freefall.sensors.part import Wiring
from freefall.sensors.signals import constant

S = 1_000_000_000
US = 1000
SLOW, FAST = constant(20.0), constant(1000.0)


def test_every_rise_is_recorded_when_it_is_with_the_count_from_then_on(clock, pin):
    source = PulseSource(clock, pin, 1, SLOW)
    clock.advance_to(60 * S)
    assert len(pin.rises) > 1000
    assert [pulse.time_ns for pulse in source.produced] == pin.rises
    assert [int.from_bytes(pulse.raw, "little") for pulse in source.produced] == list(range(1, len(pin.rises) + 1))
    assert {len(pulse.raw) for pulse in source.produced} == {4}


@pytest.mark.parametrize(
    ("dead_time_ns", "width_ns", "between_ns"),
    [(0, SHORTEST_NS, 2 * SHORTEST_NS), (30 * US, 15 * US, 30 * US), (200 * US, WIDTH_NS, 200 * US)],
)
def test_the_pin_is_low_before_the_first_pulse_and_between_any_two(clock, pin, dead_time_ns, width_ns, between_ns):
    PulseSource(clock, pin, 1, constant(5000.0), dead_time_ns)
    clock.advance_to(5 * S)
    assert pin.changes[0] == (0, False)
    rises, falls = pin.changes[1::2], pin.changes[2::2]
    assert all(level for _, level in rises) and not any(level for _, level in falls)
    assert {fall - rise for (rise, _), (fall, _) in zip(rises, falls, strict=False)} == {width_ns}
    closest_ns = min(after - before for before, after in pairwise(pin.rises))
    assert between_ns <= closest_ns < between_ns + 5 * US


@pytest.mark.parametrize("rate", [SLOW, FAST])
@pytest.mark.parametrize("dead_time_ns", [0, 400 * US])
def test_times_between_pulses_are_exponential_beyond_the_dead_time(clock, pin, rate, dead_time_ns):
    source = PulseSource(clock, pin, 2, rate, dead_time_ns)
    clock.advance_to(round(5000 / rate(0) * S))
    waits = [(after - before - source.dead_time_ns) / S for before, after in pairwise(pin.rises)]
    assert fmean(waits) == pytest.approx(1 / rate(0), rel=0.05)
    assert pstdev(waits) == pytest.approx(1 / rate(0), rel=0.07)


def test_pulses_within_the_dead_time_are_lost_as_a_tube_loses_them(clock, pin):
    PulseSource(clock, pin, 3, constant(5000.0), 200 * US)
    clock.advance_to(20 * S)
    seen = len(pin.rises) / 20
    assert seen == pytest.approx(5000 / (1 + 5000 * 200e-6), rel=0.02)


def test_a_rate_that_changes_is_followed(clock, pin):
    PulseSource(clock, pin, 4, lambda t_s: 2000.0 if 5 <= t_s < 6 else 3.0)
    clock.advance_to(20 * S)
    burst = sum(5 * S <= rise < 6 * S for rise in pin.rises)
    assert burst == pytest.approx(2000, abs=4 * 2000**0.5 + 40)
    assert len(pin.rises) - burst == pytest.approx(57, abs=4 * 57**0.5)


def test_a_ramp_of_the_rate_is_integrated(clock, pin):
    PulseSource(clock, pin, 5, lambda t_s: 100.0 * t_s)
    clock.advance_to(20 * S)
    quarters = [sum(5 * n * S <= rise < 5 * (n + 1) * S for rise in pin.rises) for n in range(4)]
    for n, pulses in enumerate(quarters):
        expected = 1250 * (2 * n + 1)
        assert pulses == pytest.approx(expected, abs=4 * expected**0.5)


@pytest.mark.parametrize("rate", [0.0, -5.0])
def test_no_rate_is_no_pulse_until_there_is_one(clock, pin, rate):
    PulseSource(clock, pin, 1, lambda t_s: rate if t_s < 10 else 100.0)
    clock.advance_to(10 * S)
    assert pin.rises == []
    clock.advance_to(11 * S)
    assert 50 < len(pin.rises) < 150


def test_counting_up_to_an_instant_takes_the_edges_up_to_and_including_it(clock, pin):
    source = PulseSource(clock, pin, 1, SLOW)
    clock.advance_to(10 * S)
    third = pin.rises[2]
    assert [source.count_at(t) for t in (0, third - 1, third, third + 1, 10 * S)] == [0, 2, 3, 3, len(pin.rises)]


def test_the_same_seed_gives_the_same_times_and_another_seed_others(pin):
    def run(seed):
        clock = SimulatedClock()
        source = PulseSource(clock, pin, seed, SLOW)
        clock.advance_to(10 * S)
        return source.produced

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_source_may_change_its_pace(clock, pin):
    source = PulseSource(clock, pin, 1, SLOW)
    clock.advance_to(10 * S)
    before = len(pin.rises)
    source.rate = FAST
    clock.advance_to(20 * S)
    assert before < 300 and len(pin.rises) - before > 8000


def test_an_unplugged_source_makes_no_edges_and_counts_none(clock, pin):
    source = PulseSource(clock, pin, 1, SLOW)
    clock.advance_to(5 * S)
    before = len(source.produced)
    source.absent = True
    clock.advance_to(10 * S)
    assert len(source.produced) == len(pin.rises) == before
    source.absent = False
    clock.advance_to(15 * S)
    assert len(source.produced) == len(pin.rises) > before


def test_the_dead_time_is_what_the_definition_says_of_the_tube(clock, pin):
    table = PulseCounterTable(driver="pulse_counter", pin=18, dead_time_us=150.0)
    source = SENSOR.model(Wiring(clock, None, {"pin": pin}, 1, {"rate": FAST}, table))
    assert source.dead_time_ns == 150 * US
    assert SENSOR.model(Wiring(clock, None, {"pin": pin}, 1, SENSOR.signals)).dead_time_ns == 2 * SHORTEST_NS
