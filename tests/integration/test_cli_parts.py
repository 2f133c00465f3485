"""Who names one file of a run that is in several is told of the others, once."""

import io

import pytest

from freefall.recording import Recorder, RotatingRecorder, Rotation, open_recording


@pytest.fixture
def parts(tmp_path, recording):
    """The recording's run again, in files of a second."""
    whole = open_recording(recording)
    start_ns = 1_800_000_000_000_000_000
    with RotatingRecorder(
        tmp_path / "run.mcap", whole.definition, "test", start_ns=start_ns, rotation=Rotation(duration_ns=10**9)
    ) as recorder:
        for host_ns, octets in whole.chunks():
            recorder.write(octets, host_ns)
    assert len(recorder.paths) > 2
    return recorder.paths


HINT = "several files that one run is in; to have all of it, "


@pytest.mark.parametrize("verb", ["stats", "decode", "diff", "export", "monitor", "replay"])
def test_every_verb_that_reads_it_tells_of_the_others(freefall, parts, recording, tmp_path, verb):
    first = parts[0]
    arguments = {
        "diff": (recording,),
        "export": ("--to", "csv", "-o", tmp_path / "out"),
        "monitor": ("--plain", "--every", "0.1"),
        "replay": ("--udp", "127.0.0.1:9", "--speed", "max"),
    }.get(verb, ())
    done = freefall(verb, first, *arguments)
    names = f"{first} '{tmp_path}/run.part?????.mcap'"
    one = f"make one of them: freefall info {names} --recover whole.mcap"
    todo = f"name them all: {names}" if verb in ("stats", "export") else one
    assert done.err.splitlines().count(f"{first} is the first of {HINT}{todo}") == 1, done.err
    assert done.err.count("several files") == 1


def test_later_file_is_told_by_its_number_also_when_the_first_is_gone(freefall, parts, tmp_path):
    assert f"{parts[1]} is number 2 of {HINT}name them all: {parts[0]} " in freefall("stats", parts[1]).err
    parts[0].unlink()
    assert f"number 2 of {HINT}name them all: '{tmp_path}/run.part?????.mcap'\n" in freefall("stats", parts[1]).err


def test_some_of_the_files_are_not_all_and_all_are_no_hint(freefall, parts):
    assert f"{parts[0]}, {parts[1]} are not all files that one run is in" in freefall("stats", *parts[:2]).err
    assert freefall("stats", *parts).err == ""


def test_what_the_hint_says_makes_the_run_whole(freefall, parts, raw_octets, tmp_path):
    whole = tmp_path / "whole.mcap"
    assert freefall("info", parts[0], tmp_path / "run.part?????.mcap", "--recover", whole).code == 0
    assert b"".join(octets for _, octets in open_recording(whole).chunks()) == raw_octets
    assert freefall("stats", whole).err == ""


def test_files_of_other_runs_beside_it_are_no_hint(freefall, recording, parts, tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    with Recorder(own / "run.mcap", open_recording(recording).definition, "test", start_ns=1) as recorder:
        for host_ns, octets in open_recording(recording).chunks():
            recorder.write(octets, host_ns)
    (own / "run.part00002.mcap").write_bytes(parts[1].read_bytes())
    (own / "run.part00003.mcap").write_text("cut")
    assert freefall("stats", own / "run.mcap").err == ""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert "several files" not in freefall("decode", "-", "-d", "payload_defs/vibration").err
