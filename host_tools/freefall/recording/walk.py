"""`walk`: a recording from front to end, whatever happened to it.

Octets of a message survive damage to the record around them: chunks are not compressed, a message's head holds its
time twice and its channel is known, so a damaged length is found out by where the next record begins.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mcap.opcode import Opcode

from .chunk import parse_chunk, raw_messages
from .crc import crc_of_both
from .octets import MESSAGE_HEAD_LEN, Octets, is_message_index, raw_message_times
from .profile import BLOCK_LIMIT, HEAD, MAGIC, MESSAGE, RECORD_LIMIT, TIME_LIMIT


@dataclass(frozen=True, slots=True)
class Record:
    """The body of a record outside the chunks."""

    offset: int
    opcode: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Something at `offset` is not as it was written."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """The last event. `closed`: the footer was there; else the file was cut at `offset`."""

    offset: int
    closed: bool


# (host_ns, octets) of channel `raw` in file order: octets at most BLOCK_LIMIT unless another tool wrote them, host_ns < 2**63.
Blocks = list[tuple[int, bytes]]
Event = Blocks | Record | Damage | End


def walk(file: BinaryIO) -> Iterator[Event]:
    """What is in an MCAP file after its magic, in file order, ended by one End.

    Memory stays below a few times RECORD_LIMIT whatever the file holds. Raises nothing but OSError.
    """
    yield from _Walk(Octets(file)).events()


class _Walk:
    def __init__(self, octets: Octets):
        self._octets = octets
        self._at = len(MAGIC)
        self._crc = zlib.crc32(MAGIC)  # of the section so far; means nothing once not intact
        self._intact = True
        self._in_summary = False
        self._told = False  # a Damage was given
        self._time_ns = 0  # of the last raw message

    def events(self) -> Iterator[Event]:
        octets = self._octets
        while True:
            head = octets.read(self._at, MESSAGE_HEAD_LEN)
            if len(head) < HEAD.size:
                yield End(octets.size, closed=False)
                return
            opcode, length = HEAD.unpack_from(head)
            if (opcode == Opcode.CHUNK and length < RECORD_LIMIT) or octets.chunk_adds_up(self._at):
                yield from self._chunk(head[: HEAD.size])
            elif self._is_footer(opcode, length):
                yield from self._footer(length)
                return
            elif self._is_message(opcode, length, head):
                yield from self._message(head)
            elif self._may_skip(opcode, length) or octets.adds_up(self._at):
                yield from self._other(head[: HEAD.size])
            else:
                yield from self._lost()

    def _consume(self, count: int) -> bytes:
        """The next octets of an intact stretch, checksummed."""
        data = self._octets.read(self._at, count)
        self._crc = zlib.crc32(data, self._crc)
        self._at += len(data)
        return data

    def _damage(self, reason: str) -> Damage:
        self._intact = False
        self._told = True
        return Damage(self._at, reason)

    def _lost(self) -> Iterator[Event]:
        """No record here: go on at the next one. A file that ends in half a record was cut, not damaged."""
        found = self._octets.find(self._at + 1)
        if found == self._octets.size:
            self._intact = False
        else:
            yield self._damage("no record begins here")
        self._at = found

    def _chunk(self, head: bytes) -> Iterator[Event]:
        _, length = HEAD.unpack(head)
        body = self._octets.read(self._at + HEAD.size, length)
        chunk = parse_chunk(body, length)
        messages = raw_messages(chunk.data, chunk.begin) if chunk and chunk.data is not None else None
        if messages is not None:
            before = zlib.crc32(body[: chunk.data_at], zlib.crc32(head, self._crc))
            self._crc = crc_of_both(before, chunk.stored_crc, length - chunk.data_at)
            self._at += HEAD.size + length
            if messages:
                self._time_ns = messages[-1][0]
                yield messages
            return
        cut = len(body) < length
        if cut:
            self._intact = False
        else:
            yield self._damage("a chunk does not match its checksum")
        if chunk and chunk.in_clear:
            # Its records follow one by one, as if there were no chunk.
            self._time_ns = self._time_ns or chunk.start_ns
            self._at += HEAD.size + chunk.data_at
        elif chunk and not cut and self._octets.boundary(self._at + HEAD.size + length):
            self._at += HEAD.size + length
        else:
            self._at = self._octets.find(self._at + HEAD.size)

    def _message(self, head: bytes) -> Iterator[Event]:
        """A message outside a chunk, or in one that is cut or altered."""
        opcode, length = HEAD.unpack_from(head)
        if len(head) < MESSAGE_HEAD_LEN:  # cut before its first octet
            self._intact = False
            self._at += len(head)
            return
        start = self._at + MESSAGE_HEAD_LEN
        end = self._at + HEAD.size + length
        channel, _, log_ns, publish_ns = MESSAGE.unpack_from(head, HEAD.size)
        if log_ns == publish_ns < TIME_LIMIT:
            self._time_ns = log_ns
        sound = opcode == Opcode.MESSAGE and raw_message_times(head)
        if opcode != Opcode.MESSAGE or not start <= end <= self._octets.size or not self._octets.boundary(end):
            end = self._octets.find(start)
            sound = False
            if end < self._octets.size:
                yield self._damage("the head of a message was altered")
        elif not sound and self._intact:
            yield self._damage("the head of a message was altered")
        if sound and self._intact:
            self._consume(MESSAGE_HEAD_LEN)
            yield [(self._time_ns, self._consume(end - start))]
            return
        self._intact = False
        for at in range(start, end, BLOCK_LIMIT):
            yield [(self._time_ns, self._octets.read(at, min(BLOCK_LIMIT, end - at)))]
        self._at = end

    def _other(self, head: bytes) -> Iterator[Event]:
        opcode, length = HEAD.unpack(head)
        offset = self._at
        body = self._octets.read(offset + HEAD.size, length)
        if opcode == Opcode.DATA_END:
            stored = int.from_bytes(body[:4], "little")
            if stored and self._intact and stored != self._crc:
                yield self._damage("the data does not match its checksum")
        self._crc = zlib.crc32(body, zlib.crc32(head, self._crc))
        self._at += HEAD.size + len(body)
        if opcode == Opcode.DATA_END:
            self._crc = 0
            self._in_summary = True
        yield Record(offset, opcode, body)

    def _is_message(self, opcode: int, length: int, head: bytes) -> bool:
        if opcode == Opcode.MESSAGE:
            return length <= MESSAGE.size + BLOCK_LIMIT or raw_message_times(head)
        # With another opcode only among the pieces of a broken chunk; small numbers elsewhere can look like a message.
        return not self._intact and not self._in_summary and raw_message_times(head) and not is_message_index(head)

    def _may_skip(self, opcode: int, length: int) -> bool:
        # No record has opcode 0; zeros are common where octets are missing.
        return opcode > 0 and length < RECORD_LIMIT and self._octets.boundary(self._at + HEAD.size + length)

    def _is_footer(self, opcode: int, length: int) -> bool:
        end = self._at + HEAD.size + length
        return opcode == Opcode.FOOTER and length == 20 and self._octets.read(end, len(MAGIC)) == MAGIC

    def _footer(self, length: int) -> Iterator[Event]:
        offset = self._at
        self._consume(HEAD.size + length - 4)
        stored = int.from_bytes(self._octets.read(self._at, 4), "little")
        if stored and self._intact and stored != self._crc:
            yield self._damage("the summary does not match its checksum")
        elif not self._intact and not self._told:
            yield self._damage("the length of a record was altered")
        self._at = offset + HEAD.size + length + len(MAGIC)
        if self._at < self._octets.size:
            yield self._damage("octets follow the end of the recording")
        yield End(self._at, closed=True)
