"""Packets of a stream as one table: indexes, times, raw and engineering values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ..definition import Definition, Stream
from .columns import Columns
from .items import Item, SamplePacket
from .reports import CoefficientReport
from .waiting import Waiting, needs_coefficients


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Samples of one stream, one row each, in order of arrival.

    index, time_ns, boot: int64; raw: int64 by channel name; values: float64 in the channel's unit, by channel name, nan where
    there is none (see Columns). Shape (samples,).
    """

    stream: Stream
    index: np.ndarray
    time_ns: np.ndarray
    boot: np.ndarray
    raw: dict[str, np.ndarray]
    values: dict[str, np.ndarray]

    @classmethod
    def of(cls, stream: Stream, packets: Sequence[SamplePacket]) -> "Table":
        """Of packets of one stream, with the calibration of `stream`; each with the coefficients that came with it."""
        counts = np.array([len(p.raw) for p in packets], np.int64)
        # Rows within their packet: 0, 1, .. anew for each.
        steps = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        samples = np.concatenate([np.empty((0, stream.sensor_len), np.uint8), *(p.raw for p in packets)])
        columns = _columns(stream, samples, counts, packets)
        return cls(
            stream=stream,
            index=_each(counts, [p.index for p in packets]) + steps,
            time_ns=_times(stream, counts, steps, packets),
            boot=_each(counts, [p.boot for p in packets]),
            raw=columns.raw,
            values=columns.values,
        )

    def __len__(self):
        return len(self.index)


def rows(packet: SamplePacket) -> Table:
    """The table of one packet."""
    return Table.of(packet.stream, [packet])


class Collector:
    """Keeps the sample packets among a decoder's items; other items pass by.

    Samples from before the first coefficients of their boot that arrived get those too, unless `most_waiting` packets of their
    stream (None: any number) came since.
    """

    def __init__(self, definition: Definition, most_waiting: int | None = None):
        self._definition = definition
        self._packets: list[list[SamplePacket]] = [[] for _ in definition.streams]
        self._waiting = [Waiting(needs_coefficients(definition, stream), most_waiting) for stream in definition.streams]

    def add(self, items: list[Item]) -> None:
        """Keep the sample packets in `items`."""
        for item in items:
            if isinstance(item, SamplePacket):
                number = item.stream.number
                self._packets[number] += self._waiting[number].add(item)
            elif isinstance(item, CoefficientReport):
                for stream in self._definition.streams:
                    if stream.sensor == item.sensor.name:
                        self._packets[stream.number] += self._waiting[stream.number].tell(item.boot, item.octets)

    def table(self, stream: str | Stream) -> Table:
        """All that was collected of a stream (or its name), with the collector's calibration. KeyError on an unknown name."""
        name = stream if isinstance(stream, str) else stream.name
        stream = self._definition.stream(name)
        return Table.of(stream, [*self._packets[stream.number], *self._waiting[stream.number].held])

    def drain(self, at_end: bool = False) -> list[Table]:
        """What was collected of each stream, kept no longer; packets that wait for coefficients come later, or at the end."""
        tables = []
        for stream, waiting in zip(self._definition.streams, self._waiting, strict=True):
            packets = self._packets[stream.number] + (waiting.rest() if at_end else [])
            self._packets[stream.number] = []
            tables.append(Table.of(stream, packets))
        return tables


def _columns(stream: Stream, samples: np.ndarray, counts: np.ndarray, packets: Sequence[SamplePacket]) -> Columns:
    """Of all the samples; those of each part by its own coefficients, where there is a compensation that asks for them."""
    if stream.compensation is None:
        return Columns.of(stream, samples)
    parts, at = [], 0
    for coefficients, run in groupby(zip(packets, counts.tolist(), strict=True), lambda pair: pair[0].coefficients):
        stop = at + sum(count for _, count in run)
        parts.append(Columns.of(stream, samples[at:stop], coefficients))
        at = stop
    return Columns.joined(parts) if parts else Columns.of(stream, samples)


def _times(stream: Stream, counts: np.ndarray, steps: np.ndarray, packets: Sequence[SamplePacket]) -> np.ndarray:
    if stream.times:
        return np.concatenate([np.empty(0, np.int64), *(p.times_ns for p in packets)])
    period_ns = np.repeat(np.array([p.period_ns for p in packets], np.float64), counts)
    return _each(counts, [p.time_ns for p in packets]) + np.rint(steps * period_ns).astype(np.int64)


def _each(counts: np.ndarray, values: list[int]) -> np.ndarray:
    return np.repeat(np.array(values, np.int64), counts)
