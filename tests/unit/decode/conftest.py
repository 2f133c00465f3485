"""The definition the decoder's tests run on."""

import pytest

from unit.decode.climate import climate_definition
from unit.decode.fake_board import bench_definition


@pytest.fixture(scope="session")
def bench():
    """Stream 0 "vibration" (1 kHz, 10 places of 9 octets) and stream 1 "temperature" (50 Hz, 3 places of 2 octets)."""
    return bench_definition()


@pytest.fixture(scope="session")
def climate():
    """The bench and streams 2 "climate" and 3 "light" of unit.decode.climate."""
    return climate_definition()
