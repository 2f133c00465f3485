"""Statistics of a stream as it comes by: any length in constant memory."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np

from ..definition import Linear, Stream
from ..sensors.channels import Compensated, Limits
from .batch import SampleBatch
from .columns import Columns
from .jitter import StreamJitter
from .losses import Losses
from .timeline import Timeline
from .waiting import Waiting

LEVELS = ("watch", "warning", "critical")

# Why a sample has no value though no check failed: the coefficients of its sensor did not arrive; its raw value is outside the
# table that calibrates it, or nothing that the compensation could make sense of.
NO_COEFFICIENTS = "no coefficients"
NO_VALUE = "no value"

# Packets of one stream that may wait for coefficients: some minutes of any sensor that has them, at a report a minute.
MOST_WAITING = 1 << 14


@dataclass(slots=True)
class ChannelStatistics:
    """Count, mean, standard deviation, least and greatest of one channel, in its engineering unit; samples without value apart.

    outside: samples outside each range that the channel has limits for, so what is beyond `critical` is in all of them.
    """

    name: str
    unit: str
    limits: Limits | None = None
    count: int = 0
    mean: float = 0.0
    least: float = inf
    greatest: float = -inf
    outside: dict[str, int] = field(default_factory=dict)
    _squares: float = 0.0  # sum of squared distances from the mean

    def __post_init__(self) -> None:
        self.outside = {level: 0 for level in LEVELS if self.limits and getattr(self.limits, level)}

    def add(self, values: np.ndarray) -> None:
        """Take in a batch without nan (Chan, Golub and LeVeque's update, stable however large the mean)."""
        count = len(values)
        if not count:
            return
        mean = float(values.mean())
        step = mean - self.mean
        total = self.count + count
        distances = values - mean
        # Not `@`: BLAS would start threads, which on a busy machine wait for each other longer than the sum takes.
        self._squares += float(np.einsum("i,i->", distances, distances)) + step * step * self.count * count / total
        self.mean += step * count / total
        self.count = total
        least, greatest = float(values.min()), float(values.max())
        self.least = min(self.least, least)
        self.greatest = max(self.greatest, greatest)
        for level in self.outside:
            low, high = getattr(self.limits, level)
            if least < low or greatest > high:
                self.outside[level] += int(((values < low) | (values > high)).sum())

    @property
    def deviation(self) -> float:
        """Standard deviation of the samples; 0.0 for fewer than two."""
        return sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0

    def as_dict(self) -> dict:
        """For JSON; no numbers where there is no value, `outside` where there are limits."""
        numbers = (self.mean, self.deviation, self.least, self.greatest) if self.count else (None,) * 4
        facts = dict(zip(("mean", "deviation", "least", "greatest"), numbers, strict=True))
        return {"unit": self.unit, "count": self.count} | facts | ({"outside": dict(self.outside)} if self.outside else {})


class StreamStatistics:
    """What a stream delivered: samples, the time they span within boots, statistics per channel; its jitter, losses, timeline.

    waits: its compensated values need coefficients from the board. Those from before the first of their boot are taken in when
    these arrive; the rest of a sample is at once.
    """

    def __init__(self, stream: Stream, waits: bool = False):
        self.stream = stream
        self.samples = 0
        self.channels = [ChannelStatistics(channel.name, channel.unit, channel.limits) for channel in stream.channels]
        self.jitter = StreamJitter(stream)
        self.losses = Losses(stream)
        self.timeline = Timeline(stream)
        self._waits = waits
        self._waiting = Waiting(waits, MOST_WAITING)
        late = [waits and isinstance(channel.calibration, Compensated) for channel in stream.channels]
        self._early = [number for number, is_late in enumerate(late) if not is_late]
        self._late = [number for number, is_late in enumerate(late) if is_late]  # channels that wait for coefficients
        self._failed: Counter = Counter()  # samples, by reason
        self._invalid = 0
        self._undecided = 0  # samples that have all but what they wait for
        self._span_ns = 0
        self._intervals = 0
        self._last = -1, 0, 0  # boot, index and time of the newest packet
        self._since_ns = 0

    def add(self, batch: SampleBatch, since_ns: int = 0) -> None:
        """Take in packets of this stream, in order. since_ns: time in the run when the board's was 0."""
        self.samples += len(batch.raw)
        self._since_ns = since_ns
        self.jitter.add(batch)
        self.losses.add(batch)
        self.timeline.count(batch, since_ns)
        self._take(batch)
        if self._late:
            self._take_late(self._waiting.add(batch))
        boot, index, time_ns = self._last
        if boot != batch.boot:
            index, time_ns = int(batch.index[0]), int(batch.time_ns[0])
        self._span_ns += int(batch.time_ns[-1]) - time_ns
        self._intervals += int(batch.index[-1]) - index
        self._last = batch.boot, int(batch.index[-1]), int(batch.time_ns[-1])

    def tell(self, boot: int, coefficients: bytes) -> None:
        """Take note of the coefficients of this stream's sensor in that boot."""
        self._take_late(self._waiting.tell(boot, coefficients))

    @property
    def rate_hz(self) -> float | None:
        """Triggers a second by the board's clock, lost ones included; None before the second packet."""
        return self._intervals * 1e9 / self._span_ns if self._span_ns else None

    @property
    def invalid_samples(self) -> int:
        """Samples that failed a check or are without a value for another reason."""
        return self._invalid + self._undecided

    @property
    def invalid(self) -> dict[str, int]:
        """Of those, how many for each reason that this stream can have; a sample may fail several checks."""
        numbers = {check.reason: self._failed[check.reason] for check in self.stream.checks}
        if self._waits:
            waiting = sum(len(batch.raw) for batch in self._waiting.held)
            numbers[NO_COEFFICIENTS] = self._failed[NO_COEFFICIENTS] + waiting
        if self._failed[NO_VALUE] or not all(isinstance(channel.calibration, Linear) for channel in self.stream.channels):
            numbers[NO_VALUE] = self._failed[NO_VALUE]
        return numbers

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "samples": self.samples,
            "rate_hz": self.rate_hz,
            "invalid_samples": self.invalid_samples,
            "invalid": self.invalid,
            "jitter": self.jitter.triggers.as_dict(),
            "arrival_jitter": self.jitter.arrivals.as_dict(),
            "losses": self.losses.as_dict() | {"by_time": self.timeline.losses()},
            "channels": {channel.name: channel.as_dict() for channel in self.channels},
        }

    def _take(self, batch: SampleBatch) -> None:
        columns = Columns.of(self.stream, batch.raw, batch.coefficients)
        for reason, fails in columns.failed.items():
            self._failed[reason] += int(np.count_nonzero(fails))
        unknown = self._unknown(columns, self._early)
        failed = _any(fails for fails in columns.failed.values() if fails.any())
        unsound = _any([*([] if failed is None else [failed]), *unknown.values()])
        if unsound is not None:
            self._failed[NO_VALUE] += int(np.count_nonzero(unsound if failed is None else unsound & ~failed))
        invalid = 0 if unsound is None else int(np.count_nonzero(unsound))
        self._invalid += invalid
        if self._late:
            self._undecided += len(batch.raw) - invalid
        self._add(batch, columns, self._early, unknown)

    def _take_late(self, batches: list[SampleBatch]) -> None:
        for batch in batches:
            columns = Columns.of(self.stream, batch.raw, batch.coefficients)
            before = [fails for fails in columns.failed.values() if fails.any()]
            before += self._unknown(columns, self._early).values()
            undecided = np.ones(len(batch.raw), bool) if not before else ~_any(before)
            unknown = self._unknown(columns, self._late)
            self._undecided -= int(np.count_nonzero(undecided))
            invalid = int(np.count_nonzero(undecided & _any(unknown.values()))) if unknown else 0
            self._invalid += invalid
            if batch.coefficients is None:
                self._failed[NO_COEFFICIENTS] += len(batch.raw)
            else:
                self._failed[NO_VALUE] += invalid
            self._add(batch, columns, self._late, unknown)

    def _unknown(self, columns: Columns, numbers: list[int]) -> dict[int, np.ndarray]:
        """Which samples have no value, bool (n,), in those of the channels of these numbers where there is one such."""
        unknown = {}
        for number in numbers:
            values = columns.values[self.channels[number].name]
            # A sum is nan if a value is; passes once over what is nearly always without.
            if np.isnan(values.sum()):
                unknown[number] = np.isnan(values)
        return unknown

    def _add(self, batch: SampleBatch, columns: Columns, numbers: list[int], unknown: dict[int, np.ndarray]) -> None:
        cuts = self.timeline.cuts(batch, self._since_ns)
        for number in numbers:
            values = columns.values[self.channels[number].name]
            self.channels[number].add(values[~unknown[number]] if number in unknown else values)
            self.timeline.extend(cuts, number, values, number not in unknown)


def _any(masks: Iterable[np.ndarray]) -> np.ndarray | None:
    """Which samples are in one of these, bool (n,); None where there are none."""
    masks = list(masks)
    return np.logical_or.reduce(masks) if masks else None
