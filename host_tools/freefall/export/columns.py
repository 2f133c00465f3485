"""The columns of an exported table, the same in every format."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..decode import Table
from ..definition import Stream


@dataclass(frozen=True, slots=True)
class Column:
    """One column: int64, or float64 when `engineering`; `unit` "" when it has none."""

    name: str
    unit: str
    engineering: bool
    meaning: str

    @property
    def dtype(self) -> type:
        """numpy's type of its values."""
        return np.float64 if self.engineering else np.int64


def columns_of(stream: Stream) -> list[Column]:
    """index, time_ns, boot, then each channel raw and as engineering value."""
    columns = [
        Column("index", "", False, "number of the sample within its boot"),
        Column("time_ns", "ns", False, "on-board time of the sample"),
        Column("boot", "", False, "ordinal of the boot in this recording, from 0"),
    ]
    for channel in stream.channels:
        columns.append(Column(f"{channel.name}_raw", "", False, "raw value"))
        columns.append(Column(channel.name, channel.unit, True, "engineering value"))
    return columns


def arrays_of(table: Table) -> list[np.ndarray]:
    """The columns of a table, in the order of columns_of, each contiguous; the table's own arrays where they are that already."""
    arrays = [table.index, table.time_ns, table.boot]
    for channel in table.stream.channels:
        arrays += [table.raw[channel.name], table.values[channel.name]]
    return [
        np.ascontiguousarray(array, column.dtype) for column, array in zip(columns_of(table.stream), arrays, strict=True)
    ]


def pieces_of(table: Table, rows: int) -> Iterator[list[np.ndarray]]:
    """arrays_of a table, at most `rows` rows at a time."""
    arrays = arrays_of(table)
    for at in range(0, len(table), rows):
        yield [array[at : at + rows] for array in arrays]
