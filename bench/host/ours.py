"""Freefall's own decoders, as the bench has to call them: Columns out. Ledger, gaps, reboots and duplicates come with it."""

from collections.abc import Callable

import numpy as np

from freefall.decode import Decoder, SampleBatch, SamplePacket
from freefall.decode.pieces import PIECE_OCTETS
from freefall.definition import Definition, Stream
from freefall_wire.frame import FRAME_OVERHEAD

from .columns import Columns, native
from .paths import PLAIN, Way
from .words import wire_dtype

Decode = Callable[[bytes], list[Columns]]

_READ = 64 << 10  # octets that are fed at once


class PerFrame:
    """Decoder.feed, as live data are decoded, in one of the ways of paths.py."""

    def __init__(self, definition: Definition, way: Way = PLAIN):
        self._definition = definition
        self._way = way

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        found: list[list[SamplePacket]] = [[] for _ in self._definition.streams]
        with self._way.taken():
            decoder = Decoder(self._definition)
            for at in range(0, len(wire), _READ):
                for item in decoder.feed(wire[at : at + _READ], at):
                    if isinstance(item, SamplePacket):
                        found[item.stream.number].append(item)
        return [self._columns(stream, own) for stream, own in zip(self._definition.streams, found, strict=True)]

    @staticmethod
    def _columns(stream: Stream, own: list[SamplePacket]) -> Columns:
        words = np.concatenate([p.raw for p in own])
        index, time_ns = np.array([p.index for p in own], np.int64), np.array([p.time_ns for p in own], np.int64)
        words = words.view(wire_dtype(stream))[:, 0].astype(native(stream))
        return Columns(words, index, time_ns, np.array([len(p.raw) for p in own], np.int64))


class InBulk:
    """Decoder.feed_many, as recordings are decoded, in one of the ways of paths.py.

    The columns are filled anew by the next call on the same octets: one who works through recordings keeps such room, and new
    pages would cost more than decoding. Nor is it decoding to cut the octets into the pieces that a recording is read in.
    """

    def __init__(self, definition: Definition, way: Way = PLAIN):
        self._definition = definition
        self._way = way
        self._wire: bytes | None = None
        self._pieces: list[tuple[int, bytes]] = []
        self._found: list[_Filling] = []

    def __call__(self, wire: bytes) -> list[Columns]:
        """Of all that is on this wire."""
        if wire is not self._wire:
            self._wire = wire
            self._pieces = [(begin, wire[begin : begin + PIECE_OCTETS]) for begin in range(0, len(wire), PIECE_OCTETS)]
            self._found = [_Filling(stream, len(wire)) for stream in self._definition.streams]
        for filling in self._found:
            filling.begin()
        with self._way.taken():
            decoder = Decoder(self._definition)
            for piece in self._pieces:
                for item in decoder.feed_many([piece]):
                    if isinstance(item, SampleBatch):
                        self._found[item.stream.number].take(item)
        return [filling.columns for filling in self._found]


class _Filling:
    """Columns of one stream with room for all that so many octets can hold: what is never filled costs nothing."""

    def __init__(self, stream: Stream, octets: int):
        packets = octets // (stream.packet_len + FRAME_OVERHEAD) + 1
        self._words = np.empty(packets * stream.samples_per_packet, native(stream))
        self._by_packet = [np.empty(packets, np.int64) for _ in range(3)]
        self._word = wire_dtype(stream)
        self.begin()

    def begin(self) -> None:
        """Nothing is filled."""
        self._samples = self._packets = 0

    def take(self, batch: SampleBatch) -> None:
        """Add what is in a batch."""
        samples, packets = self._samples + len(batch.raw), self._packets + len(batch.index)
        self._words[self._samples : samples] = batch.raw.view(self._word)[:, 0]
        for column, values in zip(self._by_packet, (batch.index, batch.time_ns, batch.count), strict=True):
            column[self._packets : packets] = values
        self._samples, self._packets = samples, packets

    @property
    def columns(self) -> Columns:
        """What was filled."""
        return Columns(self._words[: self._samples], *(column[: self._packets] for column in self._by_packet))


def feed(definition: Definition, pieces: list[bytes], way: Way) -> None:
    """A live link: each piece as it comes."""
    with way.taken():
        decoder = Decoder(definition)
        for piece in pieces:
            decoder.feed(piece)


def feed_many(definition: Definition, pieces: list[bytes], way: Way) -> None:
    """A link that is looked at now and then: pieces come as they were read, 4 KiB of them at a time."""
    most = max(1, 4096 // len(pieces[0]))
    with way.taken():
        decoder = Decoder(definition)
        for at in range(0, len(pieces), most):
            decoder.feed_many([(at, piece) for piece in pieces[at : at + most]])
