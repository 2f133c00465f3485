"""The demo's payload, and what its virtual board sends."""

import pytest

from freefall.definition import load_definition
from freefall.testing import BenchBoard


@pytest.fixture(scope="session")
def definition(vibration):
    return load_definition(vibration)


@pytest.fixture(scope="session")
def ten_seconds(definition):
    """A board after ten seconds, and the octets that it sent."""
    board = BenchBoard(definition, seed=5)
    return board, board.run(10)
