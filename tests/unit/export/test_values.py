"""Every value comes back from every format exactly."""

import csv
import locale
import math

import h5netcdf
import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freefall.decode import Table
from freefall.export import EXPORTERS, CsvRows, export_tables
from freefall.export.hdf5 import BookWriter
from freefall.export.staged import BlockWriter

INT64 = st.integers(-(2**63), 2**63 - 1)


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    return {
        name.split(" [")[0]: [float(v) if is_engineering(name) else int(v) for v in column]
        for name, column in zip(header, columns, strict=True)
    }


def is_engineering(name):
    return not (name in ("index", "time_ns", "boot") or name.endswith("_raw"))


def read_parquet(path):
    return pq.read_table(path).to_pydict()


def read_hdf5(path):
    with h5py.File(path) as book:
        return {name: column[:].tolist() for name, column in book.items() if name != "definition"}


def read_netcdf(path):
    with h5netcdf.File(path) as book:
        return {name: variable[:].tolist() for name, variable in book.variables.items()}


READERS = {"csv": read_csv, "h5": read_hdf5, "nc": read_netcdf, "parquet": read_parquet}


def columns_of(table):
    columns = {"index": table.index, "time_ns": table.time_ns, "boot": table.boot}
    for name in table.raw:
        columns |= {f"{name}_raw": table.raw[name], name: table.values[name]}
    return {name: column.tolist() for name, column in columns.items()}


def same(left, right):
    return list(left) == list(right) and all(
        len(left[name]) == len(right[name])
        and all(
            a == b and math.copysign(1, a) == math.copysign(1, b) or (a != a and b != b)
            for a, b in zip(left[name], right[name], strict=True)
        )
        for name in left
    )


@pytest.mark.parametrize("format", EXPORTERS)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(INT64, INT64, INT64, st.floats(width=64)), max_size=40))
def test_any_values_come_back(format, definition, tmp_path_factory, rows):
    stream = definition.stream("temperature")
    index, time_ns, raw, value = zip(*rows, strict=True) if rows else ((), (), (), ())
    table = Table(
        stream=stream,
        index=np.array(index, np.int64),
        time_ns=np.array(time_ns, np.int64),
        boot=np.zeros(len(rows), np.int64),
        raw={"temperature": np.array(raw, np.int64)},
        values={"temperature": np.array(value, np.float64)},
    )
    out = tmp_path_factory.mktemp("export")
    (path,) = export_tables(format, [table], out)
    assert path == out / f"temperature.{format}"
    assert same(READERS[format](path), columns_of(table))


@pytest.mark.parametrize("format", EXPORTERS)
def test_pieces_are_the_whole(format, tmp_path, make_table, slice_table, monkeypatch):
    monkeypatch.setattr(BlockWriter, "block_rows", 100)
    monkeypatch.setattr(BookWriter, "block_rows", 100)
    table = make_table("vibration", np.arange(-5000, 5000))
    other = make_table("temperature", [1, 2, 3])
    cuts = [0, 1, 2, 2, 99, 350, 9000, 10_000]
    pieces = [slice_table(table, a, b) for a, b in zip(cuts, cuts[1:], strict=False)]
    pieces.insert(3, other)
    vibration, temperature = export_tables(format, pieces, tmp_path / "pieces")
    assert same(READERS[format](vibration), columns_of(table))
    assert same(READERS[format](temperature), columns_of(other))
    export_tables(format, [table], tmp_path / "whole")
    if format == "csv":
        assert vibration.read_bytes() == (tmp_path / "whole" / "vibration.csv").read_bytes()


@pytest.mark.parametrize("format", EXPORTERS)
def test_values_that_nobody_can_tell_are_nan_and_the_rest_is_there(format, tmp_path, climate_tables):
    climate, _ = export_tables(format, climate_tables, tmp_path)
    found = READERS[format](climate)
    assert list(found) == [
        "index", "time_ns", "boot", "temperature_raw", "temperature", "pressure_raw", "pressure", "level_raw", "level",
    ]  # fmt: skip
    assert [None if value != value else value for value in found["temperature"]] == [30.0, None, 30.0]
    assert found["pressure"] == [17.0, 17.0, 17.0]
    assert [None if value != value else value for value in found["level"]] == [1.0, 1.0, None]
    assert (found["temperature_raw"], found["level_raw"]) == ([20, 20, 20], [10, 10, 101])


@pytest.mark.parametrize("format", EXPORTERS)
def test_times_of_samples_are_exported_as_they_were_sent(format, tmp_path, climate_tables):
    _, light = export_tables(format, climate_tables, tmp_path)
    assert READERS[format](light)["time_ns"] == [(123_456_789 + own_us) * 1000 for own_us in (0, 1, 2**32 - 1)]


def test_units_are_those_of_the_values(tmp_path, climate_tables):
    csv_path, _ = export_tables("csv", climate_tables, tmp_path)
    header = csv_path.read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("temperature_raw,temperature [degC],pressure_raw,pressure [Pa],level_raw,level [mm]")
    parquet_path, _ = export_tables("parquet", climate_tables, tmp_path)
    schema = pq.read_schema(parquet_path)
    units = {name: schema.field(name).metadata.get(b"unit") for name in ("temperature", "pressure", "level", "level_raw")}
    assert units == {"temperature": b"degC", "pressure": b"Pa", "level": b"mm", "level_raw": None}


def test_csv_header_carries_the_units(tmp_path, make_table):
    (path,) = export_tables("csv", [make_table("vibration", [1])], tmp_path)
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b"index,time_ns,boot,x_raw,x [g],y_raw,y [g],z_raw,z [g]"
    assert lines[1] == b"0,0,3,1,3.9e-06,1,3.9e-06,1,3.9e-06"
    assert lines[2:] == [b""]


def test_csv_does_not_know_locales(tmp_path, make_table):
    table = make_table("temperature", [1234567], scale=1.5)
    (plain,) = export_tables("csv", [table], tmp_path / "c")
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("de_DE.UTF-8", "C.UTF-8", "C"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            (path,) = export_tables("csv", [table], tmp_path / name)
            assert path.read_bytes() == plain.read_bytes()
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_csv_rows_go_to_any_text_file(capsys, make_table):
    import sys

    rows = CsvRows(sys.stdout, make_table("temperature", []).stream)
    rows.write(make_table("temperature", [5], scale=2.0))
    assert capsys.readouterr().out == "index,time_ns,boot,temperature_raw,temperature [degC]\n0,0,3,5,10.0\n"


def test_parquet_carries_types_units_and_definition(tmp_path, definition, make_table):
    paths = export_tables("parquet", [make_table("vibration", [1, 2])], tmp_path, definition)
    assert [path.name for path in paths] == ["vibration.parquet", "temperature.parquet"]
    schema = pq.read_schema(paths[0])
    assert [str(field.type) for field in schema] == ["int64"] * 3 + ["int64", "double"] * 3
    assert schema.field("x").metadata[b"unit"] == b"g"
    assert b"unit" not in schema.field("x_raw").metadata
    assert schema.field("time_ns").metadata[b"unit"] == b"ns"
    assert schema.metadata[b"freefall.definition"].decode() == definition.text
    assert schema.metadata[b"freefall.definition_id"].decode() == f"{definition.definition_id:08x}"
    assert schema.metadata[b"freefall.stream"] == b"vibration"
    assert pq.read_table(paths[1]).num_rows == 0


def encodings(path, name):
    group = pq.ParquetFile(path).metadata.row_group(0)
    (column,) = (group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == name)
    return set(column.encodings), column.compression


def test_columns_are_packed_by_what_they_hold(tmp_path, make_table):
    few, many = tmp_path / "few", tmp_path / "many"
    export_tables("parquet", [make_table("temperature", np.arange(10_000) % 50)], few)
    export_tables("parquet", [make_table("temperature", np.arange(10_000) * 7919 % 2**31)], many)
    for folder in (few, many):
        found, compression = encodings(folder / "temperature.parquet", "index")
        assert "DELTA_BINARY_PACKED" in found and compression == "UNCOMPRESSED"
    assert "RLE_DICTIONARY" in encodings(few / "temperature.parquet", "temperature")[0]
    found, compression = encodings(many / "temperature.parquet", "temperature")
    assert "BYTE_STREAM_SPLIT" in found and "RLE_DICTIONARY" not in found and compression == "ZSTD"
    assert (few / "temperature.parquet").stat().st_size < 2 * 10_000
