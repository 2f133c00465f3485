"""The definition of unit.decode.climate, and boards of it that have sent something."""

import pytest

from freefall.decode import Summary
from unit.decode import packets
from unit.decode.climate import PARTS, climate_definition


@pytest.fixture(scope="session")
def climate():
    return climate_definition()


@pytest.fixture
def wire():
    """wire(definition, samples of "climate", coefficients): what the board sends, a packet for each five samples."""

    def make(definition, samples, coefficients=PARTS[0]):
        octets = b"\0" + packets.boot(definition)
        if coefficients:
            octets += packets.coefficients(definition, 2, coefficients, 1, 10)
        for sequence, at in enumerate(range(0, len(samples), 5)):
            place = at, samples[at : at + 5], 1000 + 20_000 * at, sequence
            octets += packets.given(definition.stream("climate"), *place)
        return octets

    return make


@pytest.fixture
def fed(wire):
    """fed(definition, samples, coefficients): a summary of that."""

    def feed(definition, samples, coefficients=PARTS[0]):
        summary = Summary(definition)
        summary.feed(wire(definition, samples, coefficients))
        return summary

    return feed
