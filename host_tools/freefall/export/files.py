"""`TableFiles`: the tables of a run into a folder, a file per stream."""

import pathlib
from collections.abc import Iterable

from ..decode import Table
from ..definition import Definition, Stream
from .csv import CsvWriter
from .hdf5 import Hdf5Writer
from .netcdf import NetcdfWriter
from .parquet import ParquetWriter
from .staged import TableWriter

EXPORTERS: dict[str, type[TableWriter]] = {
    "csv": CsvWriter,
    "h5": Hdf5Writer,
    "nc": NetcdfWriter,
    "parquet": ParquetWriter,
}


class TableFiles:
    """Tables of any streams, in pieces and in any order, into `<stream>.<suffix>` files of one folder; a context manager.

    format: a key of EXPORTERS. With a definition every stream of `streams` (names; default: all) gets a file, even one
    without samples; without it those do that have a table. Existing files are refused (OutputExists) unless `overwrite`.
    The files get their names together when the block ends well; otherwise none is left.
    """

    def __init__(
        self,
        format: str,
        out_dir: str | pathlib.Path,
        definition: Definition | None = None,
        *,
        streams: Iterable[str] | None = None,
        overwrite: bool = False,
    ):
        self.out_dir = pathlib.Path(out_dir)
        self._writer_class = EXPORTERS[format]
        self._definition = definition
        self._overwrite = overwrite
        self._writers: dict[str, TableWriter] = {}
        if definition is not None:
            chosen = definition.streams if streams is None else [definition.stream(name) for name in streams]
            try:
                for stream in chosen:
                    self._writer(stream)
            except BaseException:
                self.discard()
                raise

    @property
    def paths(self) -> list[pathlib.Path]:
        """The files, in the order of their streams' first appearance."""
        return [writer.path for writer in self._writers.values()]

    def write(self, table: Table) -> None:
        """Appends the rows of a table to its stream's file; its arrays are the file's from then on, see TableWriter."""
        self._writer(table.stream).write(table)

    def close(self) -> None:
        """Gives every file its name."""
        try:
            for writer in self._writers.values():
                writer.finish()
            for writer in self._writers.values():
                writer.close()
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Leaves none of the unfinished files."""
        for writer in self._writers.values():
            writer.discard()

    def __enter__(self) -> "TableFiles":
        return self

    def __exit__(self, kind, *exc) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _writer(self, stream: Stream) -> TableWriter:
        if stream.name not in self._writers:
            path = self.out_dir / f"{stream.name}{self._writer_class.suffix}"
            self._writers[stream.name] = self._writer_class(path, stream, self._definition, overwrite=self._overwrite)
        return self._writers[stream.name]


def export_tables(
    format: str,
    tables: Iterable[Table],
    out_dir: str | pathlib.Path,
    definition: Definition | None = None,
    *,
    overwrite: bool = False,
) -> list[pathlib.Path]:
    """Writes tables, whole or in pieces, as a format of EXPORTERS; the files made. Raises MissingExtra, and as TableFiles."""
    with TableFiles(format, out_dir, definition, overwrite=overwrite) as files:
        for table in tables:
            files.write(table)
    return files.paths
