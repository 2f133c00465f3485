"""Parquet: compact typed columns, units with the fields, the definition with the file. Needs pyarrow (extra "science")."""

from ..decode import Table
from ..errors import MissingExtra
from .arrow import record_batch, schema_of
from .columns import columns_of
from .staged import BlockWriter


class ParquetWriter(BlockWriter):
    """One stream into one Parquet file; see TableWriter. Raises MissingExtra without pyarrow.

    Types and metadata are those of arrow.schema_of.
    """

    suffix = ".parquet"

    def __init__(self, path, stream, definition=None, *, overwrite=False):
        self._arrow, self._parquet = _pyarrow()
        self._writer = None
        super().__init__(path, stream, definition, overwrite=overwrite)

    def _begin(self) -> None:
        self._schema = schema_of(self.stream, self._definition)
        integers = [column.name for column in columns_of(self.stream) if not column.engineering]
        # Deltas of counters and times are tiny: 3 times smaller than dictionaries (reference/ecosystem.md 8).
        self._writer = self._parquet.ParquetWriter(
            self._file,
            self._schema,
            compression="zstd",
            use_dictionary=False,
            column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
        )

    def _write_block(self, tables: list[Table]) -> None:
        batches = [record_batch(table, self._schema) for table in tables]
        self._writer.write_table(self._arrow.Table.from_batches(batches), row_group_size=sum(map(len, tables)))

    def _end(self) -> None:
        super()._end()
        self._writer.close()

    def _abandon(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _pyarrow():
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("Parquet export", "science") from error
    return pyarrow, pyarrow.parquet
