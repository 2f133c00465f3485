"""Recordings to break: a small one whose blocks tell which they are."""

import pathlib

import pytest

from freefall.definition import load_definition
from freefall.recording import Recorder

START_NS = 1_790_000_000_123_456_789
PAYLOAD = pathlib.Path(__file__).parents[3] / "payload_defs" / "vibration"


@pytest.fixture(scope="session")
def definition():
    return load_definition(PAYLOAD)


@pytest.fixture(scope="session")
def blocks():
    """(host_ns, octets) every 300 ms; no octet of one block occurs in another."""
    return [(START_NS + i * 300_000_000, bytes([0x40 + i]) * (20 + 7 * i)) for i in range(12)]


@pytest.fixture(scope="session")
def small(tmp_path_factory, blocks):
    """The octets of a recording of `blocks`, without a definition."""
    path = tmp_path_factory.mktemp("recording") / "small.mcap"
    with Recorder(path, None, "a test", start_ns=START_NS) as recorder:
        for host_ns, data in blocks:
            recorder.write(data, host_ns)
    return path.read_bytes()
