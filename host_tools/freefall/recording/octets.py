"""`Octets`: a recording by offset, and where records can begin in it."""

import os
import re
import struct
import zlib
from typing import BinaryIO

from mcap.opcode import Opcode

from .profile import BLOCK_LIMIT, HEAD, MAGIC, MESSAGE, RAW_CHANNEL, RECORD_LIMIT, TIME_LIMIT

MESSAGE_HEAD_LEN = HEAD.size + MESSAGE.size
CHUNK_FIXED = struct.Struct("<QQQII")  # start, end, uncompressed size, CRC, length of the compression's name

# Octets a record's body has at least.
_LEAST = {
    Opcode.HEADER: 8,
    Opcode.FOOTER: 20,
    Opcode.SCHEMA: 14,
    Opcode.CHANNEL: 16,
    Opcode.MESSAGE: MESSAGE.size,
    Opcode.CHUNK: 40,
    Opcode.MESSAGE_INDEX: 6,
    Opcode.CHUNK_INDEX: 64,
    Opcode.ATTACHMENT: 36,
    Opcode.ATTACHMENT_INDEX: 48,
    Opcode.STATISTICS: 46,
    Opcode.METADATA: 8,
    Opcode.METADATA_INDEX: 20,
    Opcode.SUMMARY_OFFSET: 17,
    Opcode.DATA_END: 4,
}
# Records a reader can pick up again at, and a length below RECORD_LIMIT.
_CANDIDATE = re.compile(rb"[\x02\x05\x06\x09\x0c\x0f](?=...\x00{5})", re.DOTALL)
_SCAN_STEP = 1 << 16


class Octets:
    """The octets of an open file, at most what it held at the start. Not the file: a window on it."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.size = file.seek(0, os.SEEK_END)
        self._at = self.size

    def read(self, offset: int, count: int) -> bytes:
        """`count` octets at `offset`; fewer only at the end of the file."""
        count = min(count, self.size - offset)
        if count <= 0:
            return b""
        if offset != self._at:
            self._file.seek(offset)
        data = self._file.read(count)
        self._at = offset + len(data)
        return data

    def adds_up(self, offset: int) -> bool:
        """True when a metadata record or attachment is at `offset` whose own lengths or CRC say that it is whole."""
        opcode, length = HEAD.unpack(self.read(offset, HEAD.size))
        if opcode not in (Opcode.METADATA, Opcode.ATTACHMENT) or not _LEAST[opcode] <= length < RECORD_LIMIT:
            return False
        body = self.read(offset + HEAD.size, length)
        if len(body) < length:
            return False
        if opcode == Opcode.ATTACHMENT:
            return zlib.crc32(body[:-4]) == int.from_bytes(body[-4:], "little")
        return _strings_fill(body)

    def boundary(self, offset: int) -> bool:
        """True when a record, perhaps with one damaged field, or the end of the file may be at `offset`."""
        head = self.read(offset, MESSAGE_HEAD_LEN)
        if len(head) < HEAD.size:
            return offset + len(head) == self.size
        opcode, length = HEAD.unpack_from(head)
        known = _LEAST.get(opcode, RECORD_LIMIT) <= length < RECORD_LIMIT
        return known or raw_message_times(head) or self.chunk_adds_up(offset)

    def chunk_adds_up(self, offset: int) -> bool:
        """True when the lengths and times of a chunk are at `offset`; its opcode may be altered."""
        head = self.read(offset, HEAD.size + CHUNK_FIXED.size + 16)
        if len(head) < HEAD.size + CHUNK_FIXED.size + 16:
            return False
        _, length = HEAD.unpack_from(head)
        start_ns, end_ns, _, _, name_len = CHUNK_FIXED.unpack_from(head, HEAD.size)
        if length >= RECORD_LIMIT or not start_ns <= end_ns < TIME_LIMIT or name_len > 8:
            return False
        data_at = CHUNK_FIXED.size + name_len + 8
        (data_len,) = struct.unpack_from("<Q", head, HEAD.size + data_at - 8)
        return data_at + data_len == length

    def find(self, offset: int) -> int:
        """The first place from `offset` on where a record certainly begins; the size of the file when none does."""
        while offset < self.size:
            block = self.read(offset, _SCAN_STEP + HEAD.size - 1)
            for candidate in _CANDIDATE.finditer(block):
                if self._certain(offset + candidate.start()):
                    return offset + candidate.start()
            offset += _SCAN_STEP
        return self.size

    def _certain(self, offset: int) -> bool:
        body = self.read(offset, HEAD.size + 64)
        opcode, length = HEAD.unpack_from(body)
        end = offset + HEAD.size + length
        if length < _LEAST[opcode]:
            return False
        if opcode == Opcode.MESSAGE:
            return length <= MESSAGE.size + BLOCK_LIMIT and raw_message_times(body)
        if opcode == Opcode.CHUNK:
            return self.chunk_adds_up(offset)
        if opcode == Opcode.FOOTER:
            return length == 20 and self.read(end, len(MAGIC)) == MAGIC
        return self.adds_up(offset) or (end < self.size and self.boundary(end))


def raw_message_times(head: bytes) -> bool:
    """True when a message's head names channel `raw` and holds one time (not 0) twice, as every message of ours does.

    Whatever its opcode and length are: one of them may be altered.
    """
    if len(head) < MESSAGE_HEAD_LEN:
        return False
    channel, _, log_ns, publish_ns = MESSAGE.unpack_from(head, HEAD.size)
    return channel == RAW_CHANNEL and 0 < log_ns == publish_ns < TIME_LIMIT


def _strings_fill(body: bytes) -> bool:
    """True when a name and a map of texts, all with their lengths, fill the body of a metadata record exactly."""
    at = 4 + int.from_bytes(body[:4], "little")
    if at + 4 + int.from_bytes(body[at : at + 4], "little") != len(body):
        return False
    at += 4
    while at < len(body):
        at += 4 + int.from_bytes(body[at : at + 4], "little")
    return at == len(body)


def is_message_index(head: bytes) -> bool:
    """True when opcode and both lengths are those of a message index."""
    opcode, length = HEAD.unpack_from(head)
    (entries_len,) = struct.unpack_from("<I", head, HEAD.size + 2)
    return opcode == Opcode.MESSAGE_INDEX and entries_len % 16 == 0 and length == 6 + entries_len
