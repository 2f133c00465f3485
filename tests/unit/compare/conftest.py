"""Runs to compare, made of the decoder tests' packets."""

import pytest

from freefall.compare import Run, Tolerances, compare
from freefall.decode import pieces
from unit.decode.climate import climate_definition


@pytest.fixture(scope="session")
def climate():
    return climate_definition()


@pytest.fixture(scope="module", autouse=True)
def small_pieces():
    """Runs of some hundred octets are read in several pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE_OCTETS", 400)
        yield


@pytest.fixture(scope="session")
def compared(climate):
    """compared(wire of A, wire of B, *tolerances): their comparison; each comes in chunks of so many octets."""

    def run(a, b, *tolerances, chunks=(64, 150), definitions=(climate, climate)):
        runs = [
            Run(name, definition, [(None, wire[at : at + size]) for at in range(0, len(wire), size)])
            for name, definition, wire, size in zip("ab", definitions, (a, b), chunks, strict=True)
        ]
        return compare(*runs, Tolerances.parse(tolerances))

    return run
