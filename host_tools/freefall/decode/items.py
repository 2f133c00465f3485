"""What a Decoder hands out, in the order it happened on the wire. Service reports are items too, see reports.py."""

from dataclasses import dataclass

import numpy as np

from freefall_wire import packet

from ..definition import Stream
from .reports import ServiceReport


@dataclass(slots=True, eq=False)  # not frozen, which would make each three times as slow to make
class SamplePacket:
    """The samples of one stream packet, with consecutive indexes.

    index: of the first sample, within its boot, unwrapped past 2^32. time_ns: on-board time of the packet, that of its first
    sample, integer ns. count: samples in it. octets: the packet as it came. boot: ordinal of the boot in what this decoder was
    fed, from 0. host_ns: as given to the feed that completed the frame. period_ns: time between samples as measured from the
    packet before, or the nominal one (see continuity.py). nominal_ns: the period that the stream is set to, None of one whose
    rate can be changed until the board has told it in this boot. coefficients: the newest of its sensor that had arrived in that
    boot, None if none had: live, nobody knows them before their report (see waiting.py for who may wait for it).
    Compared by identity, and not to be written to.
    """

    stream: Stream
    index: int
    time_ns: int
    count: int
    octets: bytes
    boot: int
    host_ns: int | None
    period_ns: float
    nominal_ns: float | None
    coefficients: bytes | None

    @property
    def raw(self) -> np.ndarray:
        """Octets as the sensor delivered them: uint8, shape (count, stream.sensor_len), read-only, made anew at each call."""
        samples = self._samples
        return samples[:, packet.SAMPLE_TIME_LEN :] if self.stream.times else samples

    @property
    def times_ns(self) -> np.ndarray | None:
        """Of a stream with sample times, the on-board time of each, int64, exact; else None."""
        return self.time_ns + own_times_ns(self._samples) if self.stream.times else None

    @property
    def _samples(self) -> np.ndarray:
        return np.ndarray((self.count, self.stream.sample_len), np.uint8, self.octets, packet.SAMPLES_AT)


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples index .. index + count - 1 of a stream did not arrive, wherever lost; comes before the packet after it."""

    stream: Stream
    index: int
    count: int
    boot: int


@dataclass(slots=True)  # see SamplePacket
class Reject:
    """A stretch of octets that is no packet of this payload, with the reason (SPEC 8).

    offset: of its first octet in everything fed; size: in octets, its delimiter included; octets: without the delimiter, empty
    when oversize.
    """

    offset: int
    size: int
    reason: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Reboot:
    """The board has booted again; everything after is of boot `boot`. boot_count: None until the board has said it."""

    boot: int
    boot_count: int | None


Item = SamplePacket | Gap | Reject | Reboot | ServiceReport


def own_times_ns(samples: np.ndarray) -> np.ndarray:
    """How long after their packet's time samples with own times, uint8 (n, sample_len), were taken (SPEC 6.1): int64 (n,)."""
    own_us = np.ascontiguousarray(samples[:, : packet.SAMPLE_TIME_LEN]).view(">u4")[:, 0]
    return own_us.astype(np.int64) * 1000
