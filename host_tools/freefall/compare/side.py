"""One of the two runs, decoded by the piece."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..decode import MOST_WAITING, CoefficientReport, Decoder, Pieces, Reboot, SampleBatch
from ..decode.waiting import Waiting, needs_coefficients
from ..definition import Definition
from .events import EventLog


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Samples of one stream and one boot, in order: index int64, raw uint8 (n, sensor_len), time_ns int64.

    exact: bool (n,), where time_ns is as the board said it, not worked out from the packet's.
    """

    boot: int
    coefficients: bytes | None
    index: np.ndarray
    raw: np.ndarray
    time_ns: np.ndarray
    exact: np.ndarray

    @classmethod
    def of(cls, batch: SampleBatch) -> "Part":
        """Of a batch."""
        first = batch.count.cumsum() - batch.count
        steps = np.arange(len(batch.raw)) - first.repeat(batch.count)
        if batch.times_ns is None:
            exact = np.zeros(len(batch.raw), bool)
            exact[first] = True
            since_ns = np.rint(steps * batch.period_ns.repeat(batch.count)).astype(np.int64)
            time_ns = batch.time_ns.repeat(batch.count) + since_ns
        else:
            exact, time_ns = np.ones(len(batch.raw), bool), batch.times_ns
        return cls(batch.boot, batch.coefficients, batch.index.repeat(batch.count) + steps, batch.raw, time_ns, exact)

    def __len__(self):
        return len(self.index)

    def __getitem__(self, rows) -> "Part":
        """Those samples: a slice, a mask, or numbers."""
        arrays = (own[rows] for own in (self.index, self.raw, self.time_ns, self.exact))
        return Part(self.boot, self.coefficients, *arrays)


class Side:
    """A run as far as it is read. parts: samples that were not yet compared, by stream name, in order."""

    def __init__(self, definition: Definition, chunks: Iterable[tuple[int | None, bytes]]):
        self.definition = definition
        self.decoder = Decoder(definition)
        self.events = EventLog(definition)
        self.ended = False
        self.parts: dict[str, deque[Part]] = {stream.name: deque() for stream in definition.streams}
        self._chunks = iter(chunks)
        self._pieces = Pieces()
        self._waiting = [Waiting(needs_coefficients(definition, stream), MOST_WAITING) for stream in definition.streams]
        self._newest = 0, 0  # boot and on-board time

    @property
    def progress(self) -> tuple[int, int]:
        """Rises as the run is read: boot, and on-board time within."""
        return self._newest

    def advance(self) -> None:
        """Read the next piece, or find that there is none. Raises WrongDefinition."""
        full = (self._pieces.add(octets, host_ns) for host_ns, octets in self._chunks)
        if piece := next(filter(None, full), None) or self._pieces.rest():
            self._take(self.decoder.feed_many(piece))
            return
        self.ended = True
        for stream, waiting in zip(self.definition.streams, self._waiting, strict=True):
            self.parts[stream.name] += map(Part.of, waiting.rest())

    def _take(self, items: list) -> None:
        boot = self._newest[0]
        for item in items:
            if isinstance(item, SampleBatch):
                self._queue(item.stream.number, self._waiting[item.stream.number].add(item))
                self._heard(item.boot, int(item.time_ns[-1]))
                continue
            elif isinstance(item, CoefficientReport):
                for stream in self.definition.streams:
                    if stream.sensor == item.sensor.name:
                        self._queue(stream.number, self._waiting[stream.number].tell(item.boot, item.octets))
            elif isinstance(item, Reboot):
                boot = item.boot
            self.events.add(item, boot)
            if (time_ns := getattr(item, "time_ns", None)) is not None:
                self._heard(boot, time_ns)

    def _queue(self, number: int, batches: list[SampleBatch]) -> None:
        self.parts[self.definition.streams[number].name] += map(Part.of, batches)

    def _heard(self, boot: int, time_ns: int) -> None:
        self._newest = max(self._newest, (boot, time_ns))
