"""CSV: UTF-8, comma, one header line with units, \\n line ends; the same octets in every locale."""

import csv
import io
from typing import TextIO

from ..decode import Table
from ..definition import Stream
from .columns import columns_of, pieces_of
from .staged import TableWriter

_ROWS = 4096  # turned into Python objects at a time


class CsvRows:
    """Tables of one stream as CSV lines on an open text file (newline="" for \\n everywhere); writes the header at once.

    Engineering values are written as the shortest text that reads back as the same float64; nan, inf and -inf so spelled.
    """

    def __init__(self, file: TextIO, stream: Stream):
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(
            f"{column.name} [{column.unit}]" if column.engineering and column.unit else column.name
            for column in columns_of(stream)
        )

    def write(self, table: Table) -> None:
        """One line a sample."""
        for arrays in pieces_of(table, _ROWS):
            self._writer.writerows(zip(*(array.tolist() for array in arrays), strict=True))


class CsvWriter(TableWriter):
    """One stream into one CSV file; see CsvRows and TableWriter."""

    suffix = ".csv"

    def _begin(self) -> None:
        self._text = io.TextIOWrapper(self._file, encoding="utf-8", newline="", write_through=False)
        self._rows = CsvRows(self._text, self.stream)

    def _append(self, table: Table) -> None:
        self._rows.write(table)

    def _end(self) -> None:
        self._text.flush()
