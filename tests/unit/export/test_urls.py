"""Recordings are read from behind URLs, and files are put there, by whatever fsspec has a file system for."""

import sys

import fsspec
import pyarrow.parquet as pq
import pytest

from freefall.board.virtual import VirtualBoard
from freefall.errors import InputUnreadable, MissingExtra, OutputExists, OutputUnwritable
from freefall.export.one import export_one
from freefall.recording import Recorder


@pytest.fixture(scope="module")
def recording(definition, tmp_path_factory):
    path = tmp_path_factory.mktemp("recording") / "run.mcap"
    with Recorder(path, definition, "test", start_ns=10**18) as recorder:
        recorder.write(VirtualBoard(definition, seed=1).advance(2 * 10**9), 10**18)
    return path


@pytest.fixture(scope="module")
def expected(recording, tmp_path_factory):
    exported = export_one(str(recording), "parquet", str(tmp_path_factory.mktemp("expected")))
    return [pq.read_table(file) for file in exported.files]


@pytest.fixture
def memory():
    """fsspec's file system in memory, empty."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    yield files
    files.store.clear()


def test_recording_behind_a_url_has_the_same_tables(recording, expected, memory, tmp_path):
    memory.pipe("/runs/run.mcap", recording.read_bytes())
    for number, url in enumerate(("memory://runs/run.mcap", f"file://{recording}", "simplecache::memory://runs/run.mcap")):
        exported = export_one(url, "parquet", str(tmp_path / str(number)))
        assert [pq.read_table(file) for file in exported.files] == expected
        assert exported.problem is None


def test_files_are_put_behind_a_url(recording, expected, memory):
    exported = export_one(str(recording), "parquet", "memory://out/run/")
    assert exported.files == ("memory://out/run/vibration.parquet", "memory://out/run/temperature.parquet")
    assert [pq.read_table(memory.open(file)) for file in exported.files] == expected
    with pytest.raises(OutputExists, match="memory://out/run/vibration.parquet exists already"):
        export_one(str(recording), "parquet", "memory://out/run")
    export_one(str(recording), "parquet", "memory://out/run", overwrite=True)


def test_octets_behind_a_url_are_read_with_a_definition(recording, expected, memory, definition, tmp_path):
    from freefall.recording import open_recording

    memory.pipe("/raw.bin", b"".join(octets for _, octets in open_recording(recording).chunks()))
    exported = export_one("memory://raw.bin", "parquet", str(tmp_path), definition=definition)
    assert [pq.read_table(file) for file in exported.files] == expected


def test_damaged_recording_behind_a_url_is_told_by_its_url(recording, memory, tmp_path):
    memory.pipe("/cut.mcap", recording.read_bytes()[:15_000])
    exported = export_one("memory://cut.mcap", "csv", str(tmp_path))
    assert exported.problem == "memory://cut.mcap was not closed: it was cut at octet 15000; what came before was read"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("memory://none.mcap", "there is no file memory://none.mcap"),
        ("nonsense://x.mcap", "cannot reach nonsense://x.mcap: Protocol not known: nonsense"),
    ],
)
def test_url_that_cannot_be_read_is_a_sentence(url, sentence, memory, tmp_path):
    with pytest.raises(InputUnreadable, match=f"^{sentence}"):
        export_one(url, "csv", str(tmp_path))


def test_url_that_cannot_be_written_is_a_sentence(recording, monkeypatch, memory):
    def full(*arguments, **options):
        raise PermissionError("the bucket is locked")

    monkeypatch.setattr(type(memory), "put_file", full)
    with pytest.raises(OutputUnwritable, match="^cannot write to memory://out: the bucket is locked"):
        export_one(str(recording), "csv", "memory://out")
    with pytest.raises(OutputUnwritable, match="^cannot reach nonsense://out: Protocol not known: nonsense"):
        export_one(str(recording), "csv", "nonsense://out")


def test_missing_fsspec_is_named_with_its_extra(recording, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtra, match=r'needs the "archive" extra: pip install "freefall\[archive\]"'):
        export_one(f"file://{recording}", "csv", str(tmp_path))
