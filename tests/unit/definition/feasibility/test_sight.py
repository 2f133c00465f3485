"""What a definition claims to see, against noise, band and range of the sensor, and the space station's vibration limit."""

import math

import pytest

from freefall.definition.feasibility.sight import ISS_ENDS_HZ, crossover_hz
from freefall.sensors.registry import SENSORS
from freefall.sensors.table import SensorTable
from unit.definition.feasibility.lines import line, lines, refusals
from unit.definition.sample import SOUND, spoiled

CLAIM = """\
[stream.vibration.claim.x]
amplitude = {amplitude}
unit = "{unit}"
low_hz = {low}
high_hz = {high}
"""


def claimed(amplitude=1000.0, unit="ug", low=1, high=101, more="", text=SOUND) -> str:
    return text + CLAIM.format(amplitude=amplitude, unit=unit, low=low, high=high) + more


def test_noise_is_the_density_over_the_band(monkeypatch):
    told = line(claimed(), "noise", "vibration.x")
    # 22.5 ug per root hertz over 100 Hz, and the steps of 3.9 ug, over 500 Hz.
    steps = (1e6 / 256_000) ** 2 / 12 / 500 * 100
    assert told.value == pytest.approx(math.sqrt(225.0**2 + steps))
    assert (told.limit, told.unit, told.path) == (1000.0, "ug", ("stream", "vibration", "claim", "x", "amplitude"))


def test_an_amplitude_at_the_noise():
    value = line(claimed(), "noise", "vibration.x").value
    assert refusals(claimed(value + 0.001), "noise") == []
    (finding,) = refusals(claimed(round(value - 0.001, 3)), "noise")
    assert "is too small: from 1 to 101 Hz [sensor.accel] adds 225 ug rms (noise, 22.5 ug/rtHz), and 225" in finding
    assert finding.endswith("are to be seen; raise it, narrow the band, or take a quieter sensor or setting")


def test_a_claim_may_be_in_any_unit_of_its_kind():
    in_ug = line(claimed(), "noise", "vibration.x")
    in_metric = line(claimed(amplitude=0.01, unit="m/s^2"), "noise", "vibration.x")
    assert in_metric.value == pytest.approx(in_ug.value * 9.80665e-6)
    own = claimed().replace('unit = "ug"\n', "").replace("amplitude = 1000.0", "amplitude = 0.001")
    assert line(own, "noise", "vibration.x").value == pytest.approx(in_ug.value * 1e-6)


def test_a_stream_slower_than_its_sensor_folds_noise_into_its_band():
    # The sensor passes 250 Hz; 100 samples/s tell of 50 Hz, in which all of that noise is.
    periodic = spoiled(('"data_ready"\npin = 15', '"periodic"\nrate_hz = 100'))
    told = line(claimed(low=0, high=50, text=periodic), "noise", "vibration.x")
    steps = (1e6 / 256_000) ** 2 / 12
    assert told.value == pytest.approx(math.sqrt(22.5**2 * 250 + steps))


def test_a_thermometer_without_a_noise_figure_has_its_steps():
    warm = "[stream.temperature.claim.temperature]\namplitude = 0.001\nlow_hz = 0\nhigh_hz = 0.5\n"
    told = line(SOUND + warm, "noise", "temperature.temperature")
    if "steps alone" in told.sentence:
        assert told.value == pytest.approx(0.0078125 / math.sqrt(12))
    assert not told.holds


def test_a_calibration_of_ones_own_scales_the_noise():
    linear = "[stream.vibration.calibration.x]\nscale = 7.8125e-6\n"  # twice the data sheet's
    assert line(claimed(more=linear), "noise", "vibration.x").value == pytest.approx(
        2 * line(claimed(), "noise", "vibration.x").value
    )
    table = "[stream.vibration.calibration.x]\npoints = [[-500000, -2], [0, 0], [500000, 2]]\n"
    assert line(claimed(more=table), "noise", "vibration.x").value == pytest.approx(225.0)  # steps are not known


def test_a_band_ends_where_the_sensor_passes_no_more():
    assert refusals(claimed(10_000, high=250), "band") == []
    assert refusals(claimed(10_000, high=250.1), "band") == [
        "35:11: high_hz = 250.1 is too high: the sensor passes up to 250 Hz and the band ends at 250.1 Hz; lower it or raise the "
        "sensor's rate",
    ]


def test_a_swing_beyond_full_scale():
    # +-2 g are 4 g: an amplitude of 1.41421 g rms swings so far.
    assert refusals(claimed(1.4142, "g"), "full scale") == []
    assert refusals(claimed(1.4143, "g"), "full scale") == [
        "32:13: amplitude = 1.4143 is too large: a sine of it swings by 4 g, and the sensor's range is 4 g wide; lower it or "
        "widen the sensor's range",
    ]


def test_a_swing_beyond_a_thermometers_range():
    claim = "[stream.temperature.claim.temperature]\namplitude = 500\nlow_hz = 0.01\nhigh_hz = 0.5\n"
    (told,) = refusals(SOUND + claim, "full scale")
    assert "500 is too large: a sine of it swings by 1414 degC, and the sensor's range is 205 degC wide; lower it" in told


def test_every_part_that_has_a_range_of_its_own_tells_it():
    silent = {name for name, sensor in SENSORS.items() if sensor.table.full_scale is SensorTable.full_scale}
    assert silent == {"pulse_counter", "registers"}


@pytest.mark.parametrize(
    ("part", "ug_per_rthz", "hz"),
    [("ADXL355", 22.5, 0.36), ("LIS3DHH", 45, 1.45), ("LSM6DSO", 70, 3.5), ("ADXL357", 75, 4.0), ("BMI088", 175, 22)],
)
def test_crossovers_are_those_of_the_field(part, ug_per_rthz, hz):
    """reference/field.md, 4.3."""
    assert crossover_hz(ug_per_rthz) == pytest.approx((ug_per_rthz * 0.48121 / 18) ** 2, rel=1e-4)
    assert crossover_hz(ug_per_rthz) == pytest.approx(hz, rel=0.02)


def test_a_sensor_of_more_noise_than_the_limit_anywhere_crosses_it_nowhere():
    # Where the limit stops rising, at 100 Hz, 374 ug per root hertz are 1800 ug in a third of an octave.
    assert crossover_hz(374.0) < 100 < crossover_hz(374.2) == ISS_ENDS_HZ


def test_noise_in_a_third_octave_meets_the_limit_at_the_crossover():
    hz = crossover_hz(22.5)
    width = hz * (2 ** (1 / 6) - 2 ** (-1 / 6))
    assert 22.5 * math.sqrt(width) == pytest.approx(18 * hz)


def test_every_accelerometer_has_its_crossover_for_information():
    (told,) = lines(SOUND, "ISS crossover").values()
    assert (told.subject, told.limit) == ("[stream.vibration]", None)
    assert told.value == pytest.approx(0.3618, abs=1e-4)


def test_a_claim_by_the_standard_begins_above_the_crossover():
    iss = 'standard = "iss"\n'
    assert line(claimed(more=iss), "ISS crossover", "vibration.x").limit == 1
    assert refusals(claimed(low=0.3619, more=iss), "ISS crossover") == []
    assert refusals(claimed(low=0.3617, more=iss), "ISS crossover") == [
        "34:10: low_hz = 0.3617 is too low: 22.5 ug/rtHz of x are below the space station's vibration limit, by thirds of an "
        "octave, from 0.36 Hz on, and the band begins at 0.3617 Hz; raise it, or take a quieter sensor",
    ]


def test_what_cannot_be_compared_is_not_judged():
    own = '[stream.vibration.field.top]\noctet = 0\nunit = "1"\n'
    claim = "[stream.vibration.claim.top]\namplitude = 1\nlow_hz = 1\nhigh_hz = 100\n"
    rules = {told.rule for told in (*lines(SOUND + own + claim, "band").values(), *lines(SOUND + own + claim, "noise").values())}
    assert rules == {"band", "noise"}  # of its steps
    assert lines(SOUND + own + claim, "full scale") == {}
