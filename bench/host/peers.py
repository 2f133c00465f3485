"""The same job with what others would take: frames by `split`, C `cobs` and `zlib.crc32`, packets by this or that library.

Each is written as one who knows its tool would. All deliver Columns; none has a ledger, gaps, reboots or duplicates.
"""

import io
import logging
import struct
import zlib
from collections.abc import Iterator

import ccsdspy
import ccsdspy.utils
import construct
import numpy as np
from cobs import cobs

from freefall.definition import Definition, Stream
from freefall_wire import packet

from .columns import Columns, native
from .words import wire_dtype

# It lists the packets that are missing, of corrupted octets thousands: no part of the job, and slow.
logging.getLogger("ccsdspy").setLevel(logging.ERROR)

Packets = dict[int, list[bytes]]  # by APID


def packets(wire: bytes) -> Iterator[bytes]:
    """Every packet whose CRC is right."""
    decode, crc32, number = cobs.decode, zlib.crc32, int.from_bytes
    for part in wire.split(b"\0"):
        if len(part) > 24:
            try:
                data = decode(part)
            except cobs.DecodeError:
                continue
            found = data[:-4]
            if crc32(found) == number(data[-4:], "big"):
                yield found


def by_apid(wire: bytes) -> Packets:
    """The packets of each APID."""
    found: Packets = {}
    for one in packets(wire):
        apid = (one[0] & 7) << 8 | one[1]
        if apid in found:
            found[apid].append(one)
        else:
            found[apid] = [one]
    return found


class WithNumpy:
    """A structured dtype over the packets of each stream: the fastest way by hand."""

    def __init__(self, definition: Definition):
        self._streams = definition.streams
        head = [("primary", "V6"), ("seconds", ">u4"), ("high", "u1"), ("low", ">u2"), ("count", "u1"), ("index", ">u4")]
        self._dtypes = [np.dtype([*head, ("words", wire_dtype(s), s.samples_per_packet)]) for s in self._streams]

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        found = by_apid(wire)
        return [self._columns(stream, own, found[stream.apid]) for stream, own in zip(self._streams, self._dtypes, strict=True)]

    def _columns(self, stream: Stream, dtype: np.dtype, found: list[bytes]) -> Columns:
        rows = np.frombuffer(b"".join(found), np.uint8).reshape(-1, stream.packet_len)
        table = rows[:, : dtype.itemsize].view(dtype)[:, 0]
        fraction = table["high"].astype(np.int64) << 16 | table["low"]
        words = _valid(table["words"], table["count"]).astype(native(stream))
        return Columns(words, table["index"], _ns(table["seconds"], fraction), table["count"])


class WithCcsdspy:
    """ccsdspy's FixedLength of each stream."""

    def __init__(self, definition: Definition):
        self._streams = definition.streams
        self._loaders = [ccsdspy.FixedLength(self._fields(stream)) for stream in self._streams]

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        found = by_apid(wire)
        files = {apid: io.BytesIO(b"".join(own)) for apid, own in found.items()}
        return [self._columns(s, own, files[s.apid]) for s, own in zip(self._streams, self._loaders, strict=True)]

    @staticmethod
    def _fields(stream: Stream) -> list:
        word = wire_dtype(stream)
        order = "little" if word.newbyteorder("<") == word else "big"
        fields = [("seconds", 32), ("fraction", 24), ("count", 8), ("index", 32)]
        fields = [ccsdspy.PacketField(name=name, data_type="uint", bit_length=bits) for name, bits in fields]
        kind = "int" if word.kind == "i" else "uint"
        bits = 8 * word.itemsize
        shape = stream.samples_per_packet
        words = {"name": "words", "data_type": kind, "bit_length": bits, "byte_order": order}
        fields.append(ccsdspy.PacketArray(**words, array_shape=shape, array_order="C"))
        if pad := stream.packet_len - packet.SAMPLES_AT - shape * word.itemsize:
            fields.append(ccsdspy.PacketField(name="pad", data_type="fill", bit_length=8 * pad))
        return fields

    def _columns(self, stream: Stream, loader: ccsdspy.FixedLength, file: io.BytesIO) -> Columns:
        fields = loader.load(file)
        words = _valid(fields["words"], fields["count"]).astype(native(stream), copy=False)
        return Columns(words, fields["index"], _ns(fields["seconds"], fields["fraction"]), fields["count"])


class WithSplitByApid(WithCcsdspy):
    """As ccsdspy's manual has it: one file of packets, split_by_apid, FixedLength of each."""

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        files = ccsdspy.utils.split_by_apid(io.BytesIO(b"".join(packets(wire))))
        return [self._columns(s, own, files[s.apid]) for s, own in zip(self._streams, self._loaders, strict=True)]


class WithStruct:
    """A script: struct.unpack of every packet, in a loop, into lists."""

    def __init__(self, definition: Definition):
        self._streams = definition.streams
        self._layouts = {}
        for stream in self._streams:
            word = wire_dtype(stream)
            order = "<" if word.newbyteorder("<") == word else ">"
            letter = {2: "h", 4: "i"}[word.itemsize]
            words = f"{order}{stream.samples_per_packet}{letter if word.kind == 'i' else letter.upper()}"
            self._layouts[stream.apid] = struct.Struct(words).unpack_from

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        rows = {apid: ([], [], [], []) for apid in self._layouts}
        header = struct.Struct(">IBHBI").unpack_from
        for one in packets(wire):
            apid = (one[0] & 7) << 8 | one[1]
            if apid in rows:
                words, indexes, times, counts = rows[apid]
                seconds, high, low, count, index = header(one, 6)
                words.extend(self._layouts[apid](one, packet.SAMPLES_AT)[:count])
                indexes.append(index)
                times.append((seconds * 1_000_000 + ((high << 16 | low) * 15625 + 131072 >> 18)) * 1000)
                counts.append(count)
        return [
            Columns(np.array(rows[s.apid][0], native(s)), *(np.array(column, np.int64) for column in rows[s.apid][1:]))
            for s in self._streams
        ]


class WithConstruct:
    """construct, compiled."""

    def __init__(self, definition: Definition):
        self._streams = definition.streams
        self._parsers = {stream.apid: self._struct(stream).compile().parse for stream in self._streams}

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        rows = {apid: ([], [], [], []) for apid in self._parsers}
        for one in packets(wire):
            apid = (one[0] & 7) << 8 | one[1]
            if apid in rows:
                words, indexes, times, counts = rows[apid]
                fields = self._parsers[apid](one)
                words.extend(fields.words[: fields.count])
                indexes.append(fields.index)
                times.append((fields.seconds * 1_000_000 + (fields.fraction * 15625 + 131072 >> 18)) * 1000)
                counts.append(fields.count)
        return [
            Columns(np.array(rows[s.apid][0], native(s)), *(np.array(column, np.int64) for column in rows[s.apid][1:]))
            for s in self._streams
        ]

    @staticmethod
    def _struct(stream: Stream) -> construct.Struct:
        word = wire_dtype(stream)
        order = "l" if word.newbyteorder("<") == word else "b"
        one = getattr(construct, f"Int{8 * word.itemsize}{'s' if word.kind == 'i' else 'u'}{order}")
        return construct.Struct(
            "primary" / construct.Bytes(6),
            "seconds" / construct.Int32ub,
            "fraction" / construct.Int24ub,
            "count" / construct.Int8ub,
            "index" / construct.Int32ub,
            "words" / construct.Array(stream.samples_per_packet, one),
        )


def _valid(words: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The samples that there are, (n,), of the places for them, (k, places)."""
    places = words.shape[1]
    return words.reshape(-1) if (count == places).all() else words[np.arange(places) < count[:, np.newaxis]]


def _ns(seconds: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    return (seconds.astype(np.int64) * 1_000_000 + (fraction.astype(np.int64) * 15625 + 131072 >> 18)) * 1000
