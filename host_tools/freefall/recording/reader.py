"""`Recording`: a recording as it is now, whole or cut or damaged."""

import contextlib
import io
import pathlib
import struct
import zlib
from collections.abc import Iterator

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Metadata

from ..definition import Definition, parse_definition
from ..errors import DefinitionError, InputUnreadable
from . import profile
from .walk import Block, Damage, End, Record, walk

_MALFORMED = (McapError, struct.error, UnicodeDecodeError, OverflowError)
_OPENING = len(profile.MAGIC) + profile.HEAD.size  # the profile's name follows
_FOOTER_LEN = profile.HEAD.size + 20


class Recording:
    """A recording opened by open_recording; keeps no file open between passes.

    definition: what the run was made with; None when none was known or it cannot be used.
    definition_problem: a sentence on why it cannot be used, or may be another one; None when nothing is wrong with it.
    definition_text: the TOML as recorded, also when it cannot be used.
    metadata: the keys of SPEC.md, all text; empty when the file was cut before them.
    position: how far into the file chunks() has read, in octets.
    """

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.definition: Definition | None = None
        self.definition_text: str | None = None
        self.metadata: dict[str, str] = {}
        self.definition_problem: str | None = None
        self.position = 0
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

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """(host_ns, octets) in file order: wall clock in ns since 1970 (0 <= ns < 2**63), octets as they were read.

        Whatever of a cut or damaged file is readable is given; afterwards `complete` and `problem` say what was met.
        Octets near a damaged place may be wrong, the frames in them have their own CRC. Each call reads the file anew.
        Raises InputUnreadable when the file can no longer be read.
        """
        damages = []
        with _reading(self.path) as file:
            for event in walk(file):
                self.position = file.tell()
                if isinstance(event, Block):
                    yield event.host_ns, event.data
                elif isinstance(event, Damage):
                    damages.append(event)
                elif isinstance(event, End):
                    self.position = event.offset
                    self._end_problem = self._describe(damages, event)

    def _open(self) -> None:
        with _reading(self.path) as file:
            start = file.read(_OPENING + 4 + len(profile.PROFILE))
            if not start.startswith(profile.MAGIC):
                raise InputUnreadable(f"{self.path} is not a recording: it does not begin as an MCAP file does")
            for event in walk(file):
                if isinstance(event, Block) and self._has_preamble():
                    break
                if isinstance(event, Record):
                    self._preamble(event)
            self._end_problem = self._look_at_end(file)
        if not self.metadata and start[_OPENING + 4 :] != profile.PROFILE.encode():
            raise InputUnreadable(
                f"{self.path} is an MCAP file, but not a Freefall recording, or it was cut before its header ended"
            )
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

    def _look_at_end(self, file) -> str | None:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _FOOTER_LEN - len(profile.MAGIC)))
        tail = file.read()
        if tail.startswith(profile.HEAD.pack(Opcode.FOOTER, 20)) and tail.endswith(profile.MAGIC):
            return None
        return self._describe([], End(size, closed=False))

    def _describe(self, damages: list[Damage], end: End) -> str | None:
        cut = "" if end.closed else f"it was cut at octet {end.offset}"
        if damages:
            first = damages[0]
            places = "" if len(damages) == 1 else f" and {len(damages) - 1} more places"
            cut = cut and f"; {cut}"
            return f"{self.path} is damaged at octet {first.offset} ({first.reason}){places}{cut}"
        return f"{self.path} was not closed: {cut}; what came before was read" if cut else None


def open_recording(path: str | pathlib.Path) -> Recording:
    """The recording at `path`, its definition and metadata read.

    Raises InputUnreadable when it is missing, not MCAP, not ours, of a newer format, or cut inside its header.
    """
    return Recording(pathlib.Path(path))


def is_recording(path: str | pathlib.Path) -> bool:
    """True when the file begins as a recording does. Raises InputUnreadable when it cannot be read."""
    with _reading(pathlib.Path(path)) as file:
        return file.read(len(profile.MAGIC)) == profile.MAGIC


@contextlib.contextmanager
def _reading(path: pathlib.Path):
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise InputUnreadable(f"cannot read {path}: {error.strerror}") from error
