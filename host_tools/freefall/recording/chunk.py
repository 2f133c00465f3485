"""Chunks of an MCAP file: what is inside one, checked."""

import io
import struct
import zlib
from dataclasses import dataclass

import lz4.frame
import zstandard
from mcap.opcode import Opcode

from .octets import CHUNK_FIXED
from .profile import HEAD, MESSAGE, RAW_CHANNEL, RECORD_LIMIT, TIME_LIMIT

_MESSAGE = int(Opcode.MESSAGE)
_MESSAGE_LEAST = MESSAGE.size
_MESSAGE_RECORD = struct.Struct(HEAD.format + "H4xQ8x")  # MESSAGE without its sequence and its second time


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk record; `data` is None when what is inside cannot be trusted (cut, altered, unknown compression).

    data: the chunk's records, from `begin` on; what is not compressed stays where it is, in the body. data_at: octets from the
    start of the body to the data. in_clear: the data is not compressed. stored_crc: CRC-32 of the data as it stands in the body;
    means nothing where data is None.
    """

    start_ns: int
    data: bytes | None
    begin: int
    data_at: int
    in_clear: bool
    stored_crc: int


def parse_chunk(body: bytes, length: int) -> Chunk | None:
    """The chunk in the body of a record that should have `length` octets; None when it makes no sense as a chunk."""
    if len(body) < CHUNK_FIXED.size:
        return None
    start_ns, _, size, crc, name_len = CHUNK_FIXED.unpack_from(body)
    data_at = CHUNK_FIXED.size + name_len + 8
    if name_len > 8 or len(body) < data_at:
        return None
    name = body[CHUNK_FIXED.size : CHUNK_FIXED.size + name_len]
    (data_len,) = struct.unpack_from("<Q", body, data_at - 8)
    data, begin, stored_crc = None, 0, 0
    if len(body) == length == data_at + data_len:
        stored = memoryview(body)[data_at:]
        stored_crc = zlib.crc32(stored)
        data, begin = (_expanded(name, stored), 0) if name else (body, data_at)
        if data is not None and (len(data) - begin != size or (crc and crc != (zlib.crc32(data) if name else stored_crc))):
            data = None
    return Chunk(min(start_ns, TIME_LIMIT - 1), data, begin, data_at, name_len == 0, stored_crc)


def raw_messages(data: bytes, begin: int = 0) -> list[tuple[int, bytes]] | None:
    """(time in ns, octets) of each raw message in the data of a chunk, from `begin` on; None when its records do not add up."""
    found = []
    at, end = begin, len(data)
    head_of, head_len, data_at = _MESSAGE_RECORD.unpack_from, HEAD.size, _MESSAGE_RECORD.size
    # Nearly all of replaying, decoding and exporting a recording of short reads goes through here: nothing twice, nothing unused.
    while end - at >= data_at:
        opcode, length, channel, host_ns = head_of(data, at)
        start = at + data_at
        at += head_len + length
        if opcode == _MESSAGE:
            if length < _MESSAGE_LEAST or host_ns >= TIME_LIMIT:
                return None
            if channel == RAW_CHANNEL:
                found.append((host_ns, data[start:at]))
    while end - at >= head_len:  # too little for a message, not for another record
        opcode, length = HEAD.unpack_from(data, at)
        if opcode == _MESSAGE:
            return None
        at += head_len + length
    return found if at == end else None


def _expanded(name: bytes, data: memoryview) -> bytes | None:
    """Data without its compression (MCAP tools compress when they copy); never more than RECORD_LIMIT octets."""
    try:
        if name == b"zstd":
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read(RECORD_LIMIT)
        if name == b"lz4":
            return lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=RECORD_LIMIT)
    except (zstandard.ZstdError, RuntimeError, MemoryError):  # lz4 raises RuntimeError
        return None
    return None
