"""Tables to export."""

import pathlib

import numpy as np
import pytest

from freefall.decode import Table
from freefall.definition import load_definition

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
