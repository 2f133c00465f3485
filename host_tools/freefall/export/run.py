"""`RunExport`: what a board sent, into the files of one format."""

import contextlib
import os
import pathlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from ..decode import MOST_WAITING, Collector, Pieces, Reject, Summary
from ..definition import Definition
from .files import EXPORTERS, TableFiles
from .packets import CcsdsWriter, PacketWriter, PcapWriter

PACKET_EXPORTERS: dict[str, type[PacketWriter]] = {"ccsds": CcsdsWriter, "pcap": PcapWriter}
FORMATS = (*EXPORTERS, *PACKET_EXPORTERS)


class RunExport(contextlib.AbstractContextManager):
    """Octets as they came to files of a folder; a context manager.

    format: one of FORMATS; those of EXPORTERS make a file a stream, those of PACKET_EXPORTERS one file, named after the payload.
    An existing file is refused (OutputExists) unless `overwrite`. The files get their names together when the block ends well;
    else none is left. summary: all that is known of the run so far. A run of another payload does not end well (OtherPayload).
    """

    def __init__(self, format: str, out_dir: str | pathlib.Path, definition: Definition, *, overwrite: bool = False):
        self.summary = Summary(definition)
        self._folder = pathlib.Path(out_dir)
        self._made_folder = not self._folder.exists()
        self._part = (_Tables if format in EXPORTERS else _Packets)(format, self._folder, definition, overwrite)
        self._pieces = Pieces()
        # Files are written beside the decoding of what comes next, a piece at a time and no more.
        self._writer = ThreadPoolExecutor(1, "export")
        self._writing: Future | None = None

    @property
    def paths(self) -> list[pathlib.Path]:
        """The files made, or to be made."""
        return self._part.paths

    def feed(self, octets: bytes, host_ns: int) -> None:
        """The next octets, and when they were read, in ns since 1970. Raises WrongDefinition, OutputUnwritable."""
        if pieces := self._pieces.add(octets, host_ns):
            self._take(pieces)

    def __exit__(self, kind, *exc) -> None:
        try:
            if kind is None:
                self._take(self._pieces.rest())
                self._written()
                if other := self.summary.other_payload:
                    raise other
                self._part.close()
        finally:
            self._writer.shutdown()
            self._part.discard()  # nothing, once it is closed
            if self._made_folder:
                with contextlib.suppress(OSError):  # there are files in it
                    self._folder.rmdir()

    def _take(self, pieces: Sequence[tuple[int, bytes]]) -> None:
        items = self.summary.feed_many(pieces)
        self._written()
        self._writing = self._writer.submit(self._part.take, pieces, items)

    def _written(self) -> None:
        writing, self._writing = self._writing, None
        if writing:
            writing.result()


class _Tables:
    def __init__(self, format: str, out_dir: pathlib.Path, definition: Definition, overwrite: bool):
        self._collector = Collector(definition, MOST_WAITING)
        self._files = TableFiles(format, out_dir, definition, overwrite=overwrite)
        # Each stream's file by a thread of its own: packing and compressing let others run.
        self._threads = ThreadPoolExecutor(min(len(definition.streams), os.cpu_count() or 1), "export-stream")

    @property
    def paths(self) -> list[pathlib.Path]:
        return self._files.paths

    def take(self, pieces: Sequence[tuple[int, bytes]], items: Sequence) -> None:
        self._collector.add(items)
        self._drain()

    def close(self) -> None:
        self._drain(at_end=True)
        self._files.close()

    def discard(self) -> None:
        self._threads.shutdown()
        self._files.discard()

    def _drain(self, at_end: bool = False) -> None:
        writing = [self._threads.submit(self._files.write, table) for table in self._collector.drain(at_end)]
        wait(writing)  # all of them, before one that has failed is told
        for written in writing:
            written.result()


class _Packets:
    def __init__(self, format: str, out_dir: pathlib.Path, definition: Definition, overwrite: bool):
        kind = PACKET_EXPORTERS[format]
        self._file = kind(out_dir / f"{definition.name}{kind.suffix}", overwrite=overwrite)
        self.paths = [self._file.path]

    def take(self, pieces: Sequence[tuple[int, bytes]], items: Sequence) -> None:
        self._file.write(pieces, [item for item in items if isinstance(item, Reject)])

    def close(self) -> None:
        self._file.close()

    def discard(self) -> None:
        self._file.discard()
