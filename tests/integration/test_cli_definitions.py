"""Which definition reads what: -d, the recording's own, the environment's; and what happens when it is the wrong one."""

import pytest

from freefall.definition import load_definition
from freefall.recording import Recorder


@pytest.fixture
def write_recording(raw_octets, tmp_path):
    """write_recording(definition or None): the board's octets in a recording that carries that definition."""

    def write(definition):
        path = tmp_path / "written.mcap"
        with Recorder(path, definition, "test", start_ns=0, overwrite=True) as recorder:
            recorder.write(raw_octets, 0)
        return path

    return write


def test_named_definition_wins_over_a_recordings_own_and_own_over_the_environments(
    freefall, recording, write_recording, vibration, foreign, ids, monkeypatch
):
    wrong = write_recording(load_definition(foreign))
    refused = freefall("stats", wrong)
    assert refused.code == 3 and all(known in refused.err for known in ids)
    assert freefall("stats", wrong, "-d", vibration).code == 0

    monkeypatch.setenv("FREEFALL_DEF", str(foreign))
    assert freefall("stats", recording).code == 0
    assert freefall("stats", write_recording(None)).code == 3
    monkeypatch.setenv("FREEFALL_DEF", str(vibration))
    assert freefall("stats", write_recording(None)).code == 0
    assert freefall("stats", recording, "-d", foreign).code == 3


def test_recording_without_a_definition_is_wrong_usage(freefall, write_recording):
    done = freefall("stats", write_recording(None))
    assert done.code == 2 and "carries no payload definition" in done.err


def test_recording_whose_definition_is_damaged_says_so_and_is_read_with_a_named_one(freefall, recording, vibration, tmp_path):
    octets = bytearray(recording.read_bytes())
    octets[octets.index(b"odr_hz = 1000")] ^= 1
    damaged = tmp_path / "damaged.mcap"
    damaged.write_bytes(octets)
    done = freefall("stats", damaged)
    assert done.code == 6
    assert done.err == f"error: the payload definition in {damaged} was altered; give the definition of the run with -d DEF\n"
    assert freefall("stats", damaged, "-d", vibration).code == 0


def test_problem_of_a_definition_that_is_not_used_is_not_told(freefall, vibration, raw_octets, tmp_path, monkeypatch):
    path = tmp_path / "renamed.mcap"
    monkeypatch.setattr("freefall.recording.writer._metadata", lambda *_: {"format": "1", "definition_id": "0badf00d"})
    with Recorder(path, load_definition(vibration), "test", start_ns=0) as recorder:
        recorder.write(raw_octets, 0)
    assert "0badf00d" in freefall("stats", path).err
    assert freefall("stats", path, "-d", vibration).err == ""
