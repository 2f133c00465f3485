"""One stream as it is watched: rate, newest values, levels and recent past."""

import numpy as np

from ..decode import LEVELS, SampleBatch, Table
from ..definition import Channel, Linear, Stream
from .levels import ChannelLevel, Crossing
from .rates import Rate
from .snapshot import ChannelView, decimals_of
from .trace import Trace

# A stream is quiet when it has been silent for so many of its packets, and this long.
_QUIET_PACKETS = 3
_QUIET_NS = 1_000_000_000
# Samples farther apart than so many periods have others missing between them.
_BREAK_PERIODS = 2.5


class WatchedStream:
    """Takes in the packets of one stream, in order."""

    def __init__(self, stream: Stream):
        self.stream = stream
        self.rate = Rate()
        self.trace = Trace(len(stream.channels))
        self._levels = {channel.name: ChannelLevel(channel) for channel in stream.channels if channel.limits}
        self._newest: list[float | None] = [None] * len(stream.channels)
        self._samples = 0
        self._host_ns: int | None = None
        self.runs_at(stream.rate_hz)

    def runs_at(self, rate_hz: float) -> None:
        """The rate that it is set to; 0.0: it is off, and nothing is to come."""
        self.nominal_hz = rate_hz
        stream, self.break_s, self._quiet_ns = self.stream, None, None
        if rate_hz and stream.trigger != "pulse":
            self.break_s = _BREAK_PERIODS / rate_hz
            packet_s = max(1 / rate_hz, min(stream.samples_per_packet / rate_hz, stream.max_latency_ms / 1000))
            self._quiet_ns = round(_QUIET_PACKETS * packet_s * 1e9) + _QUIET_NS

    def add(self, batch: SampleBatch, anchor_ns: int) -> tuple[int, list[tuple[Crossing, Channel]]]:
        """The plots' time of the newest sample of a batch, and the limits crossed in it.

        anchor_ns: on-board time 0 of its boot, in the plots' time.
        """
        # A packet's time is that of its first sample, so it counts with the next packet.
        before = self._samples + batch.count.cumsum() - batch.count
        for time_ns, samples in zip(batch.time_ns.tolist(), before.tolist(), strict=True):
            self.rate.mark(time_ns, samples)
        self._samples += len(batch.raw)
        self._host_ns = int(batch.host_ns[-1])
        table = Table.of(self.stream, [batch])
        times_ns = table.time_ns + anchor_ns
        values = np.array([table.values[channel.name] for channel in self.stream.channels])
        self._newest = [None if np.isnan(value) else float(value) for value in values[:, -1]]
        self.trace.add(times_ns, values)
        crossings = []
        for channel in self.stream.channels:
            if channel.name in self._levels:
                found = self._levels[channel.name].add(times_ns, table.values[channel.name])
                crossings += [(crossing, channel) for crossing in found]
        return int(times_ns[-1]), crossings

    def rebooted(self) -> None:
        """The board's clock begins anew."""
        self.rate.clear()

    def silence(self, now_ns: int | None) -> tuple[float | None, bool]:
        """Seconds since its last packet, None before the first; and whether it is quiet for longer than it should be."""
        if self._host_ns is None or now_ns is None:
            return None, False
        age_ns = max(0, now_ns - self._host_ns)
        return age_ns / 1e9, self._quiet_ns is not None and age_ns > self._quiet_ns

    def channels(self) -> tuple[ChannelView, ...]:
        """Each with its newest value."""
        return tuple(self._channel(*both) for both in zip(self.stream.channels, self._newest, strict=True))

    def _channel(self, channel: Channel, value: float | None) -> ChannelView:
        limits = ((level, getattr(channel.limits, level)) for level in LEVELS) if channel.limits else ()
        return ChannelView(
            name=channel.name,
            unit=channel.unit,
            value=value,
            level=self._levels[channel.name].level if channel.limits else None,
            limits=tuple((level, *ends) for level, ends in limits if ends),
            decimals=decimals_of(channel.calibration.scale) if isinstance(channel.calibration, Linear) else None,
        )
