"""Parquet: compact typed columns, units with the fields, the definition with the file. Needs pyarrow (extra "science")."""

import numpy as np

from ..decode import Table
from ..errors import MissingExtra
from .arrow import record_batch, schema_of
from .columns import columns_of
from .staged import BlockWriter

# Up to so many different values a row, on the average, a dictionary of them makes the smaller column.
_DICTIONARY_UP_TO = 1 / 4


class ParquetWriter(BlockWriter):
    """One stream into one Parquet file; see TableWriter. Raises MissingExtra without pyarrow.

    Types and metadata are those of arrow.schema_of.
    """

    suffix = ".parquet"
    block_rows = 1 << 17

    def __init__(self, path, stream, definition=None, *, overwrite=False):
        self._arrow, self._parquet = _pyarrow()
        self._writer = None
        super().__init__(path, stream, definition, overwrite=overwrite)

    def _begin(self) -> None:
        self._schema = schema_of(self.stream, self._definition)

    def _write_block(self, tables: list[Table]) -> None:
        if self._writer is None:
            self._open(tables)
        batches = [record_batch(table, self._schema) for table in tables]
        self._writer.write_table(self._arrow.Table.from_batches(batches), row_group_size=sum(map(len, tables)))

    def _end(self) -> None:
        super()._end()
        if self._writer is None:
            self._open([])
        self._writer.close()

    def _abandon(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _open(self, first: list[Table]) -> None:
        """Begin the file, with columns in the form that is best for what the first block holds.

        Integers go as packed differences: counters and times are next to nothing then, noisy words as small as compression would
        make them. Engineering values are as few as the words they come from, and go by a dictionary; where they hardly repeat,
        with the octets of one weight side by side, compressed.
        """
        encodings, dictionaries, compressions = {}, [], {}
        for column in columns_of(self.stream):
            compressions[column.name] = "ZSTD" if column.engineering else "NONE"
            if not column.engineering:
                encodings[column.name] = "DELTA_BINARY_PACKED"
            elif _repeats([table.values[column.name] for table in first]):
                dictionaries.append(column.name)
            else:
                encodings[column.name] = "BYTE_STREAM_SPLIT"
        self._writer = self._parquet.ParquetWriter(
            self._file,
            self._schema,
            compression=compressions,
            use_dictionary=dictionaries or False,
            column_encoding=encodings,
        )


def _repeats(values: list[np.ndarray]) -> bool:
    rows = sum(map(len, values))
    return not rows or len(np.unique(np.concatenate(values))) <= rows * _DICTIONARY_UP_TO


def _pyarrow():
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("Parquet export", "science") from error
    return pyarrow, pyarrow.parquet
