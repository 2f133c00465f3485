"""Frames to tables of packets, thousands at a time: the judgement of SPEC 8, by columns instead of frame by frame."""

from dataclasses import dataclass
from itertools import chain
from zlib import crc32

import numpy as np

from freefall_wire import packet
from freefall_wire.frame import CRC_LEN, FRAME_OVERHEAD

from ..definition import Definition, Stream

COBS, CRC, LENGTH, HEADER, APID, SIZE = "cobs", "crc", "length", "header", "apid", "size"

_DELIMITER_LEN = 1
# What crc32 gives for a packet, its CRC with the least significant octet first, and the delimiter: the same for every good frame.
_SOUND = crc32(crc32(b"").to_bytes(CRC_LEN, "little") + b"\0")
# Codes are followed in all frames of a table at once; those that are through are left out every so many steps.
_COMPACT_EVERY = 4
# Codes of so many frames are followed at once: of more, the rows would no longer be in the processor's cache from step to step.
_FOLLOWED_TOGETHER = 1 << 13
_CRCS_TOGETHER = 512


_HEADER = np.dtype(
    {
        "names": ["sequence", "seconds", "fraction_high", "fraction_low", "count", "index"],
        "formats": [">u2", ">u4", "u1", ">u2", "u1", ">u4"],
        "offsets": [2, 6, 10, 11, packet.COUNT_AT, packet.INDEX_AT],
        "itemsize": packet.SAMPLES_AT,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """Good packets of one stream, in order: what their headers say, and their samples.

    int64 (k,): ends, one past the delimiter of each, in the octets they came from; index and sequence as on the wire; time_ns;
    count. samples: uint8 (sum of counts, stream.sample_len), own times included.
    """

    ends: np.ndarray
    index: np.ndarray
    time_ns: np.ndarray
    count: np.ndarray
    sequence: np.ndarray
    samples: np.ndarray

    @classmethod
    def of(cls, stream: Stream, header: np.ndarray, samples: np.ndarray, ends: np.ndarray) -> "Packets":
        """Of packets' headers, uint8 (k, 18), and their samples, uint8 (k * stream.samples_per_packet, stream.sample_len)."""
        fields = header.view(_HEADER)[:, 0]
        index, count, sequence = (fields[name].astype(np.int64) for name in ("index", "count", "sequence"))
        sequence &= packet.SEQUENCE_MODULO - 1
        fraction = fields["fraction_high"].astype(np.int64) << 16 | fields["fraction_low"]
        micros = fraction * 15625 + (1 << 17) >> 18  # as timecode.get_cuc; 10^6 is the next second
        time_ns = (fields["seconds"].astype(np.int64) * 1_000_000 + micros) * 1000
        if len(samples) > count.sum():
            samples = samples[(np.arange(stream.samples_per_packet) < count[:, None]).ravel()]
        return cls(ends, index, time_ns, count, sequence, samples)


@dataclass(frozen=True, slots=True, eq=False)
class Deframed:
    """What became of every stretch between delimiters.

    streams: by stream number. rejects: (start, stop, reason), stop at the delimiter, in no order. others: (start, stop) of the
    stretches not judged here, in order: those as long as no stream's, too long, or of the service APID. idle: delimiters with
    nothing before them.
    """

    streams: list[Packets]
    rejects: list[tuple[int, int, str]]
    others: list[tuple[int, int]]
    idle: int


def deframe(octets: bytes | memoryview, definition: Definition) -> Deframed:
    """Judge the stretches in octets that begin right after a delimiter and end with one (or are none).

    Memory: about three times that of the octets. Work grows with octets and with the most zeros in a frame.
    """
    data = np.frombuffer(octets, np.uint8)
    delimiters = np.flatnonzero(data == 0)
    starts = np.empty_like(delimiters)
    starts[:1] = 0
    starts[1:] = delimiters[:-1] + 1
    sizes = delimiters - starts
    found = Deframed([_none(stream) for stream in definition.streams], [], [], int(np.count_nonzero(sizes == 0)))
    others = sizes > 0
    for packet_len in {stream.packet_len for stream in definition.streams}:
        chosen = sizes == packet_len + FRAME_OVERHEAD - _DELIMITER_LEN
        others &= ~chosen
        if chosen.any():
            unjudged = _table(data, starts[chosen], packet_len, definition, found)
            others[np.searchsorted(starts, unjudged)] = True
    found.others.extend(zip(starts[others].tolist(), delimiters[others].tolist(), strict=True))
    return found


def _none(stream: Stream) -> Packets:
    return Packets(*np.empty((5, 0), np.int64), np.empty((0, stream.sample_len), np.uint8))


def _table(data: np.ndarray, starts: np.ndarray, packet_len: int, definition: Definition, found: Deframed) -> np.ndarray:
    """Judge frames of one length, by where they start; gives the starts of those of the service APID, which are not judged."""
    rows, sound, broken = _decoded(data, starts, packet_len)
    ends = starts + packet_len + FRAME_OVERHEAD
    # Header fields together first: a column of a wide table is as many cache lines as it has rows.
    header = np.ascontiguousarray(rows[:, : packet.SAMPLES_AT])
    words = header[:, :6].copy().view(">u2").astype(np.uint16)
    number = (words[:, 0] & 0x7FF).astype(np.int16) - definition.apid
    in_form = words[:, 2] == packet_len - 7
    in_form &= (words[:, 0] & 0xF800) == 0x0800
    in_form &= words[:, 1] >= 0xC000
    good = sound & in_form
    service = good & (number == 0)
    taken = service.copy()
    for stream in definition.streams:
        if stream.packet_len != packet_len:
            continue
        own = np.flatnonzero(good & (number == stream.number + 1))
        if not len(own):
            continue
        fits = _fits(rows, own, header[own, packet.COUNT_AT], stream)
        if not fits.all():
            own = own[fits]
        taken[own] = True
        samples = _columns(rows, packet.SAMPLES_AT, stream.samples_per_packet * stream.sample_len)[own]
        samples = samples.view(np.uint8).reshape(-1, stream.sample_len)
        found.streams[stream.number] = Packets.of(stream, header[own], samples, ends[own])
    if not taken.all():
        left = np.flatnonzero(~taken)
        known = (number[left] > 0) & (number[left] <= len(definition.streams))
        form = words[left, 2] == packet_len - 7
        reasons = np.where(good[left], np.where(known, SIZE, APID), np.where(sound[left], np.where(form, HEADER, LENGTH), CRC))
        stops = (ends[left] - _DELIMITER_LEN).tolist()
        reasons[broken[left]] = COBS
        found.rejects.extend(zip(starts[left].tolist(), stops, reasons.tolist(), strict=True))
    return starts[service]


def _decoded(data: np.ndarray, starts: np.ndarray, packet_len: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The frames without COBS: uint8 (k, packet_len + 5), packet, CRC (turned round) and delimiter; which of them are sound; and
    which are no COBS, whose octets mean nothing."""
    width = packet_len + CRC_LEN + _DELIMITER_LEN
    windows = np.ndarray((len(data) - width + 1,), f"V{width}", buffer=data, strides=(1,))
    rows = windows[starts + 1].view(np.uint8).reshape(-1, width)
    codes = data[starts]
    together = [slice(at, at + _FOLLOWED_TOGETHER) for at in range(0, len(rows), _FOLLOWED_TOGETHER)]
    broken = np.concatenate([_put_zeros_back(rows[part], codes[part]) for part in together])
    crc = rows[:, packet_len : packet_len + CRC_LEN]
    crc[:] = crc[:, ::-1].copy()
    # By way of bytes objects and C's map, zlib takes half the time that a table and numpy would; a few at a time, they are still
    # in the processor's cache when zlib comes to them.
    packed = rows.view(f"V{width}").ravel()
    few = (packed[at : at + _CRCS_TOGETHER].tolist() for at in range(0, len(packed), _CRCS_TOGETHER))
    crcs = np.fromiter(map(crc32, chain.from_iterable(few)), np.uint32, len(rows))
    sound = crcs == _SOUND
    sound &= ~broken
    return rows, sound, broken


def _put_zeros_back(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Follow the codes of every row, from the first, which stands before it, to the delimiter; bool (k,), which rows miss it."""
    count, width = rows.shape
    flat = rows.reshape(-1)
    ends = np.arange(width - 1, count * width, width)
    at = ends - width + codes
    broken = np.zeros(count, bool)
    numbers = np.arange(count)
    step = 0
    while len(at):
        over = at > ends
        if over.any():
            broken[numbers[over]] = True
            np.minimum(at, ends, out=at)
        if step % _COMPACT_EVERY == 0:
            under_way = at < ends
            if not under_way.all():
                at, ends, numbers = at[under_way], ends[under_way], numbers[under_way]
        # A row that is through stands on its delimiter, and stays there.
        codes = flat.take(at)
        flat[at] = 0
        at += codes
        step += 1
    return broken


def _columns(rows: np.ndarray, start: int, octets: int) -> np.ndarray:
    """So many columns of rows, uint8 (k, width), as one void each: numpy copies those a row at a time."""
    return np.ndarray(len(rows), f"V{octets}", rows, start, rows.strides[:1])


def _fits(rows: np.ndarray, own: np.ndarray, counts: np.ndarray, stream: Stream) -> np.ndarray:
    """Which of its own packets are as SPEC 6 has them: a sample count of 1..N, and zeros after the last sample."""
    stop = packet.SAMPLES_AT + stream.samples_per_packet * stream.sample_len
    fits = (counts >= 1) & (counts <= stream.samples_per_packet)
    for octet in range(stop, stream.packet_len):
        fits &= rows[own, octet] == 0
    partial = np.flatnonzero(fits & (counts < stream.samples_per_packet))
    if len(partial):
        used = counts[partial, None].astype(np.int64) * stream.sample_len
        unused = np.arange(stop - packet.SAMPLES_AT) >= used
        fits[partial] = ~(unused & (rows[own[partial], packet.SAMPLES_AT : stop] != 0)).any(axis=1)
    return fits
