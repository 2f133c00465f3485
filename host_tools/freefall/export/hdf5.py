"""HDF5: one dataset a column, compressed, growing as the run does. Needs h5py (extra "science")."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from ..decode import Table
from ..errors import MissingExtra
from .backing import Backing
from .columns import Column, arrays_of, columns_of
from .identity import identity
from .staged import BlockWriter

CHUNK_ROWS = 1 << 14
# Higher levels make counters and noisy words hardly smaller, and take several times as long.
FILTERS = {"chunks": (CHUNK_ROWS,), "compression": "gzip", "compression_opts": 1, "shuffle": True}


class BookWriter(BlockWriter):
    """A writer of a format that is HDF5 beneath; see TableWriter."""

    block_rows = CHUNK_ROWS
    opening: ClassVar[dict[str, bool]] = {}  # what File() takes beside the file and its mode

    def __init__(self, path, stream, definition=None, *, overwrite=False):
        self._library = self._load()
        self._book = None
        self._rows = 0
        super().__init__(path, stream, definition, overwrite=overwrite)

    @abstractmethod
    def _load(self):
        """The library. Raises MissingExtra."""

    @abstractmethod
    def _describe(self) -> None:
        """Writes what the file says of itself into self._book, and makes what the columns need."""

    @abstractmethod
    def _column(self, column: Column):
        """A new variable of self._book without rows, that takes arrays by slices."""

    @abstractmethod
    def _grow(self, rows: int) -> None:
        """Makes room for so many rows in every variable."""

    def _begin(self) -> None:
        self._backing = Backing(self._file)
        self._book = self._library.File(self._backing, "w", **self.opening)
        self._describe()
        self._variables = [self._column(column) for column in columns_of(self.stream)]
        self._backing.raise_failure()

    def _write_block(self, tables: list[Table]) -> None:
        start, self._rows = self._rows, self._rows + sum(map(len, tables))
        self._grow(self._rows)
        for variable, arrays in zip(self._variables, zip(*map(arrays_of, tables), strict=True), strict=True):
            variable[start : self._rows] = np.concatenate(arrays)
        self._backing.raise_failure()

    def _end(self) -> None:
        super()._end()
        self._abandon()
        self._backing.raise_failure()

    def _abandon(self) -> None:
        if self._book is not None:
            self._book.close()
            self._book = None


class Hdf5Writer(BookWriter):
    """One stream into one HDF5 file; see TableWriter. Raises MissingExtra without h5py.

    A dataset a column, int64 or float64, with the attributes `unit` (when there is one) and `meaning`. Attributes of the file:
    `stream`, and with a definition `payload` and `definition_id`; the definition's text is the dataset `definition`.
    """

    suffix = ".h5"
    opening = {"track_order": True}  # columns are listed as they are made, not by the alphabet

    def _load(self):
        try:
            import h5py
        except ImportError as error:
            raise MissingExtra("HDF5 export", "science") from error
        return h5py

    def _describe(self) -> None:
        own = identity(self.stream, self._definition)
        if text := own.pop("definition", None):
            self._book["definition"] = text  # as an attribute it could not be longer than 64 KiB
        self._book.attrs.update(own)

    def _column(self, column: Column):
        dataset = self._book.create_dataset(column.name, (0,), column.dtype, maxshape=(None,), **FILTERS)
        dataset.attrs["meaning"] = column.meaning
        if column.unit:
            dataset.attrs["unit"] = column.unit
        return dataset

    def _grow(self, rows: int) -> None:
        for dataset in self._variables:
            dataset.resize((rows,))
