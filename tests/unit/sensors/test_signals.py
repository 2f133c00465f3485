"""The default signals: deterministic, and of the size they claim."""

from itertools import pairwise

import pytest

from freefall.sensors.signals import STATION_TONES, constant, station_vibration, temperature_drift


def test_station_vibration_is_the_same_every_time():
    a, b = station_vibration(), station_vibration()
    assert [a(n / 1000) for n in range(100)] == [b(n / 1000) for n in range(100)]


def test_station_vibration_has_the_power_of_its_tones_and_no_gravity():
    signal = station_vibration()
    samples = [signal(n / 1000) for n in range(20_000)]  # whole periods of every tone
    for axis in range(3):
        values = [sample[axis] for sample in samples]
        expected = sum(amplitudes[axis] ** 2 / 2 for _, amplitudes in STATION_TONES)
        assert sum(values) / len(values) == pytest.approx(0, abs=1e-9)
        assert sum(v * v for v in values) / len(values) == pytest.approx(expected, rel=1e-3)


def test_temperature_drifts_slowly_about_its_centre():
    signal = temperature_drift(23.0, 0.8, 5560.0)
    values = [signal(t) for t in range(0, 60_000, 10)]
    assert all(abs(value - 23.0) <= 1.0 for value in values)
    assert max(values) - min(values) > 1.0
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.02


@pytest.mark.parametrize("value", [1.5, (0.0, 0.0, 1.0)])
def test_a_constant_is_constant(value):
    assert constant(value)(0.0) == constant(value)(1e6) == value
