"""`Recorder`: the octets of a run into an MCAP file that stays readable if this process dies."""

import contextlib
import datetime
import pathlib

from mcap.writer import CompressionType, Writer

from .. import __version__
from ..definition import Definition
from ..errors import FreefallError, OutputExists, OutputUnwritable
from . import profile

_NS_PER_S = 1_000_000_000


class Recorder:
    """One recording being written; a context manager.

    path: the file to make, with the folders it needs. An existing file is refused (OutputExists) unless `overwrite`.
    definition: put inside as payload.toml; None when it is not known.
    source: where the octets come from (a port URL, "sim:virtual seed 1"); note: free text.
    start_ns, and host_ns of write(): wall clock, ns since 1970 UTC, 0 <= ns < 2**63.

    Everything before the last flush survives the death of this process; a flush comes with the first write a second
    or more of host_ns after the one before, and with close(). Raises OutputUnwritable when the file cannot be written.
    """

    def __init__(
        self,
        path: str | pathlib.Path,
        definition: Definition | None,
        source: str,
        note: str = "",
        *,
        start_ns: int,
        overwrite: bool = False,
    ):
        self.path = pathlib.Path(path)
        metadata = _metadata(definition, source, note, start_ns)
        self._file = self._open(overwrite)
        self._flushed_ns = start_ns
        self._sequence = 0
        with self._writing():
            # Uncompressed: a cut or a flipped bit then costs the octets it touched, not a whole chunk.
            self._writer = Writer(
                self._file,
                chunk_size=profile.CHUNK_OCTETS,
                compression=CompressionType.NONE,
                enable_data_crcs=True,
            )
            self._writer.start(profile.PROFILE, f"freefall {__version__}")
            if definition is not None:
                text = definition.text.encode()
                self._writer.add_attachment(start_ns, start_ns, profile.DEFINITION_FILE, profile.DEFINITION_TYPE, text)
            self._writer.add_metadata(profile.METADATA, metadata)
            self._writer.register_channel(profile.RAW_TOPIC, "", 0)
            self._writer.flush()

    def write(self, data: bytes, host_ns: int) -> None:
        """Appends octets exactly as read, at their host time. No octets: nothing is stored, but a due flush is done.

        Raises ValueError for a time that cannot be stored, OutputUnwritable when the file cannot be written.
        """
        _check_time(host_ns)
        if self._file.closed:
            raise FreefallError(f"the recording {self.path} is closed; nothing more can be written to it")
        with self._writing():
            for at in range(0, len(data), profile.BLOCK_LIMIT):
                block = bytes(data[at : at + profile.BLOCK_LIMIT])
                sequence = self._sequence & 0xFFFFFFFF
                self._writer.add_message(profile.RAW_CHANNEL, host_ns, block, host_ns, sequence)
                self._sequence += 1
            # A host clock that was set back must not stop the flushing.
            if not 0 <= host_ns - self._flushed_ns < profile.FLUSH_NS:
                self._flushed_ns = host_ns
                self._writer.flush()

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

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *exc) -> None:
        self.close()

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
            raise OutputUnwritable(
                f"cannot write the recording {self.path}: {error.strerror}; what was written before stays readable"
            ) from error


def rfc3339(time_ns: int) -> str:
    """UTC text of a wall-clock time in ns since 1970, all nine digits kept."""
    seconds, ns = divmod(time_ns, _NS_PER_S)
    date = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"


def _metadata(definition: Definition | None, source: str, note: str, start_ns: int) -> dict[str, str]:
    _check_time(start_ns)
    return {
        "format": str(profile.RECORDING_FORMAT),
        "definition_id": "" if definition is None else f"{definition.definition_id:08x}",
        "payload": "" if definition is None else definition.name,
        "tool": f"freefall {__version__}",
        "source": source,
        "note": note,
        "start": rfc3339(start_ns),
    }


def _check_time(time_ns: int) -> None:
    if not 0 <= time_ns < profile.TIME_LIMIT:
        raise ValueError(f"a wall-clock time of {time_ns} ns is outside 0 .. 2**63 - 1")
