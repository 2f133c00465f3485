"""Packets of a stream as one table: indexes, times, raw and engineering values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ..definition import Definition, Stream
from .batch import SampleBatch, batched, batches
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
    def of(cls, stream: Stream, parts: Sequence[SamplePacket | SampleBatch]) -> "Table":
        """Of samples of one stream, with the calibration of `stream`; each with the coefficients that came with it."""
        own = list(batches(parts))
        counts = _joined([batch.count for batch in own], np.int64)
        # Rows within their packet: 0, 1, .. anew for each.
        steps = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        columns = _columns(stream, own)
        return cls(
            stream=stream,
            index=_joined([batch.index for batch in own], np.int64).repeat(counts) + steps,
            time_ns=_times(stream, counts, steps, own),
            boot=np.repeat(np.array([batch.boot for batch in own], np.int64), [len(batch.raw) for batch in own]),
            raw=columns.raw,
            values=columns.values,
        )

    def __len__(self):
        return len(self.index)


def rows(packet: SamplePacket) -> Table:
    """The table of one packet."""
    return Table.of(packet.stream, [packet])


class Collector:
    """Keeps the samples among a decoder's items; other items pass by.

    Samples from before the first coefficients of their boot that arrived get those too, unless `most_waiting` packets of their
    stream (None: any number) came since.
    """

    def __init__(self, definition: Definition, most_waiting: int | None = None):
        self._definition = definition
        self._kept: list[list[SampleBatch]] = [[] for _ in definition.streams]
        self._waiting = [Waiting(needs_coefficients(definition, stream), most_waiting) for stream in definition.streams]

    def add(self, items: Iterable[Item | SampleBatch]) -> None:
        """Keep the samples in what feed or feed_many gave."""
        for item in batched(items):
            if isinstance(item, SampleBatch):
                number = item.stream.number
                self._kept[number] += self._waiting[number].add(item)
            elif isinstance(item, CoefficientReport):
                for stream in self._definition.streams:
                    if stream.sensor == item.sensor.name:
                        self._kept[stream.number] += self._waiting[stream.number].tell(item.boot, item.octets)

    def table(self, stream: str | Stream) -> Table:
        """All that was collected of a stream (or its name), with the collector's calibration. KeyError on an unknown name."""
        name = stream if isinstance(stream, str) else stream.name
        stream = self._definition.stream(name)
        return Table.of(stream, [*self._kept[stream.number], *self._waiting[stream.number].held])

    def drain(self, at_end: bool = False) -> list[Table]:
        """What was collected of each stream, kept no longer; packets that wait for coefficients come later, or at the end."""
        tables = []
        for stream, waiting in zip(self._definition.streams, self._waiting, strict=True):
            kept = self._kept[stream.number] + (waiting.rest() if at_end else [])
            self._kept[stream.number] = []
            tables.append(Table.of(stream, kept))
        return tables


def _columns(stream: Stream, own: list[SampleBatch]) -> Columns:
    """Of all the samples; those of each part by its own coefficients, where there is a compensation that asks for them."""
    if stream.compensation is None:
        return Columns.of(stream, _samples(stream, own))
    parts = [
        Columns.of(stream, _samples(stream, list(run)), coefficients)
        for coefficients, run in groupby(own, lambda batch: batch.coefficients)
    ]
    return Columns.joined(parts) if parts else Columns.of(stream, _samples(stream, []))


def _samples(stream: Stream, own: list[SampleBatch]) -> np.ndarray:
    if len(own) == 1:
        return own[0].raw
    return np.concatenate([np.empty((0, stream.sensor_len), np.uint8), *(batch.raw for batch in own)])


def _times(stream: Stream, counts: np.ndarray, steps: np.ndarray, own: list[SampleBatch]) -> np.ndarray:
    if stream.times:
        return _joined([batch.times_ns for batch in own], np.int64)
    period_ns = _joined([batch.period_ns for batch in own], np.float64).repeat(counts)
    since_ns = np.rint(steps * period_ns).astype(np.int64)
    return _joined([batch.time_ns for batch in own], np.int64).repeat(counts) + since_ns


def _joined(parts: list[np.ndarray], dtype) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, dtype), *parts])
