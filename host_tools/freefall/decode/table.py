"""Packets of a stream as one table: indexes, times, raw and engineering values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..definition import Definition, Stream
from .columns import engineering_columns, raw_columns
from .items import Item, SamplePacket


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Samples of one stream, one row each, in order of arrival.

    index, time_ns, boot: int64; raw: int64 by channel name; values: float64 in the channel's unit, by channel name. Shape
    (samples,).
    """

    stream: Stream
    index: np.ndarray
    time_ns: np.ndarray
    boot: np.ndarray
    raw: dict[str, np.ndarray]
    values: dict[str, np.ndarray]

    @classmethod
    def of(cls, stream: Stream, packets: Sequence[SamplePacket]) -> "Table":
        """Of packets of one stream, with the calibration of `stream`."""
        counts = np.array([len(p.raw) for p in packets], np.int64)
        # Rows within their packet: 0, 1, .. anew for each.
        steps = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        period_ns = np.repeat(np.array([p.period_ns for p in packets], np.float64), counts)
        samples = np.concatenate([np.empty((0, stream.sample_len), np.uint8), *(p.raw for p in packets)])
        raw = raw_columns(stream, samples)
        return cls(
            stream=stream,
            index=_each(counts, [p.index for p in packets]) + steps,
            time_ns=_each(counts, [p.time_ns for p in packets]) + np.rint(steps * period_ns).astype(np.int64),
            boot=_each(counts, [p.boot for p in packets]),
            raw=raw,
            values=engineering_columns(stream, raw),
        )

    def __len__(self):
        return len(self.index)


def rows(packet: SamplePacket) -> Table:
    """The table of one packet."""
    return Table.of(packet.stream, [packet])


class Collector:
    """Keeps the sample packets among a decoder's items; other items pass by."""

    def __init__(self, definition: Definition):
        self._definition = definition
        self._packets: list[list[SamplePacket]] = [[] for _ in definition.streams]

    def add(self, items: list[Item]) -> None:
        """Keep the sample packets in `items`."""
        for item in items:
            if isinstance(item, SamplePacket):
                self._packets[item.stream.number].append(item)

    def table(self, stream: str | Stream) -> Table:
        """All that was collected of a stream (or its name), with the collector's calibration. KeyError on an unknown name."""
        name = stream if isinstance(stream, str) else stream.name
        stream = self._definition.stream(name)
        return Table.of(stream, self._packets[stream.number])


def _each(counts: np.ndarray, values: list[int]) -> np.ndarray:
    return np.repeat(np.array(values, np.int64), counts)
