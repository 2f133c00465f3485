"""Tables to export."""

import pathlib

import numpy as np
import pytest

from freefall.decode import Collector, Decoder, Table
from freefall.definition import load_definition
from oracle import codec
from unit.decode import packets
from unit.decode.climate import PARTS, climate_definition, climate_sample

PAYLOAD = pathlib.Path(__file__).parents[3] / "payload_defs" / "vibration"


@pytest.fixture(scope="session")
def definition():
    return load_definition(PAYLOAD)


@pytest.fixture(scope="session")
def make_table(definition):
    """make_table(stream name, raw values, scale): a table whose every channel has those raw values."""

    def make(name, raw, scale=3.9e-6, first=0):
        stream = definition.stream(name)
        raw = np.asarray(raw, np.int64)
        return Table(
            stream=stream,
            index=np.arange(first, first + len(raw)),
            time_ns=np.arange(first, first + len(raw)) * 1_000_003,
            boot=np.full(len(raw), 3),
            raw={channel.name: raw for channel in stream.channels},
            values={channel.name: raw * scale for channel in stream.channels},
        )

    return make


@pytest.fixture(scope="session")
def slice_table():
    """slice_table(table, start, stop): those rows."""

    def rows(table, start, stop):
        return Table(
            stream=table.stream,
            index=table.index[start:stop],
            time_ns=table.time_ns[start:stop],
            boot=table.boot[start:stop],
            raw={name: column[start:stop] for name, column in table.raw.items()},
            values={name: column[start:stop] for name, column in table.values.items()},
        )

    return rows


@pytest.fixture
def climate_tables():
    """Tables of unit.decode.climate's "climate" (three samples, of which one has a value in every channel) and "light"."""
    climate = climate_definition()
    light = climate.stream("light")
    samples = [climate_sample(20, 4, 10), climate_sample(20, 4, 10, damage=1), climate_sample(20, 4, 101)]
    times = [codec.timed_sample(own_us, bytes([n, 1])) for n, own_us in enumerate((0, 1, 2**32 - 1))]
    wire = packets.boot(climate) + packets.given(climate.stream("climate"), 0, samples, 1000)
    wire += packets.given(light, 0, times, 123_456_789) + packets.coefficients(climate, 2, PARTS[0], 1, 10)
    collector = Collector(climate)
    collector.add(Decoder(climate).feed(b"\0" + wire))
    return [collector.table(name) for name in ("climate", "light")]
