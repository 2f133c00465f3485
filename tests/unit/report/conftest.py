"""Runs of the decoder tests' boards that a page is made of."""

import math
import random

import pytest

from freefall.decode import Summary
from unit.decode import packets
from unit.decode.climate import PARTS, climate_definition, climate_sample
from unit.decode.fake_board import bench_definition


@pytest.fixture(scope="session")
def climate():
    return climate_definition()


@pytest.fixture(scope="session")
def bench():
    return bench_definition()


@pytest.fixture(scope="session")
def troubled(climate):
    """A summary of two boots: samples missing, uneven triggers, limits crossed, bad samples, rejects, a sensor that stops."""
    summary, chance = Summary(climate), random.Random(4)
    for boot in range(2):
        wire = b"\0" + packets.boot(climate, boot + 1, time_us=300) + packets.coefficients(climate, 2, PARTS[0], 1, 400)
        for n in range(400):
            time_us = 10_000 * n + 1000
            if not (boot == 1 and 190 <= n < 200):
                wire += packets.samples(climate.streams[0], 10 * n, 10, time_us + chance.randrange(300), n)
            if n % 10 == 0:
                k = n // 10
                places = [climate_sample(30 + int(10 * math.sin(k / 20)), pressure=k, level=50, damage=k == 5) for _ in range(5)]
                wire += packets.given(climate.streams[2], 5 * k, places, 100_000 * k + 1000, k)
            if n == 200:
                wire += packets.event(climate, 3, {"stream": 2, "spare": 0, "bus_errors": 4}, 2, time_us)
                wire += b"\x05\x01\x02\x03\x04\0"
        summary.feed_many([(None, wire)])
    return summary
