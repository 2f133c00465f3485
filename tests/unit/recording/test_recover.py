"""What a recording is, and a whole one of what is left of it."""

import random
import tracemalloc

import pytest
from mcap.reader import make_reader

from freefall.errors import InputUnreadable, OutputExists, OutputUnwritable
from freefall.recording import (
    LinkBack,
    LinkLost,
    Recorder,
    RotatingRecorder,
    Rotation,
    Run,
    open_recording,
    open_run,
    recover,
    survey,
)

START_NS = 1_790_000_000_123_456_789
S = 1_000_000_000


@pytest.fixture
def broken(tmp_path, definition, blocks):
    """A recording with a definition, a gap, one damaged octet in a message, and its end cut off."""
    path = tmp_path / "broken.mcap"
    with Recorder(path, definition, "/dev/ttyACM0", "shaker, run 3", start_ns=START_NS) as recorder:
        for i, (host_ns, data) in enumerate(blocks):
            recorder.write(data, host_ns)
            if i == 5:
                recorder.mark(LinkLost(host_ns + 1, "it went away"))
                recorder.mark(LinkBack(host_ns + 2))
    octets = bytearray(path.read_bytes())
    octets[octets.index(blocks[2][1]) + 3] ^= 1
    path.write_bytes(octets[: octets.index(blocks[10][1])])
    return path


@pytest.fixture
def parts(tmp_path, blocks):
    """The files of a run, three blocks in each."""
    with RotatingRecorder(
        tmp_path / "run.mcap", None, "a test", start_ns=START_NS, rotation=Rotation(duration_ns=900_000_000)
    ) as recorder:
        for host_ns, data in blocks:
            recorder.write(data, host_ns)
    assert len(recorder.paths) == 4
    return recorder.paths


def test_survey_of_a_whole_recording(tmp_path, definition, blocks):
    path = tmp_path / "run.mcap"
    with Recorder(path, definition, "/dev/ttyACM0", "shaker", start_ns=START_NS) as recorder:
        for host_ns, data in blocks:
            recorder.write(data, host_ns)
        recorder.mark(LinkLost(blocks[-1][0] + S, "it went away"))
    seen = []
    found = survey(open_recording(path), seen.append)
    assert found.complete and found.cut_at is None and found.damage_count == 0
    assert (found.octets, found.blocks) == (sum(len(data) for _, data in blocks), len(blocks))
    assert (found.start_ns, found.end_ns, found.seconds) == (START_NS, blocks[-1][0], 3.3)
    assert found.file_octets == path.stat().st_size
    assert seen == sorted(seen) and seen[-1] <= found.file_octets
    told = found.as_dict()
    assert (told["payload"], told["definition"]) == (definition.name, f"{definition.definition_id:08x}")
    assert (told["note"], told["start"]) == ("shaker", "2026-09-21T14:13:20.123456789Z")
    assert told["gaps"] == [
        {"lost": "2026-09-21T14:13:24.423456789Z", "back": None, "seconds": None, "reason": "it went away"}
    ]


def test_survey_of_a_broken_recording_tells_where(broken, blocks):
    found = survey(open_recording(broken))
    assert not found.complete
    assert found.cut_at == found.file_octets == broken.stat().st_size
    assert found.damage_count == 1 and "checksum" in found.damages[0].reason
    assert found.octets == sum(len(data) for _, data in blocks[:10])
    assert [gap.reason for gap in found.gaps] == ["it went away"]


def test_recovered_recording_is_whole_and_keeps_octets_times_gaps_definition_and_metadata(broken, definition, tmp_path):
    rescue = recover(open_run(broken), tmp_path / "rescued.mcap")
    before, after = open_recording(broken), open_recording(tmp_path / "rescued.mcap")
    assert list(after.contents()) == list(before.contents())
    assert after.complete and after.problem is None
    assert after.definition == definition and after.definition_text == definition.text
    assert after.metadata == before.metadata | {"recovered_from": "broken.mcap"}
    assert rescue.blocks == 10 and "damaged at octet" in rescue.problem and "cut at octet" in rescue.problem
    with open(rescue.path, "rb") as file:  # another reader, every checksum
        assert sum(1 for _ in make_reader(file, validate_crcs=True).iter_messages()) == 10


def test_recovery_refuses_its_own_input_and_what_is_there(broken, tmp_path):
    octets = broken.read_bytes()
    link = tmp_path / "link.mcap"
    link.symlink_to(broken)
    for path in (broken, link):
        with pytest.raises(OutputUnwritable, match="is what is to be recovered"):
            recover(open_run(broken), path, overwrite=True)
    assert broken.read_bytes() == octets
    (tmp_path / "there.mcap").write_bytes(b"precious")
    with pytest.raises(OutputExists):
        recover(open_run(broken), tmp_path / "there.mcap")
    assert (tmp_path / "there.mcap").read_bytes() == b"precious"


def test_recording_without_its_metadata_is_recovered_as_what_it_is(tmp_path):
    path = tmp_path / "run.mcap"
    with Recorder(path, None, "a test", start_ns=START_NS) as recorder:
        recorder.write(b"x" * 30, START_NS + 5)
    octets = path.read_bytes()
    begin = octets.index(b"\x0c")
    end = begin + 9 + int.from_bytes(octets[begin + 1 : begin + 9], "little")
    path.write_bytes(octets[:begin] + octets[end:])  # without its metadata record
    recover(open_run(path), tmp_path / "rescued.mcap")
    rescued = open_recording(tmp_path / "rescued.mcap")
    assert [data for _, data in rescued.chunks()] == [b"x" * 30]
    assert rescued.metadata["format"] == "1" and rescued.metadata["recovered_from"] == "run.mcap"
    assert rescued.metadata["start"] == "2026-09-21T14:13:20.123456794Z"


def test_recording_without_octets_is_not_recovered_and_no_file_is_left(tmp_path):
    path, out = tmp_path / "run.mcap", tmp_path / "rescued.mcap"
    with Recorder(path, None, "a test", start_ns=START_NS) as recorder:
        recorder.mark(LinkLost(START_NS + 1, "it went away"))
    with pytest.raises(InputUnreadable, match=f"nothing to recover: not one octet of a board can be read in {path}"):
        recover(open_run(path), out)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputUnreadable, match=f"nothing to recover: .* in {path}"):
        recover(open_run(path), out)
    assert not out.exists()


def test_definition_that_this_freefall_cannot_use_is_kept_as_it_is(tmp_path, definition):
    path = tmp_path / "run.mcap"
    with Recorder(path, definition, "a test", start_ns=START_NS) as recorder:
        recorder.write(b"x", START_NS)
    octets = path.read_bytes()
    # The definition attached is taken for another file's name, as if it were cut off: the id says that one is missing.
    path.write_bytes(octets.replace(b"payload.toml", b"payload.tomL"))
    recover(open_run(path), tmp_path / "rescued.mcap")
    rescued = open_recording(tmp_path / "rescued.mcap")
    assert rescued.definition is None and "was cut off or damaged" in rescued.definition_problem
    assert rescued.metadata["definition_id"] == f"{definition.definition_id:08x}"


def test_parts_of_a_run_become_one_recording(parts, blocks, tmp_path):
    recover(open_run(parts[0]), tmp_path / "whole.mcap")
    whole = open_recording(tmp_path / "whole.mcap")
    assert list(whole.chunks()) == blocks and whole.complete
    assert whole.metadata["recovered_from"] == ", ".join(path.name for path in parts)
    assert (whole.metadata["part"], whole.metadata["octets_before"]) == ("1", "0")


def test_run_reads_its_files_in_order_however_they_are_given(parts, blocks):
    run = Run([open_recording(path) for path in reversed(parts)])
    assert list(run.chunks()) == blocks
    assert run.complete and run.problem is None
    assert run.size == sum(path.stat().st_size for path in parts) == run.position


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_part_that_is_missing_is_told_and_the_others_are_read(parts, blocks, missing):
    run = Run([open_recording(path) for number, path in enumerate(parts) if number != missing])
    assert list(run.chunks()) == [block for i, block in enumerate(blocks) if i // 3 != missing]
    assert not run.complete
    before = sum(len(data) for _, data in blocks[: 3 * (missing + 1)])
    read = sum(len(data) for _, data in blocks[: 3 * missing])
    assert run.problem == f"{parts[missing + 1]} begins at octet {before} of the run, but {read} came before it"


def test_part_that_was_cut_is_told_once_with_what_is_missing(parts):
    parts[1].write_bytes(parts[1].read_bytes()[:-400])
    run = open_run(parts[0])
    list(run.chunks())
    assert run.problem.count("was not closed") == 1


def test_files_of_several_runs_are_not_joined(parts, tmp_path):
    other = tmp_path / "other.mcap"
    Recorder(other, None, "a test", start_ns=START_NS + 1).close()
    with pytest.raises(InputUnreadable, match="is not of the same run as"):
        Run([open_recording(parts[0]), open_recording(other)])
    with pytest.raises(InputUnreadable, match="are the same part of a run"):
        Run([open_recording(parts[1]), open_recording(parts[1])])


def test_run_that_was_killed_while_a_file_was_begun_is_read_without_that_file(parts, blocks):
    parts[3].write_bytes(b"")
    assert list(open_run(parts[0]).chunks()) == blocks[:9]


def test_damages_without_end_take_no_memory(tmp_path):
    """Survey and recovery of a file that is damaged everywhere."""
    path = tmp_path / "run.mcap"
    with Recorder(path, None, "a test", start_ns=START_NS) as recorder:
        for i in range(8_000):
            recorder.write(bytes(20), START_NS + i * 1_000_000)
    octets = bytearray(path.read_bytes())
    rng = random.Random(3)
    for _ in range(600):
        octets[rng.randrange(1000, len(octets) - 140_000)] ^= 0x80
    path.write_bytes(octets)
    del octets
    tracemalloc.start()
    found = survey(open_recording(path))
    recover(open_run(path), tmp_path / "rescued.mcap")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.damage_count > len(found.damages) == 100
    assert found.octets > 155_000
    assert peak < 2_000_000
