"""Statistics of a stream as it comes by: any length in constant memory."""

from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np

from ..definition import Stream
from .columns import engineering_columns, raw_columns
from .items import SamplePacket


@dataclass(slots=True)
class ChannelStatistics:
    """Count, mean, standard deviation, least and greatest of one channel, in its engineering unit."""

    name: str
    unit: str
    count: int = 0
    mean: float = 0.0
    least: float = inf
    greatest: float = -inf
    _squares: float = 0.0  # sum of squared distances from the mean

    def add(self, values: np.ndarray) -> None:
        """Take in a batch (Chan, Golub and LeVeque's update, stable however large the mean)."""
        count = len(values)
        mean = float(values.mean())
        step = mean - self.mean
        total = self.count + count
        self._squares += float(((values - mean) ** 2).sum()) + step * step * self.count * count / total
        self.mean += step * count / total
        self.count = total
        self.least = min(self.least, float(values.min()))
        self.greatest = max(self.greatest, float(values.max()))

    @property
    def deviation(self) -> float:
        """Standard deviation of the samples; 0.0 for fewer than two."""
        return sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "unit": self.unit, "count": self.count, "mean": self.mean, "deviation": self.deviation,
            "least": self.least, "greatest": self.greatest,
        }  # fmt: skip


@dataclass(slots=True)
class StreamStatistics:
    """What a stream delivered: samples, the time they span within boots, and statistics per channel."""

    stream: Stream
    samples: int = 0
    channels: list[ChannelStatistics] = field(default_factory=list)
    _span_ns: float = 0.0
    _intervals: int = 0
    _last: SamplePacket | None = None

    def __post_init__(self) -> None:
        self.channels = [ChannelStatistics(channel.name, channel.unit) for channel in self.stream.channels]

    def add(self, packet: SamplePacket) -> None:
        """Take in one packet of this stream, in order."""
        self.samples += len(packet.raw)
        values = engineering_columns(self.stream, raw_columns(self.stream, packet.raw))
        for channel in self.channels:
            channel.add(values[channel.name])
        last, self._last = self._last, packet
        if last and last.boot == packet.boot:
            self._span_ns += packet.time_ns - last.time_ns
            self._intervals += packet.index - last.index

    @property
    def rate_hz(self) -> float | None:
        """Triggers a second by the board's clock, lost ones included; None before the second packet."""
        return self._intervals * 1e9 / self._span_ns if self._span_ns else None

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "samples": self.samples,
            "rate_hz": self.rate_hz,
            "channels": {channel.name: channel.as_dict() for channel in self.channels},
        }
