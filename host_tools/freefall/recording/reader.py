"""`Recording`: a recording as it is now, whole or cut or damaged."""

import contextlib
import io
import pathlib
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Metadata

from ..definition import Definition, parse_definition
from ..errors import DefinitionError, InputUnreadable
from . import profile
from .link import LinkEvent, LinkGap, from_metadata, gaps_in
from .walk import Blocks, Damage, End, Record, walk

# Opens a file for reading, at any place in it; raises OSError. For what is behind a URL, which is kept as it is written.
Opener = Callable[[str], BinaryIO]

_MALFORMED = (McapError, struct.error, UnicodeDecodeError, OverflowError)
_OPENING = len(profile.MAGIC) + profile.HEAD.size  # the profile's name follows
_FOOTER_LEN = profile.HEAD.size + 20
_DAMAGES_KEPT = 100


class Recording:
    """A recording opened by open_recording; keeps no file open between passes.

    definition: what the run was made with; None when none was known or it cannot be used.
    definition_problem: a sentence on why it cannot be used, or may be another one; None when nothing is wrong with it.
    definition_text: the TOML as recorded, also when it cannot be used.
    metadata: the keys of SPEC.md, all text; empty when the file was cut before them.
    size: octets of the file when it was opened; position: how far into it it was read.
    cut_at: octet at which a file without its footer ends; None when the footer is there.
    damages, damage_count: the first hundred damaged places that the last pass met, and how many there were.
    link_events: the link lost and back, as far as the last pass has read.
    """

    def __init__(self, path: pathlib.Path | str, opener: Opener | None = None):
        self.path = path
        self._opener = opener
        self.definition: Definition | None = None
        self.definition_text: str | None = None
        self.metadata: dict[str, str] = {}
        self.definition_problem: str | None = None
        self.size = self.position = 0
        self.cut_at: int | None = None
        self.damages: list[Damage] = []
        self.damage_count = 0
        self.link_events: list[LinkEvent] = []
        self._end_problem: str | None = None
        self._open()

    @property
    def complete(self) -> bool:
        """True when the recording ended with its footer and, as far as read, every checksum is right.

        Before chunks() was read to its end only the file's own end was looked at.
        """
        return self._end_problem is None

    @property
    def problem(self) -> str | None:
        """A sentence on what is wrong with the file or the definition in it; None when nothing is, as far as read."""
        return self._end_problem or self.definition_problem

    @property
    def gaps(self) -> list[LinkGap]:
        """Every time the link was lost, as far as the last pass has read."""
        return gaps_in(self.link_events)

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """(host_ns, octets) in file order: wall clock in ns since 1970 (0 <= ns < 2**63), octets as they were read.

        Whatever of a cut or damaged file is readable is given; afterwards `complete` and `problem` say what was met.
        Octets near a damaged place may be wrong, the frames in them have their own CRC. Each call reads the file anew.
        Raises InputUnreadable when the file can no longer be read.
        """
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[list[tuple[int, bytes]]]:
        """As chunks(), as many at a time as stand together in the file; none is empty."""
        return (event for event in self._events() if isinstance(event, list))

    def contents(self) -> Iterator[tuple[int, bytes] | LinkEvent]:
        """As chunks(), and in between where the link was lost and came back."""
        for event in self._events():
            if isinstance(event, list):
                yield from event
            else:
                yield event

    def _events(self) -> Iterator[Blocks | LinkEvent]:
        self.damages, self.damage_count, self.link_events = [], 0, []
        with _reading(self.path, self._opener) as file:
            for event in walk(file):
                self.position = file.tell()
                if isinstance(event, list):
                    yield event
                elif isinstance(event, Damage):
                    self.damage_count += 1
                    if len(self.damages) < _DAMAGES_KEPT:
                        self.damages.append(event)
                elif isinstance(event, End):
                    self.position = event.offset
                    self._end(event)
                elif link := _link_event(event):
                    self.link_events.append(link)
                    yield link

    def _open(self) -> None:
        with _reading(self.path, self._opener) as file:
            start = file.read(_OPENING + 4 + len(profile.PROFILE))
            if not _begins_as_mcap(self.path, start):
                raise InputUnreadable(f"{self.path} is not a recording: it does not begin as an MCAP file does")
            for event in walk(file):
                if isinstance(event, list) and self._has_preamble():
                    break
                if isinstance(event, Record):
                    self._preamble(event)
            self._look_at_end(file)
        if not self.metadata and start[_OPENING + 4 :] != profile.PROFILE.encode():
            cut = len(start) < _OPENING + 4 + len(profile.PROFILE)
            what = "was cut inside its header; nothing of it is left" if cut else "is an MCAP file, but not a Freefall recording"
            raise InputUnreadable(f"{self.path} {what}")
        self._check_format()
        self._check_definition()

    def _has_preamble(self) -> bool:
        # MCAP tools that copy a recording may put these records anywhere.
        expected = bool(self.metadata.get("definition_id"))
        return bool(self.metadata) and (not expected or self.definition_text is not None)

    def _preamble(self, record: Record) -> None:
        stream = ReadDataStream(io.BytesIO(record.body))
        with contextlib.suppress(*_MALFORMED):  # the data checksum tells of it when the file is read
            if record.opcode == Opcode.METADATA:
                metadata = Metadata.read(stream)
                if metadata.name == profile.METADATA and not self.metadata:
                    self.metadata = metadata.metadata
            elif record.opcode == Opcode.ATTACHMENT:
                self._attachment(record.body, Attachment.read(stream))

    def _attachment(self, body: bytes, attachment: Attachment) -> None:
        if attachment.name != profile.DEFINITION_FILE or self.definition_text is not None:
            return
        crc = int.from_bytes(body[-4:], "little")
        if crc and crc != zlib.crc32(body[:-4]):
            self.definition_problem = f"the payload definition in {self.path} was altered"
            return
        self.definition_text = attachment.data.decode()

    def _check_format(self) -> None:
        number = self.metadata.get("format", "")
        if number.isdecimal() and int(number) > profile.RECORDING_FORMAT:
            raise InputUnreadable(
                f"{self.path} has recording format {number}, this freefall reads up to {profile.RECORDING_FORMAT}; "
                "install a newer freefall"
            )

    def _check_definition(self) -> None:
        if self.definition_text is None:
            # A recording made without a definition says so by an empty id.
            if self.metadata.get("definition_id", "?") and not self.definition_problem:
                self.definition_problem = f"the payload definition in {self.path} was cut off or damaged"
            return
        try:
            # It ran: a rule that this freefall adds to the feasibility report must not make an old recording unreadable.
            name = f"{self.path}:{profile.DEFINITION_FILE}"
            definition = parse_definition(self.definition_text, name, infeasible=True)
        except DefinitionError as error:
            self.definition_problem = (
                f"the payload definition in {self.path} has faults for this freefall, first: {error.diagnostics[0]}"
            )
            return
        recorded = self.metadata.get("definition_id", "")
        if recorded and recorded != f"{definition.definition_id:08x}":
            self.definition_problem = (
                f"the payload definition in {self.path} compiles to {definition.definition_id:08x} here, "
                f"the recording was made with {recorded}"
            )
        self.definition = definition

    def _look_at_end(self, file) -> None:
        self.size = size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _FOOTER_LEN - len(profile.MAGIC)))
        tail = file.read()
        closed = tail.startswith(profile.HEAD.pack(Opcode.FOOTER, 20)) and tail.endswith(profile.MAGIC)
        self._end(End(size, closed))

    def _end(self, end: End) -> None:
        self.cut_at = None if end.closed else end.offset
        cut = "" if end.closed else f"it was cut at octet {end.offset}"
        self._end_problem = f"{self.path} was not closed: {cut}; what came before was read" if cut else None
        if self.damages:
            first = self.damages[0]
            places = "" if self.damage_count == 1 else f" and {self.damage_count - 1} more places"
            cut = cut and f"; {cut}"
            self._end_problem = f"{self.path} is damaged at octet {first.offset} ({first.reason}){places}{cut}"


def _link_event(record: Record) -> LinkEvent | None:
    if record.opcode != Opcode.METADATA:
        return None
    with contextlib.suppress(*_MALFORMED):
        metadata = Metadata.read(ReadDataStream(io.BytesIO(record.body)))
        return from_metadata(metadata.name, metadata.metadata)
    return None


def open_recording(path: str | pathlib.Path, opener: Opener | None = None) -> Recording:
    """The recording at `path`, its definition and metadata read; opener: what opens it where that is not a file here.

    Raises InputUnreadable when it is missing, not MCAP, not ours, of a newer format, or cut inside its header.
    """
    return Recording(pathlib.Path(path) if opener is None else str(path), opener)


def is_recording(path: str | pathlib.Path, opener: Opener | None = None) -> bool:
    """True when the file begins as a recording does; false for octets of another kind.

    Raises InputUnreadable when it cannot be read, or can be nothing else but what is left of a recording.
    """
    with _reading(path, opener) as file:
        begins = _begins_as_mcap(path, file.read(len(profile.MAGIC)))
    if not begins and str(path).endswith(profile.SUFFIX):
        raise InputUnreadable(f"{path} is named as a recording, but does not begin as an MCAP file does")
    return begins


def _begins_as_mcap(path: pathlib.Path | str, start: bytes) -> bool:
    if not start:
        raise InputUnreadable(f"{path} is empty, not a recording")
    if len(start) < len(profile.MAGIC) and profile.MAGIC.startswith(start):
        raise InputUnreadable(f"{path} is not a recording: it was cut inside its first {len(profile.MAGIC)} octets")
    return start.startswith(profile.MAGIC)


@contextlib.contextmanager
def _reading(path: pathlib.Path | str, opener: Opener | None):
    try:
        with open(path, "rb") if opener is None else opener(str(path)) as file:
            yield file
    except FileNotFoundError as error:
        raise InputUnreadable(f"there is no file {path}") from error
    except IsADirectoryError as error:
        raise InputUnreadable(f"{path} is a folder, not a recording") from error
    except OSError as error:
        raise InputUnreadable(f"cannot read {path}: {error.strerror}") from error
