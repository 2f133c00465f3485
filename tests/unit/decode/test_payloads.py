"""The definitions of this repository, decoded: whatever a sensor delivers, a value is a number or nan."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from freefall.decode import Columns
from freefall.decode.waiting import needs_coefficients
from freefall.definition import load_definition
from freefall.sensors.channels import Compensated

PAYLOADS = sorted((Path(__file__).parents[3] / "payload_defs").glob("*/payload.toml"))
every_payload = pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.parent.name)


def words(stream):
    """Samples of any octets, of zeros and of ones."""
    random = np.random.default_rng(1).integers(0, 256, (500, stream.sensor_len), np.uint8)
    ends = np.repeat(np.array([[0], [255], [0x80], [0x7F]], np.uint8), stream.sensor_len, axis=1)
    return np.concatenate([random, ends])


@every_payload
def test_any_octets_of_any_part_give_numbers_or_nothing(path):
    definition = load_definition(path)
    for stream in definition.streams:
        (sensor,) = (sensor for sensor in definition.sensors if sensor.name == stream.sensor)
        parts = [None]
        if sensor.coefficients:
            parts += [bytes(sensor.coefficients), b"\xff" * sensor.coefficients, Random(1).randbytes(sensor.coefficients)]
        samples = words(stream)
        for part in parts:
            columns = Columns.of(stream, samples, part)
            for channel in stream.channels:
                values = columns.values[channel.name]
                assert values.shape == (len(samples),) and values.dtype == np.float64
                assert not np.isinf(values).any()
                if part is None and needs_coefficients(definition, stream) and isinstance(channel.calibration, Compensated):
                    assert np.isnan(values).all()
            assert all(fails.shape == (len(samples),) and fails.dtype == bool for fails in columns.failed.values())


@every_payload
def test_checks_name_channels_that_there_are_and_say_why_in_words(path):
    for stream in load_definition(path).streams:
        names = {channel.name for channel in stream.channels}
        for check in stream.checks:
            assert set(check.channels) <= names and check.reason
        assert all(check.covered.stop <= stream.sensor_len for check in stream.checks)
        assert all(channel.raw.offset + channel.raw.octets <= stream.sensor_len for channel in stream.channels)
