"""Octets of a board that samples and sends, millions of frames in seconds, and beside them the truth about every one.

The wire of SPEC.md in numpy: a slab of frames, one of each stream in turn, is a table, and the fields of the packets its columns;
the CRC is worked out for all packets of a stream together, and COBS for all of the slab at once.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from freefall.definition import Definition, Stream
from freefall_wire import WIRE_FORMAT, frame, packet, reports, timecode

from .words import Words, wire_dtype

_HEADER = [("first", ">u2"), ("sequence", ">u2"), ("length", ">u2"), ("seconds", ">u4"), ("fraction", "u1", 3), ("count", "u1")]
_HEADER += [("index", ">u4")]
_VERSION = bytes((0, 1, 2, WIRE_FORMAT))
_BEGIN_US = 250_000  # from power-up to the first sample

# One frame sent. stream: its number, -1 for a service packet; boot: from 0, and a clock that is set back begins another, as no
# receiver can tell the two apart; index and count: of its samples; time_us: the packet's.
FRAME = np.dtype([("stream", "i1"), ("boot", "i8"), ("index", "i8"), ("time_us", "i8"), ("count", "i8")])


@dataclass(frozen=True, slots=True)
class LedgerSent:
    """What one ledger report says: `frame` is its number among the frames sent."""

    frame: int
    boot: int
    stream: int
    seen: int
    samples_sent: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Octets in the order they left the board (uint8), the frames in them (FRAME), and what its ledger reports say.

    boots: numbers of the frames that are boot events.
    """

    wire: np.ndarray
    frames: np.ndarray
    ledgers: tuple[LedgerSent, ...] = ()
    boots: tuple[int, ...] = ()

    @classmethod
    def joined(cls, parts: "Sequence[Sent]") -> "Sent":
        """One after the other."""
        ledgers, boots, before = [], [], 0
        for part in parts:
            for own in part.ledgers:
                ledgers.append(LedgerSent(own.frame + before, own.boot, own.stream, own.seen, own.samples_sent))
            boots += (number + before for number in part.boots)
            before += len(part.frames)
        wires, frames = [part.wire for part in parts], [part.frames for part in parts]
        return cls(np.concatenate(wires), np.concatenate(frames), tuple(ledgers), tuple(boots))


@dataclass(slots=True)
class _StreamState:
    """One stream in this boot."""

    index: int = 0
    sequence: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))


_COUNTED = ("bus_errors", "overruns", "samples_sent", "samples_dropped", "packets_sent", "packets_dropped")


class Board:
    """Sends samples of `words`. hiccups: how often, of 1, a packet ends early, and how often one is not accepted by the link.

    After a packet that ends early up to five samples are lost to bus errors or overruns, or none is; all of it is in the ledger.
    """

    def __init__(self, definition: Definition, words: Words, random: np.random.Generator, hiccups: float = 0.0):
        self.definition = definition
        self._boots = 0
        self._epoch = -1  # what FRAME calls the boot
        self._words = words
        self._random = random
        self._hiccups = hiccups
        self._layout = np.dtype([(stream.name, _layout(stream)) for stream in definition.streams])

    def boot(self) -> Sent:
        """Begins anew, and says so: a boot event and the reports before the first sample."""
        self._boots += 1
        self._epoch += 1
        self._clock_us = _BEGIN_US + self._boots
        self._streams = [_StreamState() for _ in self.definition.streams]
        self._service_built = 0
        self._type_counts: dict[tuple[int, int], int] = {}
        identity = self.definition.definition_id.to_bytes(4, "big")
        values = reports.BOOT, self._boots, _VERSION, identity, reports.POWER_ON, reports.NO_SLOT, 0
        source = struct.pack(reports.BOOT_LAYOUT, *values)
        event = self._service(reports.EVENT, reports.INFORMATIVE, reports.EVENT_LEN, source)
        begin = Sent(np.frombuffer(b"\0" + event, np.uint8), self._service_frames(1), boots=(0,))
        return Sent.joined([begin, self.report()])

    def jump(self, microseconds: int) -> None:
        """The board's clock is set forward, or back. ValueError for a time before zero, which no packet can tell."""
        if self.now_us + microseconds < 0:
            raise ValueError(f"a clock at {self.now_us} us cannot be set back by {-microseconds} us")
        self._clock_us += microseconds
        self._epoch += microseconds < 0

    def report(self) -> Sent:
        """A housekeeping set: the ledger of every stream, then the board's report."""
        octets, ledgers = bytearray(), []
        for number, state in enumerate(self._streams):
            c = state.counts
            framed = c["samples_sent"] + c["samples_dropped"]
            seen = framed + c["bus_errors"] + c["overruns"]
            values = [seen, framed, c["bus_errors"], c["overruns"], framed, 0, c["samples_sent"], c["samples_dropped"]]
            values = [value & reports.COUNTER_MASK for value in (*values, c["packets_sent"], c["packets_dropped"])]
            source = struct.pack(reports.LEDGER_LAYOUT, reports.LEDGER_SID + number, 7, *values, 60, 0)
            octets += self._service(reports.HOUSEKEEPING, reports.PARAMETER_REPORT, reports.LEDGER_LEN, source)
            ledgers.append(LedgerSent(number, self._epoch, number, seen, c["samples_sent"]))
        identity = self.definition.definition_id.to_bytes(4, "big")
        values = reports.BOARD_SID, reports.POWER_ON, len(self._streams), self._boots, _VERSION, identity
        source = struct.pack(reports.BOARD_LAYOUT, *values, 900, 261, 8192, self._service_built, 0)
        octets += self._service(reports.HOUSEKEEPING, reports.PARAMETER_REPORT, reports.BOARD_LEN, source)
        return Sent(np.frombuffer(bytes(octets), np.uint8), self._service_frames(len(ledgers) + 1), tuple(ledgers))

    def run(self, cycles: int) -> Sent:
        """So many packets of each stream, in turn; no report."""
        table = np.zeros(cycles, self._layout)
        frames = np.empty((cycles, len(self.definition.streams)), FRAME)
        octets = table.view(np.uint8).reshape(cycles, self._layout.itemsize)
        for stream in self.definition.streams:
            self._fill(stream, table[stream.name], frames[:, stream.number])
            at = self._layout.fields[stream.name][1] + 1
            packets = octets[:, at : at + stream.packet_len]
            table[stream.name]["crc"] = crc32(packets)
        encode(octets, [self._layout.fields[name][1] for name in self._layout.names])
        return Sent(octets.reshape(-1), frames.reshape(-1))

    @property
    def now_us(self) -> int:
        """By the board's clock: the newest sample's."""
        passed = (state.index * _period_us(self.definition.streams[number]) for number, state in enumerate(self._streams))
        return self._clock_us + max(passed)

    def _fill(self, stream: Stream, rows: np.ndarray, frames: np.ndarray) -> None:
        """The packets of one stream but their CRC, and the truth about them."""
        state, most, many = self._streams[stream.number], stream.samples_per_packet, len(rows)
        counts, skipped, dropped = self._fate(most, many, state)
        after = np.cumsum(counts + skipped + dropped * most)
        index = state.index + after - (counts + skipped + dropped * most)
        sequence = state.sequence + np.arange(many) + np.cumsum(dropped) - dropped
        time_us = self._clock_us + index * _period_us(stream)
        seconds, micros = np.divmod(time_us, 1_000_000)
        fraction = ((micros << 24) + 500_000) // 1_000_000
        rows["first"] = 0x0800 | stream.apid
        rows["sequence"] = 0xC000 | sequence % packet.SEQUENCE_MODULO
        rows["length"] = stream.packet_len - 7
        rows["seconds"] = seconds
        rows["fraction"] = fraction.astype(">u4").view(np.uint8).reshape(many, 4)[:, 1:]
        rows["count"] = counts
        rows["index"] = index % 2**32
        places = np.arange(most)
        rows["samples"] = self._words.of(stream, self._epoch, index[:, np.newaxis] + places)
        short = np.flatnonzero(counts < most)
        rows["samples"][short] *= places < counts[short, np.newaxis]
        for name, values in zip(FRAME.names, (stream.number, self._epoch, index, time_us, counts), strict=True):
            frames[name] = values
        state.index += int(after[-1])
        state.sequence = int(sequence[-1] + 1 + dropped[-1])
        state.counts["samples_sent"] += int(counts.sum())
        state.counts["packets_sent"] += many

    def _fate(self, most: int, many: int, state: _StreamState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each packet how many samples it has, how many are not in any after it, and whether one was dropped after it."""
        counts, skipped, dropped = np.full(many, most), np.zeros(many, np.int64), np.zeros(many, np.int64)
        if self._hiccups:
            early = np.flatnonzero(self._random.random(many) < self._hiccups)
            counts[early] = self._random.integers(1, most, len(early), endpoint=True)
            skipped[early] = self._random.integers(0, 5, len(early), endpoint=True)
            dropped[self._random.random(many) < self._hiccups] = 1
            errors = self._random.random(many) < 0.5
            state.counts["bus_errors"] += int(skipped[errors].sum())
            state.counts["overruns"] += int(skipped[~errors].sum())
            state.counts["samples_dropped"] += int(dropped.sum()) * most
            state.counts["packets_dropped"] += int(dropped.sum())
        return counts, skipped, dropped

    def _service(self, service: int, subtype: int, length: int, source: bytes) -> bytes:
        """The frame of a service packet, with its delimiter."""
        octets = bytearray(length)
        count = self._type_counts.get((service, subtype), 0)
        self._type_counts[service, subtype] = count + 1
        packet.put_primary(octets, 0, self.definition.apid, self._service_built % packet.SEQUENCE_MODULO, length)
        packet.put_service(octets, 0, service, subtype, count % 65536)
        timecode.put_cuc(octets, packet.SERVICE_TIME_AT, *divmod(self.now_us, 1_000_000))
        octets[packet.SOURCE_DATA_AT : packet.SOURCE_DATA_AT + len(source)] = source
        self._service_built += 1
        return frame.encode(octets) + frame.DELIMITER

    def _service_frames(self, many: int) -> np.ndarray:
        return np.array([(-1, self._epoch, 0, self.now_us, 0)] * many, FRAME)


def crc32(packets: np.ndarray) -> np.ndarray:
    """uint32 (n,): the CRC-32 of each of these packets, uint8 (n, even length), whose octets lie side by side."""
    crc = np.full(len(packets), 0xFFFFFFFF, np.uint32)
    for pair in np.ascontiguousarray(packets.view("<u2").T):
        low = crc.astype(np.uint16) ^ pair
        crc >>= np.uint32(16)
        crc ^= _CRC_OF_TWO.take(low)
    return ~crc


def encode(octets: np.ndarray, starts: Sequence[int]) -> None:
    """COBS, in place, of rows of frames (uint8, whole rows side by side) that begin at these columns.

    Each frame is an octet of 0 for its code, its data, and its delimiter; frames fill the row. From one zero to the next it is at
    most 253 octets, so each zero, that before the data too, becomes the way to the next.
    """
    flat = octets.reshape(-1)
    zeros = np.flatnonzero(flat == 0)
    flat[zeros[:-1]] = np.diff(zeros)
    octets[:, [start - 1 for start in starts]] = 0


def _layout(stream: Stream) -> np.dtype:
    """A frame of that stream as a row: octet 0 is COBS's code."""
    pad = stream.packet_len - packet.SAMPLES_AT - stream.samples_per_packet * stream.sample_len
    fields = [("code", "u1"), *_HEADER, ("samples", wire_dtype(stream), stream.samples_per_packet), ("pad", "u1", pad)]
    return np.dtype([*fields, ("crc", ">u4"), ("delimiter", "u1")])


def _period_us(stream: Stream) -> int:
    return round(1e6 / stream.rate_hz)


def _crc_of_two() -> np.ndarray:
    """What two octets, as a number with the first one low, make of a CRC of zero."""
    crc = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(16):
        crc = crc >> np.uint32(1) ^ np.uint32(0xEDB88320) * (crc & np.uint32(1))
    return crc


_CRC_OF_TWO = _crc_of_two()
