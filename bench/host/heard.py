"""What a decoder made of a stream, as arrays, whichever way it was fed: per frame or in bulk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from freefall.decode import Decoder, Gap, Item, Reject, SampleBatch, SamplePacket
from freefall.definition import Definition, Stream

from .paths import PLAIN, Way

Pieces = Sequence[tuple[int, bytes]]  # (host_ns, octets)

PER_PACKET = {"boot": "i8", "index": "i8", "time_ns": "i8", "count": "i8", "missing": "i8", "period_ns": "f8", "host_ns": "i8"}


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Packets of one stream in order of arrival: of each what PER_PACKET names, (k,); of every sample raw, uint8 (n, sensor_len).

    count: samples in it; missing: samples that did not arrive right before it; the others are those of SamplePacket.
    """

    packets: dict[str, np.ndarray]
    raw: np.ndarray

    @classmethod
    def joined(cls, stream: Stream, parts: "Iterable[Heard]") -> "Heard":
        """One after the other."""
        parts = [cls.of_items(stream, []), *parts]
        packets = {name: np.concatenate([part.packets[name] for part in parts]) for name in PER_PACKET}
        return cls(packets, np.concatenate([part.raw for part in parts]))

    @classmethod
    def of_items(cls, stream: Stream, items: Iterable[SamplePacket | Gap]) -> "Heard":
        """Of the packets and gaps of one stream, in order."""
        rows, raw, missing = [], [np.empty((0, stream.sensor_len), np.uint8)], 0
        for item in items:
            if isinstance(item, Gap):
                missing = item.count
            else:
                rows.append((item.boot, item.index, item.time_ns, len(item.raw), missing, item.period_ns, item.host_ns))
                raw.append(item.raw)
                missing = 0
        columns = zip(*rows, strict=True) if rows else [()] * len(PER_PACKET)
        packets = {name: np.array(column, kind) for (name, kind), column in zip(PER_PACKET.items(), columns, strict=True)}
        return cls(packets, np.concatenate(raw))

    @classmethod
    def of_batch(cls, batch: SampleBatch) -> "Heard":
        """Of one batch."""
        own = {"boot": np.full(len(batch.index), batch.boot), "host_ns": batch.host_ns}
        packets = {name: own[name] if name in own else getattr(batch, name) for name in PER_PACKET}
        return cls(packets, batch.raw)

    def same(self, other: "Heard") -> bool:
        """Whether both are equal to the last bit."""
        packets = all(np.array_equal(self.packets[name], other.packets[name]) for name in PER_PACKET)
        return packets and np.array_equal(self.raw, other.raw)


class PerFrame:
    """Decoder.feed, a piece at a time, in one of the ways of paths.py."""

    def __init__(self, definition: Definition, way: Way = PLAIN):
        with way.taken():
            self.decoder = Decoder(definition)
        self._items: list[list[Item]] = [[] for _ in definition.streams]
        self.events: list[Item] = []
        self.rejects: list[Reject] = []

    def feed(self, pieces: Pieces) -> None:
        """Take pieces in."""
        for host_ns, octets in pieces:
            for item in self.decoder.feed(octets, host_ns):
                if isinstance(item, SamplePacket | Gap):
                    self._items[item.stream.number].append(item)
                else:
                    (self.rejects if isinstance(item, Reject) else self.events).append(item)

    def heard(self) -> list[Heard]:
        """What there was of each stream."""
        return [Heard.of_items(stream, items) for stream, items in zip(self.decoder.definition.streams, self._items, strict=True)]


class InBulk:
    """Decoder.feed_many, all pieces given at once, in one of the ways of paths.py."""

    def __init__(self, definition: Definition, way: Way = PLAIN):
        with way.taken():
            self.decoder = Decoder(definition)
        self._way = way
        self._samples: list[list[SampleBatch]] = [[] for _ in definition.streams]
        self.events: list[Item] = []
        self.rejects: list[Reject] = []

    def feed(self, pieces: Pieces) -> None:
        """Take pieces in."""
        with self._way.taken():
            items = self.decoder.feed_many(pieces)
        for item in items:
            if isinstance(item, SampleBatch):
                self._samples[item.stream.number].append(item)
            else:
                (self.rejects if isinstance(item, Reject) else self.events).append(item)

    def heard(self) -> list[Heard]:
        """What there was of each stream."""
        return [
            Heard.joined(stream, map(Heard.of_batch, batches))
            for stream, batches in zip(self.decoder.definition.streams, self._samples, strict=True)
        ]


Listener = PerFrame | InBulk
