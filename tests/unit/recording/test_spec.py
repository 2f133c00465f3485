"""SPEC.md says what a written file holds."""

import pathlib
import re

from mcap.records import Attachment, Channel, Chunk, Header, Message, Metadata
from mcap.stream_reader import StreamReader

from freefall import recording
from freefall.recording import profile, rotation

SPEC = (pathlib.Path(recording.__path__[0]) / "SPEC.md").read_text()
START_NS = 1_790_000_000_123_456_789


def written(path, definition, blocks):
    with recording.Recorder(path, definition, "sim:virtual seed 1", start_ns=START_NS) as recorder:
        for host_ns, data in blocks:
            recorder.write(data, host_ns)
    with open(path, "rb") as file:
        chunks = [r for r in StreamReader(file, emit_chunks=True).records if isinstance(r, Chunk)]
    with open(path, "rb") as file:
        return list(StreamReader(file, validate_crcs=True).records), chunks


def test_written_file_is_as_the_spec_says(tmp_path, definition, blocks):
    records, chunks = written(tmp_path / "run.mcap", definition, blocks)
    kinds = [Header, Attachment, Metadata, Channel, Message]
    assert [type(r) for r in records[:5]] == kinds
    header, attachment, metadata, channel, _ = records[:5]
    assert header.profile == "freefall"
    assert (attachment.name, attachment.media_type) == ("payload.toml", "application/toml")
    assert attachment.data.decode() == definition.text
    assert metadata.name == "freefall"
    assert (channel.id, channel.topic, channel.schema_id, channel.message_encoding) == (1, "raw", 0, "")
    messages = [r for r in records if isinstance(r, Message)]
    assert [(m.sequence, m.log_time, m.publish_time, m.data) for m in messages] == [
        (i, host_ns, host_ns, data) for i, (host_ns, data) in enumerate(blocks)
    ]
    assert {c.compression for c in chunks} == {""}
    assert all(c.uncompressed_crc for c in chunks)


def keys_of(heading):
    """The first column of the table under a heading of the spec."""
    section = SPEC.split(f"## {heading}\n")[1].split("## ")[0]
    return re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)


def test_metadata_keys_are_those_of_the_spec(tmp_path, definition):
    records, _ = written(tmp_path / "run.mcap", definition, [])
    metadata = next(r for r in records if isinstance(r, Metadata)).metadata
    assert list(metadata) == keys_of("Metadata `freefall`")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", metadata["start"])
    assert re.fullmatch(r"[0-9a-f]{8}", metadata["definition_id"])


def test_link_records_stand_where_the_link_was_lost_and_hold_what_the_spec_says(tmp_path):
    path = tmp_path / "run.mcap"
    with recording.Recorder(path, None, "test", start_ns=START_NS) as recorder:
        recorder.write(b"before", START_NS)
        recorder.mark(recording.LinkLost(START_NS + 1, "it went away"))
        recorder.mark(recording.LinkBack(START_NS + 2))
        recorder.write(b"after", START_NS + 3)
    with open(path, "rb") as file:
        records = [r for r in StreamReader(file, validate_crcs=True).records if isinstance(r, Message | Metadata)][1:]
    assert [r.data if isinstance(r, Message) else (r.name, r.metadata) for r in records] == [
        b"before",
        ("link.lost", {"time": "2026-09-21T14:13:20.123456790Z", "reason": "it went away"}),
        ("link.back", {"time": "2026-09-21T14:13:20.123456791Z"}),
        b"after",
    ]
    assert keys_of("Metadata `link.lost` and `link.back`") == ["link.lost", "link.back"]


def test_recovered_recording_has_the_key_that_the_spec_adds(tmp_path):
    path = tmp_path / "run.mcap"
    with recording.Recorder(path, None, "test", start_ns=START_NS) as recorder:
        recorder.write(b"x", START_NS)
    before = recording.open_recording(path).metadata
    recording.recover(recording.open_run(path), tmp_path / "rescued.mcap")
    after = recording.open_recording(tmp_path / "rescued.mcap").metadata
    assert set(after) - set(before) == set(keys_of("Recovered recordings"))
    assert before.items() <= after.items()


def test_spec_names_the_numbers_of_the_code():
    assert SPEC.startswith(f"# Recording format {profile.RECORDING_FORMAT}\n")
    assert f"more than {profile.BLOCK_LIMIT} octets" in SPEC
    assert f"At most about {profile.CHUNK_OCTETS} octets" in SPEC
    assert f"longer than {profile.RECORD_LIMIT >> 20} MiB" in SPEC
    assert f"{profile.FLUSH_NS // 10**6} ms or more" in SPEC
    assert rotation.part_path(pathlib.Path("run.mcap"), 2).name in SPEC
    assert f"{rotation.PART_LIMIT} files" in SPEC
