"""Parquet: compact typed columns, units with the fields, the definition with the file. Needs pyarrow (extra "science")."""

import numpy as np

from ..decode import Table
from ..definition import Definition, Stream
from ..errors import MissingExtra
from .columns import columns_of, pieces_of
from .staged import TableWriter

ROW_GROUP = 1 << 16  # rows kept in memory until they are written


class ParquetWriter(TableWriter):
    """One stream into one Parquet file; see TableWriter. Raises MissingExtra without pyarrow.

    Integers are int64, engineering values float64. Field metadata: `unit` (when there is one) and `meaning`. File
    metadata: `freefall.stream`, and with a definition `freefall.definition` (its text), `freefall.definition_id` (8 hex digits),
    `freefall.payload`.
    """

    suffix = ".parquet"

    def __init__(self, path, stream, definition=None, *, overwrite=False):
        self._arrow, self._parquet = _pyarrow()
        self._kept: list[list[np.ndarray]] = []
        self._kept_rows = 0
        self._writer = None
        super().__init__(path, stream, definition, overwrite=overwrite)

    def _begin(self, definition: Definition | None) -> None:
        self._schema = self._arrow.schema(
            [
                self._arrow.field(
                    column.name,
                    self._arrow.float64() if column.engineering else self._arrow.int64(),
                    nullable=False,
                    metadata={"meaning": column.meaning} | ({"unit": column.unit} if column.unit else {}),
                )
                for column in columns_of(self.stream)
            ],
            metadata=_file_metadata(self.stream, definition),
        )
        integers = [column.name for column in columns_of(self.stream) if not column.engineering]
        # Deltas of counters and times are tiny: 3 times smaller than dictionaries (reference/ecosystem.md 8).
        self._writer = self._parquet.ParquetWriter(
            self._file,
            self._schema,
            compression="zstd",
            use_dictionary=False,
            column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
        )

    def _append(self, table: Table) -> None:
        for arrays in pieces_of(table, ROW_GROUP):
            # A copy: the caller may use its arrays again before these rows are written.
            self._kept.append([array.copy() for array in arrays])
            self._kept_rows += len(arrays[0])
            if self._kept_rows >= ROW_GROUP:
                self._write_kept()

    def _end(self) -> None:
        self._write_kept()
        self._writer.close()

    def _abandon(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write_kept(self) -> None:
        if self._kept:
            arrays = [self._arrow.array(np.concatenate(parts)) for parts in zip(*self._kept, strict=True)]
            self._writer.write_table(self._arrow.table(arrays, schema=self._schema))
            self._kept.clear()
            self._kept_rows = 0


def _file_metadata(stream: Stream, definition: Definition | None) -> dict[str, str]:
    metadata = {"freefall.stream": stream.name}
    if definition is not None:
        metadata |= {
            "freefall.definition": definition.text,
            "freefall.definition_id": f"{definition.definition_id:08x}",
            "freefall.payload": definition.name,
        }
    return metadata


def _pyarrow():
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("Parquet export", "science") from error
    return pyarrow, pyarrow.parquet
