"""A recording that was cut or altered gives everything that is left, and says what it met."""

import random
import struct
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mcap.opcode import Opcode
from mcap.writer import CompressionType, Writer

from freefall.errors import InputUnreadable
from freefall.recording import Recorder, is_recording, open_recording
from freefall.recording import reader as reader_module
from freefall.recording.profile import HEAD
from freefall_wire.frame import FrameDecoder, encode

START_NS = 1_790_000_000_123_456_789


@pytest.fixture
def reading(tmp_path):
    """Opens octets as a recording and reads it to its end."""

    def read(octets):
        path = tmp_path / "broken.mcap"
        path.write_bytes(octets)
        recording = open_recording(path)
        return recording, list(recording.chunks())

    return read


def joined(blocks):
    return b"".join(data for _, data in blocks)


def message_ends(octets, blocks):
    """Offset after each block in the file."""
    ends, at = [], 0
    for _, data in blocks:
        at = octets.index(data, at) + len(data)
        ends.append(at)
    return ends


def test_cut_at_every_offset_gives_every_octet_before_the_cut(small, blocks, reading):
    ends = message_ends(small, blocks)
    header_end = small.index(b"freefall") + len("freefall")
    metadata_end = small.index(b"\x06", small.index(b"start"))
    for cut in range(len(small)):
        try:
            recording, read = reading(small[:cut])
        except InputUnreadable as error:
            assert cut < header_end, "the header was whole"
            assert "broken.mcap" in str(error)
            continue
        expected = b"".join(
            data if end <= cut else data[: max(0, cut - end + len(data))] for (_, data), end in zip(blocks, ends, strict=True)
        )
        assert joined(read) == expected, f"cut at {cut}"
        assert [host_ns for host_ns, _ in read] == [host_ns for host_ns, _ in blocks][: len(read)]
        assert not recording.complete
        assert "cut at octet" in recording.problem
        assert bool(recording.metadata) == (cut >= metadata_end)


def test_larger_recording_cut_at_many_offsets(tmp_path, definition, reading):
    path = tmp_path / "large.mcap"
    rng = random.Random(1)
    stream = rng.randbytes(400_000)
    with Recorder(path, definition, "test", start_ns=START_NS) as recorder:
        for i, at in enumerate(range(0, len(stream), 977)):
            recorder.write(stream[at : at + 977], START_NS + i * 10_000_000)
    octets = path.read_bytes()
    overhead = len(octets) - len(stream)
    for cut in range(len(definition.text) + 500, len(octets), 7919):
        recording, read = reading(octets[:cut])
        got = joined(read)
        assert got == stream[: len(got)]
        assert cut - len(got) <= overhead
        assert recording.definition == definition
        assert not recording.complete


def test_any_flipped_octet_is_noticed_and_costs_no_other(small, blocks, reading):
    first = small.index(b"\x04", small.index(b"start") + 40)  # in the first chunk
    whole = joined(blocks)
    metadata_at = small.index(b"\x0c", 8 + 9 + small[9])
    metadata_end = small.index(b"\x06", small.index(b"start"))
    for at in range(len(small)):
        octets = bytearray(small)
        octets[at] ^= 0x81
        try:
            recording, read = reading(bytes(octets))
        except InputUnreadable:
            assert at < 80, "only the header may be needed"
            continue
        assert not recording.complete, f"octet {at}"
        assert recording.problem
        got = joined(read)
        for host_ns, data in blocks:
            intact = data in got or any(data[:i] + bytes([data[i] ^ 0x81]) + data[i + 1 :] in got for i in range(len(data)))
            assert intact, f"octet {at} cost the block of {host_ns}"
        assert recording.metadata.get("source") == "a test" or metadata_at <= at < metadata_end, f"octet {at}"
        if at < first:
            assert got == whole


@pytest.mark.parametrize("inserted", [1, 3, 8, 100])
def test_inserted_octets_cost_no_block_they_did_not_hit(small, blocks, reading, inserted):
    rng = random.Random(inserted)
    for at in range(120 + inserted % 5, len(small), 5):
        junk = bytes(rng.randrange(0x90, 0x100) for _ in range(inserted))
        _, read = reading(small[:at] + junk + small[at:])
        got = joined(read)
        lost = [data for _, data in blocks if data not in got]
        assert len(lost) <= 1, f"octet {at}"


@pytest.mark.parametrize("gone", [1, 5, 40])
def test_removed_octets_cost_no_block_they_did_not_hit(small, blocks, reading, gone):
    for at in range(120 + gone % 5, len(small) - gone, 5):
        _, read = reading(small[:at] + small[at + gone :])
        got = joined(read)
        lost = [data for _, data in blocks if data not in got]
        assert len(lost) <= 2, f"octet {at}"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("fid"), st.floats(0, 1), st.binary(min_size=1, max_size=60)), min_size=1, max_size=8))
@example([("f", 0.01, b"\xff" * 60), ("i", 0.5, b"\x05")])
def test_any_damage_is_read_without_a_traceback(small, tmp_path_factory, damages):
    octets = bytearray(small)
    for kind, place, data in damages:
        at = 8 + int(place * (len(octets) - 8))
        octets[at : at + (0 if kind == "i" else len(data))] = b"" if kind == "d" else data
    path = tmp_path_factory.mktemp("damage") / "broken.mcap"
    path.write_bytes(octets)
    try:
        recording = open_recording(path)
    except InputUnreadable:
        return
    for host_ns, data in recording.chunks():
        assert 0 <= host_ns < 2**63
        assert type(data) is bytes
    assert recording.complete or recording.problem
    assert recording.complete == (bytes(octets) == small)


@pytest.mark.parametrize("length", [1000, 65_000, 65_536, 131_000, 200_000, 1_000_000])
def test_long_noise_between_records_is_passed_over(small, blocks, reading, length):
    at = small.index(b"\x06", small.index(b"start"))
    recording, read = reading(small[:at] + random.Random(length).randbytes(length) + small[at:])
    assert read == blocks
    assert not recording.complete


def test_time_no_clock_shows_is_damage(tmp_path):
    path = tmp_path / "run.mcap"
    with open(path, "wb") as file:
        writer = Writer(file)
        writer.start("freefall")
        channel = writer.register_channel("raw", "", 0)
        writer.add_message(channel, 2**63, b"x", 2**63)
        writer.finish()
    recording = open_recording(path)
    assert all(host_ns < 2**63 for host_ns, _ in recording.chunks())
    assert not recording.complete


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_after_the_header_are_read_without_a_traceback(small, tmp_path_factory, noise):
    header_end = 8 + 9 + small[9]
    path = tmp_path_factory.mktemp("noise") / "noise.mcap"
    path.write_bytes(small[:header_end] + noise)
    recording = open_recording(path)
    list(recording.chunks())
    assert not recording.complete


def test_huge_lengths_take_no_memory(small, reading):
    octets = bytearray(small)
    at = octets.index(b"\x06", octets.index(b"start"))
    octets[at + 1 : at + 9] = (2**24 - 1).to_bytes(8, "little")
    octets += bytes(30_000_000)
    tracemalloc.start()
    recording, read = reading(bytes(octets))
    del octets
    assert tracemalloc.get_traced_memory()[1] < 120_000_000  # the test's own copies are 90 MB of it
    tracemalloc.stop()
    assert len(read) == 12
    assert not recording.complete


def test_altered_definition_is_not_used(tmp_path, definition, reading):
    path = tmp_path / "run.mcap"
    Recorder(path, definition, "test", start_ns=0).close()
    octets = bytearray(path.read_bytes())
    octets[octets.index(b"1000")] ^= 1
    recording, _ = reading(bytes(octets))
    assert recording.definition is None
    assert not recording.complete
    reopened = reader_module.open_recording(recording.path)
    assert "definition in" in reopened.problem
    assert "was altered" in reopened.problem


def test_definition_that_is_cut_off_is_told_apart_from_none(tmp_path, definition):
    path = tmp_path / "run.mcap"
    Recorder(path, definition, "test", start_ns=0).close()
    path.write_bytes(path.read_bytes()[:400])
    assert "was cut off or damaged" in open_recording(path).definition_problem
    Recorder(path, None, "test", start_ns=0, overwrite=True).close()
    assert open_recording(path).definition_problem is None


def test_definition_with_faults_is_told_and_its_text_kept(tmp_path):
    path = tmp_path / "run.mcap"
    write_by_hand(path, text=b"[payload]\nname = 7\n", metadata={"format": "1", "definition_id": "00000000"})
    recording = open_recording(path)
    assert recording.definition is None
    assert recording.definition_text == "[payload]\nname = 7\n"
    assert "run.mcap:payload.toml:" in recording.problem
    assert recording.complete


def test_definition_that_compiles_to_another_id_is_told(tmp_path, definition):
    path = tmp_path / "run.mcap"
    write_by_hand(path, text=definition.text.encode(), metadata={"format": "1", "definition_id": "0badf00d"})
    recording = open_recording(path)
    assert f"compiles to {definition.definition_id:08x}" in recording.problem
    assert "0badf00d" in recording.problem


@pytest.mark.parametrize("compression", list(CompressionType))
@pytest.mark.parametrize("use_chunking", [True, False])
def test_copies_by_other_tools_are_read(tmp_path, definition, compression, use_chunking):
    path = tmp_path / "copy.mcap"
    metadata = {"format": "1", "definition_id": f"{definition.definition_id:08x}"}
    write_by_hand(
        path,
        text=definition.text.encode(),
        metadata=metadata,
        first=False,
        compression=compression,
        use_chunking=use_chunking,
    )
    recording = open_recording(path)
    assert recording.definition == definition
    assert list(recording.chunks()) == [(5 + i, bytes([i]) * 1000) for i in range(100)]
    assert recording.complete, recording.problem
    octets = path.read_bytes()
    for cut in range(100, len(octets), 1009):
        path.write_bytes(octets[:cut])
        list(open_recording(path).chunks())


@pytest.mark.parametrize("compression", list(CompressionType))
@pytest.mark.parametrize("chunks_have_crcs", [True, False])
def test_the_checksum_of_the_data_is_checked_however_its_chunks_are_made(tmp_path, compression, chunks_have_crcs):
    path = tmp_path / "copy.mcap"
    options = {"compression": compression, "enable_crcs": chunks_have_crcs, "enable_data_crcs": True}
    write_by_hand(path, b"", {"format": "1", "definition_id": ""}, **options)
    octets = bytearray(path.read_bytes())
    assert reads_to_its_end(path).complete
    index_at = octets.index(HEAD.pack(Opcode.MESSAGE_INDEX, 6 + 16 * 20))
    octets[index_at + 200] ^= 1
    path.write_bytes(octets)
    recording = reads_to_its_end(path)
    assert [damage.reason for damage in recording.damages] == ["the data does not match its checksum"]


def reads_to_its_end(path):
    recording = open_recording(path)
    assert joined(recording.chunks()) == b"".join(bytes([i]) * 1000 for i in range(100))
    return recording


def write_by_hand(path, text, metadata, first=True, **options):
    with open(path, "wb") as file:
        writer = Writer(file, chunk_size=20_000, **options)
        writer.start("freefall", "another tool")

        def preamble():
            writer.add_attachment(0, 0, "payload.toml", "application/toml", text)
            writer.add_metadata("freefall", metadata)

        if first:
            preamble()
        channel = writer.register_channel("raw", "", 0)
        for i in range(100):
            writer.add_message(channel, 5 + i, bytes([i]) * 1000, 5 + i, i)
        if not first:
            preamble()
        writer.finish()


def test_newer_format_is_refused(tmp_path):
    path = tmp_path / "run.mcap"
    write_by_hand(path, text=b"", metadata={"format": "2"})
    with pytest.raises(InputUnreadable, match="recording format 2, this freefall reads up to 1"):
        open_recording(path)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "is empty, not a recording"),
        (b"\x89MCAP0\r", "is not a recording: it was cut inside its first 8 octets"),
        (b"\x00" * 100, "is not a recording: it does not begin as an MCAP file does"),
        (b"not a recording", "is not a recording: it does not begin as an MCAP file does"),
        (b"\x89MCAP0\r\n", "was cut inside its header"),
    ],
)
def test_what_is_not_mcap_is_refused(reading, octets, said):
    with pytest.raises(InputUnreadable, match=f"broken.mcap {said}"):
        reading(octets)


@pytest.mark.parametrize("octets", [b"", b"\x89MCAP0\r"])
def test_what_can_only_be_the_rest_of_a_recording_is_not_taken_for_raw_octets(tmp_path, octets):
    path = tmp_path / "octets.bin"
    path.write_bytes(octets)
    with pytest.raises(InputUnreadable, match="not a recording"):
        is_recording(path)


def test_raw_octets_are_no_recording_and_not_to_be_named_as_one(tmp_path):
    for name in ("octets.bin", "octets.mcap"):
        (tmp_path / name).write_bytes(b"\0\1\2")
    assert not is_recording(tmp_path / "octets.bin")
    with pytest.raises(InputUnreadable, match=r"octets\.mcap is named as a recording, but does not begin as an MCAP file"):
        is_recording(tmp_path / "octets.mcap")


def test_mcap_of_others_is_refused(tmp_path):
    path = tmp_path / "robot.mcap"
    with open(path, "wb") as file:
        writer = Writer(file)
        writer.start("ros2", "a robot")
        writer.finish()
    assert is_recording(path)
    with pytest.raises(InputUnreadable, match="is an MCAP file, but not a Freefall recording"):
        open_recording(path)


def test_missing_file_and_folder_are_sentences(tmp_path):
    for path in (tmp_path / "none.mcap", tmp_path):
        with pytest.raises(InputUnreadable, match="there is no file|is a folder, not a recording"):
            open_recording(path)
        with pytest.raises(InputUnreadable, match="there is no file|is a folder, not a recording"):
            is_recording(path)


@pytest.mark.parametrize("seed", range(20))
def test_ten_damages_cost_a_few_frames_and_deliver_no_wrong_one(tmp_path, seed):
    rng = random.Random(seed)
    packets = [struct.pack(">HHH", 0x0841, 0xC000 | i, 241) + rng.randbytes(242) for i in range(1000)]
    stream = b"\0" + b"".join(encode(packet) + b"\0" for packet in packets)
    path = tmp_path / "run.mcap"
    with Recorder(path, None, "test", start_ns=START_NS) as recorder:
        for i, at in enumerate(range(0, len(stream), 500)):
            recorder.write(stream[at : at + 500], START_NS + i * 5_000_000)
    octets = bytearray(path.read_bytes())
    for _ in range(10):
        at = rng.randrange(400, len(octets))
        junk = rng.randbytes(rng.randint(1, 20))
        octets[at : at + rng.choice([0, len(junk)])] = rng.choice([junk, b""])
    path.write_bytes(octets)
    recording = open_recording(path)
    decoder = FrameDecoder()
    read = [s.packet for _, data in recording.chunks() for s in decoder.feed(data) if s.packet]
    assert set(read) <= set(packets)
    assert len(set(read)) >= len(packets) - 25
    assert not recording.complete
