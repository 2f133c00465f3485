"""`RecordingFile`: one MCAP file being written that stays readable if this process dies."""

import contextlib
import pathlib
from collections.abc import Mapping

from mcap.writer import CompressionType, Writer

from .. import __version__
from ..errors import FreefallError, OutputExists, OutputUnwritable
from . import profile
from .link import LinkEvent, to_metadata

# Upper bounds of what one more takes in the file: of a message (its head and its line in two indexes), of a chunk (its head and
# its lines in the indexes), of a metadata record in the summary; and of the rest of the summary.
_MESSAGE_COST = profile.HEAD.size + profile.MESSAGE.size + 16
_CHUNK_COST = 160
_METADATA_COST = 64
_SUMMARY_COST = 1024


class RecordingFile:
    """One file of a recording; a context manager.

    path: the file to make, with the folders it needs. An existing file is refused (OutputExists) unless `overwrite`.
    definition_text: put inside as payload.toml; None when there is none. metadata: the keys of SPEC.md.
    start_ns, and host_ns of write(): wall clock, ns since 1970 UTC, 0 <= ns < 2**63.

    Everything before the last flush survives the death of this process; a flush comes with the first write FLUSH_NS or more of
    host_ns after the one before, with mark() and with close(). Raises OutputUnwritable when the file cannot be written.
    octets: how many were written.
    """

    def __init__(
        self,
        path: str | pathlib.Path,
        definition_text: str | None,
        metadata: Mapping[str, str],
        *,
        start_ns: int,
        overwrite: bool = False,
    ):
        check_time(start_ns)
        self.path = pathlib.Path(path)
        self.octets = 0
        self._file = self._open(overwrite)
        self._begun = False  # whether the file is a recording already
        self._flushed_ns = start_ns
        self._sequence = 0
        self._in_chunk = 0  # octets that the chunk begun holds
        with self._writing():
            # Uncompressed: a cut or a flipped bit then costs the octets it touched, not a whole chunk.
            self._writer = Writer(
                self._file,
                chunk_size=profile.CHUNK_OCTETS,
                compression=CompressionType.NONE,
                enable_data_crcs=True,
            )
            self._writer.start(profile.PROFILE, f"freefall {__version__}")
            preamble = profile.HEAD.size
            if definition_text is not None:
                text = definition_text.encode()
                self._writer.add_attachment(start_ns, start_ns, profile.DEFINITION_FILE, profile.DEFINITION_TYPE, text)
                preamble += len(text)
            self._writer.add_metadata(profile.METADATA, dict(metadata))
            preamble += sum(8 + len(key.encode()) + len(value.encode()) for key, value in metadata.items())
            self._writer.register_channel(profile.RAW_TOPIC, "", 0)
            self._writer.flush()
        self._begun = True
        self._size = preamble + _SUMMARY_COST

    def write(self, data: bytes, host_ns: int) -> None:
        """Appends octets exactly as read, at their host time. No octets: nothing is stored, but a due flush is done.

        Raises ValueError for a time that cannot be stored, OutputUnwritable when the file cannot be written.
        """
        check_time(host_ns)
        self._check_open()
        with self._writing():
            for at in range(0, len(data), profile.BLOCK_LIMIT):
                block = bytes(data[at : at + profile.BLOCK_LIMIT])
                sequence = self._sequence & 0xFFFFFFFF
                self._writer.add_message(profile.RAW_CHANNEL, host_ns, block, host_ns, sequence)
                self._sequence += 1
                self._count(len(block))
            self.octets += len(data)
            # A host clock that was set back must not stop the flushing.
            if not 0 <= host_ns - self._flushed_ns < profile.FLUSH_NS:
                self._flush(host_ns)

    def mark(self, event: LinkEvent) -> None:
        """Keeps where among the octets the link was lost or came back, and flushes."""
        self._check_open()
        name, content = to_metadata(event)
        with self._writing():
            self._flush(event.host_ns)  # what came before stands before it
            self._writer.add_metadata(name, content)
            self._flush(event.host_ns)
        self._size += _METADATA_COST + sum(16 + len(key) + len(value.encode()) for key, value in content.items())

    def size_with(self, more: int) -> int:
        """Octets of the file, at the most, if it were closed after `more` octets (>= 0) in one write."""
        blocks = -(-more // profile.BLOCK_LIMIT)
        return self._size + more + blocks * (_MESSAGE_COST + _CHUNK_COST)

    def close(self) -> None:
        """Writes the footer and closes the file; may be called again."""
        if self._file.closed:
            return
        with self._writing():
            self._writer.finish()
            self._file.close()

    def discard(self) -> None:
        """Closes and leaves no file behind: for a run in which nothing came. What is no plain file (a device) stays."""
        self.close()
        if self.path.is_file():
            self.path.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def _count(self, octets: int) -> None:
        self._size += octets + _MESSAGE_COST + (0 if self._in_chunk else _CHUNK_COST)
        self._in_chunk += octets + _MESSAGE_COST
        if self._in_chunk > profile.CHUNK_OCTETS:
            self._in_chunk = 0

    def _flush(self, host_ns: int) -> None:
        self._flushed_ns = host_ns
        self._in_chunk = 0
        self._writer.flush()

    def _check_open(self) -> None:
        if self._file.closed:
            raise FreefallError(f"the recording {self.path} is closed; nothing more can be written to it")

    def _open(self, overwrite: bool):
        try:
            if not overwrite and self.path.exists():
                raise OutputExists(self.path)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return open(self.path, "wb" if overwrite else "xb")
        except OSError as error:
            raise OutputUnwritable(f"cannot make the recording {self.path}: {error.strerror}") from error

    @contextlib.contextmanager
    def _writing(self):
        try:
            yield
        except OSError as error:
            with contextlib.suppress(OSError):  # closing tries to write once more; the first failure is the report
                self._file.close()
            left = "what was written before stays readable"
            if not self._begun:
                left = "nothing was recorded"
                if self.path.is_file():
                    self.path.unlink()
            raise OutputUnwritable(f"cannot write the recording {self.path}: {error.strerror}; {left}") from error


def check_time(time_ns: int) -> None:
    """Raises ValueError for a wall-clock time that a recording cannot hold."""
    if not 0 <= time_ns < profile.TIME_LIMIT:
        raise ValueError(f"a wall-clock time of {time_ns} ns is outside 0 .. 2**63 - 1")
