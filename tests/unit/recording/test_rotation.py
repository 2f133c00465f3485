"""A run in several files: their names, their sizes, and that no octet is lost or doubled between them."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.board.simulated import run
from freefall.board.virtual import VirtualBoard
from freefall.decode import Decoder, Summary
from freefall.errors import OutputExists, OutputUnwritable
from freefall.recording import (
    LinkBack,
    LinkLost,
    Recorder,
    RotatingRecorder,
    Rotation,
    open_recording,
    open_run,
    part_path,
    rotation,
)
from freefall.recording.rotation import PART_LIMIT, part_paths

START_NS = 1_790_000_000_123_456_789
S = 1_000_000_000


@pytest.fixture(scope="module")
def sent(definition):
    """What a board sends in two seconds, its ledger closed at the end."""
    octets, decoder = bytearray(), Decoder(definition)

    def receive(piece, _board_ns):
        octets.extend(piece)
        return decoder.feed(piece)

    run(VirtualBoard(definition, seed=5), definition, 2 * S, receive)
    return bytes(octets)


def rotating(path, limit, definition=None, **options):
    return RotatingRecorder(path, definition, "a test", "a note", start_ns=START_NS, rotation=limit, **options)


def octets_of(path):
    recording = open_recording(path)
    octets = b"".join(octets for _, octets in recording.chunks())
    assert recording.complete
    return octets


@pytest.mark.parametrize(
    ("texts", "octets", "seconds"),
    [
        ((), None, None),
        (("100MB",), 100_000_000, None),
        (("1h",), None, 3600),
        (("100MB,1h",), 100_000_000, 3600),
        (("100 MB", "1 h"), 100_000_000, 3600),
        (("100kB",), 100_000, None),
        (("1.5GB, 30min",), 1_500_000_000, 1800),
        (("100KiB",), 102_400, None),
        (("2mib,1d",), 2_097_152, 86_400),
        (("1GiB", "1s"), 1_073_741_824, 1),
    ],
)
def test_rotation_is_read_as_it_is_written_by_people(texts, octets, seconds):
    assert Rotation.parse(texts) == Rotation(octets, seconds and seconds * S)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("100",), "neither a size"),
        (("1m",), "neither a size"),
        (("",), "neither a size"),
        (("1h,",), "neither a size"),
        (("-1h",), "neither a size"),
        (("99kB",), "too small for a file, the least is 100kB"),
        (("0.5s",), "too short for a file, the least is 1s"),
        (("1h,2h",), "2h is a second time"),
        (("1MB", "2GB"), "2GB is a second size"),
    ],
)
def test_rotation_that_makes_no_sense_is_a_sentence(texts, said):
    with pytest.raises(ValueError, match=said):
        Rotation.parse(texts)


NAMES = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Cn"], exclude_characters="/\x7f"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(
    name=NAMES.flatmap(lambda name: st.sampled_from([name + ".mcap", name])).filter(lambda name: name.strip(".")),
    numbers=st.lists(st.integers(1, PART_LIMIT), min_size=2, max_size=6, unique=True).map(sorted),
)
def test_every_name_of_a_run_is_opened_and_names_are_in_order(tmp_path_factory, name, numbers):
    folder = tmp_path_factory.mktemp("names")
    paths = [part_path(folder / name, number) for number in numbers]
    assert [path.name for path in paths] == sorted(path.name for path in paths)
    assert len(set(paths)) == len(numbers)
    for number, path in zip(numbers, paths, strict=True):
        with Recorder(path, None, "a test", start_ns=START_NS) as recorder:
            recorder.write(number.to_bytes(4, "big"), START_NS)
        assert octets_of(path) == number.to_bytes(4, "big")
    assert part_paths(folder / name) == paths


def test_names_are_those_of_the_spec(tmp_path):
    assert part_path(tmp_path / "run.mcap", 1).name == "run.mcap"
    assert part_path(tmp_path / "run.mcap", 2).name == "run.part00002.mcap"
    assert part_path(tmp_path / "run", 99_999).name == "run.part99999"


PIECES = st.lists(st.tuples(st.integers(0, 3 * S), st.binary(max_size=2000)), max_size=40)


@settings(max_examples=100, deadline=None)
@given(PIECES, st.one_of(st.none(), st.integers(1, 6000)), st.one_of(st.none(), st.integers(1, 10 * S)))
def test_no_octet_is_lost_or_doubled_whatever_the_limits(tmp_path_factory, pieces, octets, duration_ns):
    path = tmp_path_factory.mktemp("run") / "run.mcap"
    written, now_ns = [], START_NS
    with rotating(path, Rotation(octets, duration_ns)) as recorder:
        for wait_ns, data in pieces:
            now_ns += wait_ns
            recorder.write(data, now_ns)
            written += [(now_ns, data)] if data else []
        assert recorder.octets == sum(len(data) for _, data in written)
    assert recorder.paths == part_paths(path)
    joined = [block for part in recorder.paths for block in open_recording(part).chunks()]
    assert joined == written
    whole = open_run(path)
    assert list(whole.chunks()) == written
    assert whole.complete and whole.problem is None
    assert whole.position == whole.size
    for number, part in enumerate(recorder.paths, 1):
        metadata = open_recording(part).metadata
        assert metadata["part"] == str(number)
        blocks = list(open_recording(part).chunks())
        assert blocks or number == 1, "a file without octets"
        if duration_ns and blocks:
            begun_ns = START_NS if number == 1 else blocks[0][0]
            assert blocks[-1][0] - begun_ns < duration_ns or len({t for t, _ in blocks}) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.integers(1, 70_000), st.integers(0, 900_000_000), st.integers(100_000, 400_000))
def test_file_is_never_larger_than_its_limit_and_well_filled(tmp_path_factory, count, size, step_ns, limit):
    path = tmp_path_factory.mktemp("sizes") / "run.mcap"
    with rotating(path, Rotation(octets=limit)) as recorder:
        for i in range(count):
            recorder.write(bytes([i]) * size, START_NS + i * step_ns)
    sizes = [part.stat().st_size for part in recorder.paths]
    assert max(sizes) <= limit
    assert all(full + size + 2500 > limit for full in sizes[:-1])


def test_piece_larger_than_the_limit_makes_one_file(tmp_path):
    with rotating(tmp_path / "run.mcap", Rotation(octets=100_000)) as recorder:
        for i in range(3):
            recorder.write(bytes([i]) * 300_000, START_NS)
    assert [octets_of(path) for path in recorder.paths] == [bytes([i]) * 300_000 for i in range(3)]


def test_part_carries_definition_note_and_its_place_in_the_run(tmp_path, definition):
    path = tmp_path / "run.mcap"
    with rotating(path, Rotation(duration_ns=S), definition) as recorder:
        for i in range(3):
            recorder.write(b"x" * (i + 1), START_NS + i * S)
    for number, (part, start, before) in enumerate(zip(recorder.paths, ("20.123", "21.123", "22.123"), "013", strict=True), 1):
        recording = open_recording(part)
        assert recording.definition == definition
        assert recording.metadata["note"] == "a note"
        assert recording.metadata["source"] == "a test"
        assert recording.metadata["run"] == "2026-09-21T14:13:20.123456789Z"
        assert recording.metadata["start"].startswith(f"2026-09-21T14:13:{start}")
        assert (recording.metadata["part"], recording.metadata["octets_before"]) == (str(number), before)


@pytest.mark.parametrize("piece", [1, 7, 100, 997])
def test_rotation_in_the_middle_of_a_frame_costs_no_sample(tmp_path, definition, sent, piece):
    """Files that begin anywhere in a frame: the decoder that is given all in order closes the ledger."""
    path = tmp_path / "run.mcap"
    limit = Rotation(octets=len(definition.text) + 20_000)
    with rotating(path, limit, definition) as recorder:
        for i, at in enumerate(range(0, len(sent), piece)):
            recorder.write(bytes(sent[at : at + piece]), START_NS + i)
    contents = [octets_of(part) for part in recorder.paths]
    assert len(contents) > 1 and b"".join(contents) == sent
    assert any(content[-1] != 0 for content in contents[:-1]), "some frame was cut"
    summary = Summary(definition)
    for _, octets in open_run(path).chunks():
        summary.feed(octets)
    assert summary.decoder.ledger.closed and not summary.decoder.ledger.lost and not summary.decoder.counters.rejected


def test_clock_that_is_set_back_begins_no_file_and_stops_no_rotation(tmp_path):
    path = tmp_path / "run.mcap"
    with rotating(path, Rotation(duration_ns=10 * S)) as recorder:
        for at_s in (0, 5, -3600, -3595, -3590, -3585):
            recorder.write(b"x", START_NS + at_s * S)
    assert [len(octets_of(part)) for part in recorder.paths] == [4, 2]


def test_silence_begins_no_file_but_is_flushed(tmp_path):
    path = tmp_path / "run.mcap"
    with rotating(path, Rotation(duration_ns=S)) as recorder:
        recorder.write(b"x", START_NS)
        for i in range(100):
            recorder.write(b"", START_NS + i * S)
        assert recorder.paths == [path]
        assert [octets for _, octets in open_recording(path).chunks()] == [b"x"]


@pytest.mark.parametrize("present", ["run.mcap", "run.part00002.mcap", "run.part00041.mcap"])
def test_no_file_of_another_run_is_overwritten_or_mixed_in(tmp_path, present):
    (tmp_path / present).write_bytes(b"precious")
    with pytest.raises(OutputExists, match=re.escape(present)):
        rotating(tmp_path / "run.mcap", Rotation())
    assert (tmp_path / present).read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_file_that_appears_in_the_way_meanwhile_is_left_alone(tmp_path):
    path = tmp_path / "run.mcap"
    with rotating(path, Rotation(duration_ns=S)) as recorder:
        recorder.write(b"a", START_NS)
        (tmp_path / "run.part00002.mcap").write_bytes(b"precious")
        recorder.write(b"b", START_NS + S)
        recorder.write(b"c", START_NS + 2 * S)
    assert (tmp_path / "run.part00002.mcap").read_bytes() == b"precious"
    assert [part.name for part in recorder.paths] == ["run.mcap", "run.part00003.mcap", "run.part00004.mcap"]
    whole = open_run(path)
    assert b"".join(octets for _, octets in whole.chunks()) == b"abc"
    assert whole.complete


def test_overwriting_leaves_parts_of_the_older_run_out_of_the_new_one(tmp_path):
    path = tmp_path / "run.mcap"
    for count, letter in ((4, b"o"), (2, b"n")):
        with RotatingRecorder(
            path, None, "a test", start_ns=START_NS + count, rotation=Rotation(duration_ns=S), overwrite=True
        ) as recorder:
            for i in range(count):
                recorder.write(letter, START_NS + count + i * S)
    assert len(part_paths(path)) == 4
    whole = open_run(path)
    assert b"".join(octets for _, octets in whole.chunks()) == b"nn"
    assert whole.complete


def test_last_number_takes_the_rest_of_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(rotation, "PART_LIMIT", 3)
    with rotating(tmp_path / "run.mcap", Rotation(duration_ns=S)) as recorder:
        for i in range(9):
            recorder.write(b"x", START_NS + i * S)
    assert [len(octets_of(part)) for part in recorder.paths] == [1, 1, 7]


def test_folder_that_vanishes_ends_the_run_with_a_sentence_and_keeps_what_was_closed(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    recorder = rotating(folder / "run.mcap", Rotation(duration_ns=S))
    recorder.write(b"x", START_NS)
    folder.rename(tmp_path / "gone")
    folder.write_text("in the way")
    with pytest.raises(OutputUnwritable, match="cannot make the recording"):
        recorder.write(b"y", START_NS + S)
    recorder.close()
    assert octets_of(tmp_path / "gone" / "run.mcap") == b"x"


def test_gap_stands_in_the_file_that_was_being_written(tmp_path):
    path = tmp_path / "run.mcap"
    with rotating(path, Rotation(duration_ns=10 * S)) as recorder:
        recorder.write(b"a", START_NS)
        recorder.mark(LinkLost(START_NS + S, "it went away"))
        recorder.write(b"", START_NS + 20 * S)
        recorder.mark(LinkBack(START_NS + 30 * S))
        recorder.write(b"b", START_NS + 30 * S)
    first, second = (open_recording(part) for part in recorder.paths)
    assert octets_of(first.path) == b"a" and octets_of(second.path) == b"b"
    for recording, gaps in ((first, [30 * S - S]), (second, [])):
        list(recording.chunks())
        assert [gap.back_ns - gap.lost_ns for gap in recording.gaps] == gaps


def test_silent_run_is_discarded_whole(tmp_path):
    recorder = rotating(tmp_path / "run.mcap", Rotation(duration_ns=S))
    recorder.write(b"", START_NS + 5 * S)
    recorder.discard()
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_sizes_told_beforehand_are_bounds_of_what_is_written(tmp_path):
    for kinds, step_ns in itertools.product(([], [1], [65_536], [65_537, 3], [200_000, 0, 40]), (0, S)):
        path = tmp_path / "run.mcap"
        with Recorder(path, None, "s", "n" * 500, start_ns=START_NS, overwrite=True) as recorder:
            for i in range(20):
                for size in kinds:
                    recorder.write(bytes(size), START_NS + i * step_ns)
                if i % 5 == 4:
                    recorder.mark(LinkLost(START_NS, "é" * 100))
                    recorder.mark(LinkBack(START_NS))
            bound = recorder.size_with(0)
        assert path.stat().st_size <= bound <= path.stat().st_size + 1500 + 40 * 20
