"""Arrow record batches are the table's own arrays under Arrow's names."""

import numpy as np
import pyarrow as pa

from freefall.decode import Table
from freefall.export.arrow import record_batch, schema_of
from freefall.export.columns import arrays_of, columns_of


def test_buffers_are_those_of_the_table(make_table):
    table = make_table("vibration", range(1000))
    batch = record_batch(table)
    for column, array in zip(columns_of(table.stream), arrays_of(table), strict=True):
        validity, values = batch.column(column.name).buffers()
        assert validity is None
        assert (values.address, values.size) == (array.ctypes.data, array.nbytes)
    assert batch.column("x").buffers()[1].address == table.values["x"].ctypes.data
    assert batch.column("time_ns").buffers()[1].address == table.time_ns.ctypes.data


def test_values_are_those_of_the_table(make_table):
    table = make_table("temperature", [-1, 2, 3], scale=0.5)
    assert record_batch(table).to_pydict() == {
        "index": [0, 1, 2], "time_ns": [0, 1_000_003, 2_000_006], "boot": [3, 3, 3],
        "temperature_raw": [-1, 2, 3], "temperature": [-0.5, 1.0, 1.5],
    }  # fmt: skip


def test_nan_is_a_value_and_not_a_null(make_table):
    table = make_table("temperature", [1, 2], scale=float("nan"))
    column = record_batch(table).column("temperature")
    assert column.null_count == 0 and np.isnan(column.to_numpy()).all()


def test_columns_that_are_not_contiguous_are_copied(make_table):
    stream = make_table("temperature", []).stream
    every_second = np.arange(20)[::2]
    raw, values = {"temperature": every_second}, {"temperature": np.arange(20.0)[::2]}
    table = Table(stream, every_second, every_second, every_second, raw, values)
    assert record_batch(table).column("index").to_pylist() == list(range(0, 20, 2))


def test_batches_of_one_stream_make_one_table_with_units_and_definition(make_table, definition):
    schema = schema_of(definition.stream("vibration"), definition)
    batches = [record_batch(make_table("vibration", [1, 2], first=first), schema) for first in (0, 2)]
    table = pa.Table.from_batches(batches)
    assert table["index"].to_pylist() == [0, 1, 2, 3]
    assert table.schema.field("x").metadata[b"unit"] == b"g"
    assert table.schema.metadata[b"freefall.definition"].decode() == definition.text
