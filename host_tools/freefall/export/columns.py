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


def pieces_of(table: Table, rows: int) -> Iterator[list[np.ndarray]]:
    """The columns of a table, in the order of columns_of, at most `rows` rows at a time."""
    names = [channel.name for channel in table.stream.channels]
    arrays = [table.index, table.time_ns, table.boot]
    for name in names:
        arrays += [table.raw[name], table.values[name]]
    for at in range(0, len(table.index), rows):
        yield [
            np.ascontiguousarray(array[at : at + rows], np.float64 if column.engineering else np.int64)
            for column, array in zip(columns_of(table.stream), arrays, strict=True)
        ]
