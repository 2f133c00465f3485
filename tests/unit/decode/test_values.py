"""Values of samples that need more than a line: compensation, polynomial and table, checks that make them nan."""

from dataclasses import replace

import numpy as np
import pytest

from freefall.decode import Columns
from freefall.sensors.channels import Compensated, Linear, Polynomial, RawWord, Table
from freefall.sensors.validity import Crc8, Forbidden
from unit.decode.climate import CHANNELS, CHECKS, PARTS, climate_sample

GONE = None  # nan, in the lists of what is expected


def columns(stream, samples, coefficients=PARTS[0]):
    return Columns.of(stream, np.array([list(sample) for sample in samples], np.uint8).reshape(-1, 6), coefficients)


def told(values):
    """A column as a list, GONE for nan."""
    return [GONE if value != value else value for value in values.tolist()]


@pytest.fixture
def stream(climate):
    return climate.stream("climate")


def test_every_kind_of_calibration_gives_its_numbers(stream):
    found = columns(stream, [climate_sample(20, 4, 10), climate_sample(0, 0, 0), climate_sample(65535, 65535, 100)])
    assert told(found.values["temperature"]) == [30.0, -10.0, 131060.0]
    assert told(found.values["pressure"]) == [1 + 2 * 4 + 8.0, 1.0, 1 + 2 * 65535 + 65535**2 / 2]
    assert told(found.values["level"]) == [1.0, 0.0, 4.0]
    assert {name: raw.tolist() for name, raw in found.raw.items()} == {
        "temperature": [20, 0, 65535],
        "pressure": [4, 0, 65535],
        "level": [10, 0, 100],
    }
    assert all(values.dtype == np.float64 for values in found.values.values())
    assert not any(fails.any() for fails in found.failed.values())


def test_every_part_has_its_own_coefficients(stream):
    samples = [climate_sample(20), climate_sample(7)]
    assert told(columns(stream, samples, PARTS[1]).values["temperature"]) == [17.0, 10.5]


def test_compensation_without_coefficients_leaves_the_other_channels(stream):
    found = columns(stream, [climate_sample(20, 4, 10)], None)
    assert {name: told(values) for name, values in found.values.items()} == {
        "temperature": [GONE],
        "pressure": [17.0],
        "level": [1.0],
    }
    assert found.raw["temperature"].tolist() == [20]


@pytest.mark.parametrize(
    "after, value",
    [
        (Linear(1.8, 32.0), 86.0),
        (Polynomial((0.0, 0.0, 1.0)), 900.0),
        (Table((0.0, 40.0), (1.0, 5.0)), 4.0),
        (Table((0.0, 29.0), (1.0, 5.0)), GONE),
    ],
)
def test_a_calibration_after_the_compensation_works_on_its_value(stream, after, value):
    temperature = replace(CHANNELS[0], calibration=Compensated(after))
    stream = replace(stream, channels=(temperature, *CHANNELS[1:]))
    assert told(columns(stream, [climate_sample(20)]).values["temperature"]) == [value]


def test_a_calibration_of_ones_own_needs_no_coefficients(stream):
    stream = replace(stream, channels=(replace(CHANNELS[0], calibration=Linear(0.5, 1.0)), *CHANNELS[1:]))
    assert told(columns(stream, [climate_sample(20)], None).values["temperature"]) == [11.0]


def test_a_sample_that_fails_a_check_has_no_value_in_the_channels_concerned(stream):
    samples = [climate_sample(20, 4, 10), climate_sample(20, 4, 10, damage=1), climate_sample(20, 4, 10, fault=1)]
    samples.append(climate_sample(20, 4, 10, fault=1, damage=0x80))
    found = columns(stream, samples)
    assert told(found.values["temperature"]) == [30.0, GONE, 30.0, GONE]
    assert told(found.values["pressure"]) == [17.0, 17.0, GONE, GONE]
    assert told(found.values["level"]) == [1.0, 1.0, GONE, GONE]
    assert {reason: fails.tolist() for reason, fails in found.failed.items()} == {
        "word CRC": [False, True, False, True],
        "fault flag": [False, False, True, True],
    }
    assert found.raw["temperature"].tolist() == [20] * 4 and found.raw["level"].tolist() == [10] * 4


def test_checks_of_one_reason_are_one_reason(stream):
    checks = (*CHECKS, Forbidden(CHANNELS[1].raw, (0xFFFF,), ("pressure",), "fault flag"))
    samples = [climate_sample(20, 0xFFFF), climate_sample(20, 4, fault=1)]
    samples += [climate_sample(20, 0xFFFF, fault=1), climate_sample(20)]
    found = columns(replace(stream, checks=checks), samples)
    assert found.failed["fault flag"].tolist() == [True, True, True, False]
    assert told(found.values["pressure"]) == [GONE, GONE, GONE, 1.0]
    assert told(found.values["level"]) == [0.0, GONE, GONE, 0.0]


def test_a_field_of_ones_own_is_not_believed_where_the_crc_of_its_octets_fails(stream):
    own = replace(CHANNELS[1], name="high_octet", raw=RawWord(0, 1, "big", 0, 8, False), calibration=Linear(1.0, 0.0))
    stream = replace(stream, channels=(*CHANNELS, own), checks=(Crc8(0, 2, ("temperature",)),))
    found = columns(stream, [climate_sample(0x0102), climate_sample(0x0102, damage=4)])
    assert told(found.values["high_octet"]) == [1.0, GONE]


def test_what_is_no_finite_number_is_no_value(stream):
    def divide(raw, coefficients):
        return {"temperature": 1.0 / (raw["temperature"] - 20)}

    huge = replace(CHANNELS[1], calibration=Polynomial((0.0, 0.0, 1e305)))
    stream = replace(stream, compensation=divide, channels=(CHANNELS[0], huge, CHANNELS[2]))
    found = columns(stream, [climate_sample(20, 65535), climate_sample(22, 1)])
    assert told(found.values["temperature"]) == [GONE, 0.5]
    assert told(found.values["pressure"]) == [GONE, 1e305]


def test_a_check_leaves_what_the_compensation_gave_to_others_alone(stream):
    kept = np.array([1.0, 2.0])
    stream = replace(stream, compensation=lambda raw, coefficients: {"temperature": kept})
    columns(stream, [climate_sample(1, damage=1), climate_sample(2)])
    assert kept.tolist() == [1.0, 2.0]


def test_no_samples_give_empty_columns_of_every_channel_and_reason(stream):
    found = columns(stream, [])
    assert [len(column) for column in (*found.raw.values(), *found.values.values(), *found.failed.values())] == [0] * 8
