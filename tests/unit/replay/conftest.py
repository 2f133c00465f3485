"""Recordings of any octets at any times."""

import pytest

from freefall.recording import Recorder

START = 1_790_000_000_123_456_789


def write_recording(path, parts):
    """A recording of [(host time since the one before in ns, octets)]; its path."""
    host_ns = START
    with Recorder(path, None, "a test", start_ns=START, overwrite=True) as recorder:
        for step_ns, octets in parts:
            host_ns += step_ns
            recorder.write(octets, host_ns)
    return path


@pytest.fixture
def recorded(tmp_path):
    """recorded(parts) -> path; see write_recording."""
    return lambda parts: write_recording(tmp_path / "recorded.mcap", parts)
