"""Statistics of a stream as it comes by: any length in constant memory."""

from collections import Counter
from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np

from ..definition import Linear, Stream
from ..sensors.channels import Compensated, Limits
from .batch import SampleBatch
from .columns import Columns
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
        self._squares += float(((values - mean) ** 2).sum()) + step * step * self.count * count / total
        self.mean += step * count / total
        self.count = total
        self.least = min(self.least, float(values.min()))
        self.greatest = max(self.greatest, float(values.max()))
        for level in self.outside:
            low, high = getattr(self.limits, level)
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


@dataclass(slots=True)
class StreamStatistics:
    """What a stream delivered: samples, the time they span within boots, and statistics per channel.

    waits: its compensated values need coefficients from the board. Those from before the first of their boot are taken in when
    these arrive; the rest of a sample is at once.
    """

    stream: Stream
    waits: bool = False
    samples: int = 0
    channels: list[ChannelStatistics] = field(default_factory=list)
    _failed: Counter = field(default_factory=Counter)  # samples, by reason
    _invalid: int = 0
    _undecided: int = 0  # samples that have all but what they wait for
    _waiting: Waiting | None = None
    _early: list[ChannelStatistics] = field(default_factory=list)
    _late: list[ChannelStatistics] = field(default_factory=list)  # those that wait for coefficients
    _span_ns: float = 0.0
    _intervals: int = 0
    _last: tuple[int, int, int] = (-1, 0, 0)  # boot, index and time of the newest packet

    def __post_init__(self) -> None:
        self._waiting = Waiting(self.waits, MOST_WAITING)
        for channel in self.stream.channels:
            own = ChannelStatistics(channel.name, channel.unit, channel.limits)
            self.channels.append(own)
            late = self.waits and isinstance(channel.calibration, Compensated)
            (self._late if late else self._early).append(own)

    def add(self, batch: SampleBatch) -> None:
        """Take in packets of this stream, in order."""
        self.samples += len(batch.raw)
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
        if self.waits:
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
            "channels": {channel.name: channel.as_dict() for channel in self.channels},
        }

    def _take(self, batch: SampleBatch) -> None:
        columns = Columns.of(self.stream, batch.raw, batch.coefficients)
        for reason, fails in columns.failed.items():
            self._failed[reason] += int(fails.sum())
        passed = _passed(columns, len(batch.raw))
        sound = _known(columns, self._early, passed)
        self._failed[NO_VALUE] += int((passed & ~sound).sum())
        self._invalid += int((~sound).sum())
        if self._late:
            self._undecided += int(sound.sum())
        _add(columns, self._early)

    def _take_late(self, batches: list[SampleBatch]) -> None:
        for batch in batches:
            columns = Columns.of(self.stream, batch.raw, batch.coefficients)
            undecided = _known(columns, self._early, _passed(columns, len(batch.raw)))
            self._undecided -= int(undecided.sum())
            invalid = int((undecided & ~_known(columns, self._late, undecided)).sum())
            self._invalid += invalid
            if batch.coefficients is None:
                self._failed[NO_COEFFICIENTS] += len(batch.raw)
            else:
                self._failed[NO_VALUE] += invalid
            _add(columns, self._late)


def _passed(columns: Columns, samples: int) -> np.ndarray:
    """Which samples failed no check."""
    passed = np.ones(samples, bool)
    for fails in columns.failed.values():
        passed &= ~fails
    return passed


def _known(columns: Columns, channels: list[ChannelStatistics], among: np.ndarray) -> np.ndarray:
    """Which of the samples in `among` have values in all of these channels."""
    for channel in channels:
        among = among & ~np.isnan(columns.values[channel.name])
    return among


def _add(columns: Columns, channels: list[ChannelStatistics]) -> None:
    for channel in channels:
        values = columns.values[channel.name]
        channel.add(values[~np.isnan(values)])
