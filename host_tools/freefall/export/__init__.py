"""Tables to files others read: one CSV or Parquet file per stream.

    with TableFiles("csv", "run", definition=definition) as files:
        files.write(table)        # as often as there are pieces
    files.paths

export_csv and export_parquet do that for tables at hand; EXPORTERS has a format's writer by its name.
"""

from .csv import CsvRows, CsvWriter
from .files import EXPORTERS, TableFiles, export_csv, export_parquet
from .parquet import ParquetWriter
from .staged import TableWriter

__all__ = [
    "EXPORTERS",
    "CsvRows",
    "CsvWriter",
    "ParquetWriter",
    "TableFiles",
    "TableWriter",
    "export_csv",
    "export_parquet",
]
