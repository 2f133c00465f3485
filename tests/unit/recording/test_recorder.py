"""A recorder's file holds what was given, and refuses with sentences."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.stream_reader import StreamReader

import freefall
from freefall.definition import parse_definition
from freefall.errors import FreefallError, OutputUnwritable
from freefall.recording import RECORDING_FORMAT, Recorder, is_recording, open_recording

START_NS = 1_790_000_000_123_456_789


def test_recording_gives_back_octets_times_definition_and_metadata(tmp_path, definition, blocks):
    path = tmp_path / "run.mcap"
    with Recorder(path, definition, "sim:virtual seed 1", "first light, 1 °C", start_ns=START_NS) as recorder:
        for host_ns, data in blocks:
            recorder.write(data, host_ns)
    recording = open_recording(path)
    assert recording.definition == definition
    assert recording.definition_text == definition.text
    assert recording.metadata == {
        "format": str(RECORDING_FORMAT),
        "definition_id": f"{definition.definition_id:08x}",
        "payload": definition.name,
        "tool": f"freefall {freefall.__version__}",
        "source": "sim:virtual seed 1",
        "note": "first light, 1 °C",
        "start": "2026-09-21T14:13:20.123456789Z",
        "run": "2026-09-21T14:13:20.123456789Z",
        "part": "1",
        "octets_before": "0",
    }
    assert list(recording.chunks()) == blocks
    assert list(recording.chunks()) == blocks, "a second pass gives the same"
    assert recording.complete
    assert recording.problem is None


def test_recording_of_a_definition_that_is_called_infeasible_today_opens_as_ever(tmp_path, definition, blocks):
    text = definition.text.replace("baud = 921600", "baud = 9600")
    with pytest.raises(FreefallError, match="too slow"):
        parse_definition(text, "payload.toml")
    old = parse_definition(text, "payload.toml", infeasible=True)
    path = tmp_path / "run.mcap"
    with Recorder(path, old, "a test", start_ns=START_NS) as recorder:
        recorder.write(blocks[0][1], blocks[0][0])
    recording = open_recording(path)
    assert recording.definition_problem is None and recording.definition == old


def test_recording_without_definition_has_none(tmp_path):
    path = tmp_path / "run.mcap"
    Recorder(path, None, "a port", start_ns=0).close()
    recording = open_recording(path)
    assert recording.definition is None
    assert recording.metadata["definition_id"] == recording.metadata["payload"] == ""
    assert recording.metadata["start"] == "1970-01-01T00:00:00.000000000Z"
    assert list(recording.chunks()) == []
    assert recording.complete


@given(
    st.lists(st.tuples(st.integers(0, 2**63 - 1), st.binary(max_size=300))),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_octets_at_any_time_come_back_in_order(tmp_path_factory, written, note):
    path = tmp_path_factory.mktemp("any") / "run.mcap"
    with Recorder(path, None, "hypothesis", note, start_ns=START_NS) as recorder:
        for host_ns, data in written:
            recorder.write(data, host_ns)
    recording = open_recording(path)
    assert list(recording.chunks()) == [(host_ns, data) for host_ns, data in written if data]
    assert recording.metadata["note"] == note
    assert recording.complete


def test_long_read_is_split_and_keeps_its_octets_and_time(tmp_path):
    data = os.urandom(300_000)
    with Recorder(tmp_path / "run.mcap", None, "test", start_ns=0) as recorder:
        recorder.write(data, 7)
    read = list(open_recording(tmp_path / "run.mcap").chunks())
    assert b"".join(octets for _, octets in read) == data
    assert {host_ns for host_ns, _ in read} == {7}
    assert max(len(octets) for _, octets in read) == 65536


def test_other_mcap_readers_read_the_recording_and_its_checksums(small, blocks, tmp_path):
    path = tmp_path / "run.mcap"
    path.write_bytes(small)
    with open(path, "rb") as file:
        for _ in StreamReader(file, validate_crcs=True).records:
            pass
    with open(path, "rb") as file:
        messages = [
            (channel.topic, message.log_time, message.data)
            for _, channel, message in make_reader(file, validate_crcs=True).iter_messages()
        ]
    assert messages == [("raw", host_ns, data) for host_ns, data in blocks]


def test_existing_file_is_refused_and_left_alone_unless_overwriting(tmp_path):
    path = tmp_path / "run.mcap"
    path.write_bytes(b"precious")
    with pytest.raises(OutputUnwritable, match=r"run\.mcap exists already"):
        Recorder(path, None, "test", start_ns=0)
    assert path.read_bytes() == b"precious"
    Recorder(path, None, "test", start_ns=0, overwrite=True).close()
    assert is_recording(path)


def test_folder_that_is_not_there_is_made_and_one_that_cannot_be_is_a_sentence(tmp_path):
    Recorder(tmp_path / "new" / "run.mcap", None, "test", start_ns=0).close()
    assert open_recording(tmp_path / "new" / "run.mcap").complete
    with pytest.raises(OutputUnwritable, match="cannot make the recording"):
        Recorder(tmp_path / "new" / "run.mcap" / "run.mcap", None, "test", start_ns=0)


@pytest.mark.parametrize("host_ns", [-1, 2**63])
def test_time_that_cannot_be_stored_is_the_callers_fault(tmp_path, host_ns):
    with pytest.raises(ValueError, match="outside"):
        Recorder(tmp_path / "none.mcap", None, "test", start_ns=host_ns)
    assert not (tmp_path / "none.mcap").exists()
    with Recorder(tmp_path / "run.mcap", None, "test", start_ns=0) as recorder, pytest.raises(ValueError, match="outside"):
        recorder.write(b"x", host_ns)


def test_closed_recorder_refuses_and_closes_twice(tmp_path):
    recorder = Recorder(tmp_path / "run.mcap", None, "test", start_ns=0)
    recorder.close()
    recorder.close()
    with pytest.raises(FreefallError, match="is closed"):
        recorder.write(b"x", 0)


def test_discarded_recording_leaves_no_file_but_a_device(tmp_path):
    recorder = Recorder(tmp_path / "run.mcap", None, "test", start_ns=0)
    recorder.write(b"x", 0)
    recorder.discard()
    recorder.close()
    assert not list(tmp_path.iterdir())
    Recorder(os.devnull, None, "test", start_ns=0, overwrite=True).discard()
    assert os.path.exists(os.devnull)


def test_position_reaches_the_end_of_the_file(tmp_path):
    path = tmp_path / "run.mcap"
    with Recorder(path, None, "test", start_ns=0) as recorder:
        for i in range(100):
            recorder.write(bytes(5000), i)
    recording = open_recording(path)
    positions = [recording.position for _ in recording.chunks()]
    assert positions == sorted(positions)
    assert 0 < positions[0] < positions[-1] < recording.position == path.stat().st_size


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_disk_is_a_sentence():
    with pytest.raises(OutputUnwritable, match="cannot write the recording /dev/full: No space left"):
        Recorder("/dev/full", None, "test", start_ns=0, overwrite=True)


def test_disk_that_fills_up_during_the_run_leaves_a_readable_file(tmp_path):
    path = tmp_path / "run.mcap"
    script = f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        from freefall.errors import FreefallError
        from freefall.recording import Recorder
        try:
            with Recorder({str(path)!r}, None, "test", start_ns=0) as recorder:
                for i in range(1000):
                    recorder.write(bytes([i % 251]) * 1000, i * 100_000_000)
        except FreefallError as error:
            print(error)
    """
    result = run(script)
    assert "what was written before stays readable" in result.stdout
    recording = open_recording(path)
    read = b"".join(data for _, data in recording.chunks())
    assert len(read) > 90_000
    assert read == b"".join(bytes([i % 251]) * 1000 for i in range(1000))[: len(read)]
    assert not recording.complete


@pytest.mark.parametrize("room", [0, 10, 100])
def test_disk_that_is_full_from_the_start_leaves_no_file(tmp_path, room):
    path = tmp_path / "run.mcap"
    script = f"""
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
        from freefall.errors import FreefallError
        from freefall.recording import Recorder
        try:
            Recorder({str(path)!r}, None, "test", start_ns=0)
        except FreefallError as error:
            print(error)
    """
    assert run(script).stdout.endswith("; nothing was recorded\n")
    assert not path.exists()


@pytest.mark.parametrize("step_ms", [1, 400, 1500])
def test_killed_process_loses_at_most_the_last_second(tmp_path, step_ms):
    path = tmp_path / "run.mcap"
    script = f"""
        import os, signal
        from freefall.recording import Recorder
        recorder = Recorder({str(path)!r}, None, "test", start_ns=10**18)
        for i in range(3000):
            recorder.write(i.to_bytes(4, "big"), 10**18 + i * {step_ms} * 1_000_000)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run(script).returncode == -signal.SIGKILL
    recording = open_recording(path)
    assert not recording.complete
    read = [int.from_bytes(data, "big") for _, data in recording.chunks()]
    assert read == list(range(len(read)))
    assert (3000 - len(read)) * step_ms <= 1000
    assert "was not closed" in recording.problem


def test_silent_link_is_flushed_by_empty_reads(tmp_path):
    path = tmp_path / "run.mcap"
    recorder = Recorder(path, None, "test", start_ns=0)
    recorder.write(b"last words", 100)
    recorder.write(b"", 799_999_999)
    assert list(open_recording(path).chunks()) == []
    recorder.write(b"", 800_000_000)
    assert list(open_recording(path).chunks()) == [(100, b"last words")]
    recorder.close()


def test_clock_that_is_set_back_does_not_stop_the_flushing(tmp_path):
    path = tmp_path / "run.mcap"
    recorder = Recorder(path, None, "test", start_ns=10**18)
    recorder.write(b"an hour back", 10**18 - 3600 * 10**9)
    assert len(list(open_recording(path).chunks())) == 1
    recorder.close()


def run(script):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
