"""Files appear whole or not at all, and nothing is overwritten unasked."""

import os
import sys

import pytest

from freefall.errors import FreefallError, MissingExtra, OutputUnwritable
from freefall.export import EXPORTERS, TableFiles, export_tables
from freefall.export.columns import columns_of

FORMATS = list(EXPORTERS)


@pytest.mark.parametrize("format", FORMATS)
def test_existing_file_is_refused_and_left_alone(format, tmp_path, make_table):
    kept = tmp_path / f"vibration.{format}"
    kept.write_bytes(b"precious")
    with pytest.raises(FreefallError, match=rf"vibration\.{format} exists already"):
        export_tables(format, [make_table("temperature", [1]), make_table("vibration", [1])], tmp_path)
    assert os.listdir(tmp_path) == [kept.name], "the other stream's file is not left half"
    assert kept.read_bytes() == b"precious"
    export_tables(format, [make_table("vibration", [1])], tmp_path, overwrite=True)
    assert kept.read_bytes() != b"precious"


@pytest.mark.parametrize("format", FORMATS)
def test_existing_file_is_found_before_the_first_table_when_the_definition_is_known(format, tmp_path, definition):
    (tmp_path / f"temperature.{format}").touch()
    with pytest.raises(FreefallError, match="exists already"):
        TableFiles(format, tmp_path, definition)
    assert len(os.listdir(tmp_path)) == 1


@pytest.mark.parametrize("format", FORMATS)
def test_failure_halfway_leaves_no_file(format, tmp_path, make_table):
    def tables():
        yield make_table("vibration", range(1000))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        export_tables(format, tables(), tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format", FORMATS)
def test_failed_overwrite_keeps_the_old_file(format, tmp_path, make_table):
    path = tmp_path / f"vibration.{format}"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), TableFiles(format, tmp_path, overwrite=True) as files:
        files.write(make_table("vibration", [1]))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("format", FORMATS)
def test_file_that_appears_during_the_export_is_refused(format, tmp_path, make_table):
    path = tmp_path / f"vibration.{format}"
    with pytest.raises(FreefallError, match="exists already"), TableFiles(format, tmp_path) as files:
        files.write(make_table("temperature", [1]))
        files.write(make_table("vibration", [1]))
        path.write_bytes(b"from elsewhere")
    assert path.read_bytes() == b"from elsewhere"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_has_its_name_before_the_end(format, tmp_path, make_table):
    with TableFiles(format, tmp_path) as files:
        files.write(make_table("vibration", range(100_000)))
        assert not files.paths[0].exists()
    assert files.paths[0].exists()
    assert os.listdir(tmp_path) == [f"vibration.{format}"]


@pytest.mark.parametrize("format", FORMATS)
def test_folder_that_cannot_be_made_is_a_sentence(format, tmp_path, make_table):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritable, match="cannot write"):
        export_tables(format, [make_table("vibration", [1])], tmp_path / "file" / "out")


@pytest.mark.parametrize("format", FORMATS)
def test_full_disk_is_a_sentence_and_leaves_no_file(format, tmp_path, make_table):
    resource = pytest.importorskip("resource")
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    table = make_table("vibration", [i * i * 7919 % 1_000_003 for i in range(100_000)])
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        with pytest.raises(OutputUnwritable, match=r"cannot write .*vibration"):
            export_tables(format, [table], tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format", FORMATS)
def test_writer_refuses_foreign_tables_and_writes_after_the_end(format, tmp_path, make_table):
    table = make_table("vibration", [1])
    writer = EXPORTERS[format](tmp_path / f"v.{format}", table.stream)
    with pytest.raises(ValueError, match="stream temperature does not belong"):
        writer.write(make_table("temperature", [1]))
    writer.write(table)
    writer.close()
    writer.close()
    with pytest.raises(FreefallError, match="is closed"):
        writer.write(table)
    writer.discard()
    assert writer.path.exists()


def test_chosen_streams_only(tmp_path, definition):
    with TableFiles("csv", tmp_path, definition, streams=["temperature"]):
        pass
    assert os.listdir(tmp_path) == ["temperature.csv"]


@pytest.mark.parametrize(
    ("format", "library", "name"),
    [("parquet", "pyarrow", "Parquet"), ("h5", "h5py", "HDF5"), ("nc", "h5netcdf", "NetCDF"), ("nc", "h5py", "NetCDF")],
)
def test_missing_library_is_named_with_its_extra(format, library, name, tmp_path, make_table, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf'{name} export needs the "science" extra: pip install "freefall\[science\]"'):
        export_tables(format, [make_table("vibration", [1])], tmp_path)
    assert os.listdir(tmp_path) == []
    export_tables("csv", [make_table("vibration", [1])], tmp_path)


def test_boot_column_is_described_as_what_decoders_put_in_it(definition):
    (boot,) = (column for column in columns_of(definition.stream("vibration")) if column.name == "boot")
    assert boot.meaning == "ordinal of the boot in this recording, from 0"
