"""What a board sent, to files others read.

    with RunExport("parquet", "run", definition) as run:      # any of FORMATS
        for host_ns, octets in recording.chunks():
            run.feed(octets, host_ns)
    run.paths, run.summary.verdict

Tables at hand: TableFiles and export_tables, a file a stream (EXPORTERS has a format's writer by its name); or, without any file,
arrow.record_batch. Packets at hand: CcsdsWriter, PcapWriter.
"""

from .csv import CsvRows, CsvWriter
from .files import EXPORTERS, TableFiles, export_tables
from .hdf5 import Hdf5Writer
from .netcdf import NetcdfWriter
from .packets import CcsdsWriter, PcapWriter
from .parquet import ParquetWriter
from .run import FORMATS, PACKET_EXPORTERS, RunExport
from .staged import TableWriter

__all__ = [
    "EXPORTERS",
    "FORMATS",
    "PACKET_EXPORTERS",
    "CcsdsWriter",
    "CsvRows",
    "CsvWriter",
    "Hdf5Writer",
    "NetcdfWriter",
    "ParquetWriter",
    "PcapWriter",
    "RunExport",
    "TableFiles",
    "TableWriter",
    "export_tables",
]
