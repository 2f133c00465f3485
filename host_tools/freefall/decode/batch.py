"""Samples by the thousand: what many SamplePackets say, in columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from freefall_wire import packet

from ..definition import Stream
from .continuity import Run
from .items import Gap, Item, Reboot, SamplePacket, own_times_ns
from .reports import CoefficientReport, SettingsReport


@dataclass(frozen=True, slots=True, eq=False)
class SampleBatch:
    """Packets of one stream, in order, of one boot, with the same coefficients and nominal period; fields as of SamplePacket.

    By packet, shape (packets,): index, time_ns, count (its samples) and missing (samples lost right before it) int64; period_ns
    float64; host_ns int64, or None when none was given. By sample: raw uint8 (samples, stream.sensor_len), times_ns int64
    (samples,) of a stream with sample times, else None. Compared by identity.
    """

    stream: Stream
    boot: int
    nominal_ns: float | None
    coefficients: bytes | None
    index: np.ndarray
    time_ns: np.ndarray
    count: np.ndarray
    missing: np.ndarray
    period_ns: np.ndarray
    host_ns: np.ndarray | None
    raw: np.ndarray
    times_ns: np.ndarray | None

    def __len__(self):
        """Packets."""
        return len(self.index)

    @classmethod
    def of(cls, packets: list[SamplePacket], missing: list[int]) -> "SampleBatch":
        """Of packets such as a batch holds, at least one, each with the samples lost before it."""
        first = packets[0]
        times = np.concatenate([p.times_ns for p in packets]) if first.stream.times else None
        hosts = None if first.host_ns is None else np.array([p.host_ns for p in packets], np.int64)
        return cls(
            first.stream,
            first.boot,
            first.nominal_ns,
            first.coefficients,
            index=np.array([p.index for p in packets], np.int64),
            time_ns=np.array([p.time_ns for p in packets], np.int64),
            count=np.array([p.count for p in packets], np.int64),
            missing=np.array(missing, np.int64),
            period_ns=np.array([p.period_ns for p in packets], np.float64),
            host_ns=hosts,
            raw=np.concatenate([p.raw for p in packets]),
            times_ns=times,
        )

    @classmethod
    def cut(
        cls,
        stream: Stream,
        boot: int,
        nominal_ns: float | None,
        coefficients: bytes | None,
        run: Run,
        samples: np.ndarray,
        host_ns: np.ndarray | None,
    ) -> "SampleBatch":
        """Of a run, or a part of one, and the samples in its packets, uint8 (samples, stream.sample_len)."""
        times_ns = None
        if stream.times:
            times_ns = run.time_ns.repeat(run.count) + own_times_ns(samples)
            samples = samples[:, packet.SAMPLE_TIME_LEN :]
        of_packets = run.index, run.time_ns, run.count, run.missing, run.period_ns, host_ns
        return cls(stream, boot, nominal_ns, coefficients, *of_packets, samples, times_ns)

    def split(self, packets: int) -> "tuple[SampleBatch, SampleBatch]":
        """The first packets, and the rest."""
        samples = int(self.count[:packets].sum())
        return self._part(slice(packets), slice(samples)), self._part(slice(packets, None), slice(samples, None))

    def _part(self, packets: slice, samples: slice) -> "SampleBatch":
        by_packet = {name: getattr(self, name)[packets] for name in ("index", "time_ns", "count", "missing", "period_ns")}
        hosts = None if self.host_ns is None else self.host_ns[packets]
        times = None if self.times_ns is None else self.times_ns[samples]
        return replace(self, **by_packet, host_ns=hosts, raw=self.raw[samples], times_ns=times)


def _kind(packet: SamplePacket) -> tuple:
    """What all packets of a batch have in common."""
    return packet.boot, packet.nominal_ns, packet.coefficients, packet.host_ns is None


def batches(packets: Iterable[SamplePacket | SampleBatch]) -> Iterator[SampleBatch]:
    """Sample packets of one stream, in order, in as few batches as can be; batches among them as they are."""
    return (item for item in batched(packets) if isinstance(item, SampleBatch))


def batched(items: Iterable[Item | SampleBatch]) -> Iterator[Item | SampleBatch]:
    """The items with all sample packets put together into batches, and gaps into what each says is missing.

    Order is kept within a stream, and a packet stays on its side of a reboot, of settings and of coefficients of its sensor; all
    else may come before packets that it followed.
    """
    kept: dict[int, tuple[list[SamplePacket], list[int]]] = {}  # by stream number
    missing = 0
    for item in items:
        match item:
            case SamplePacket(stream=stream):
                packets, gaps = kept.setdefault(stream.number, ([], []))
                if packets and _kind(packets[0]) != _kind(item):
                    yield SampleBatch.of(*kept.pop(stream.number))
                    packets, gaps = kept.setdefault(stream.number, ([], []))
                packets.append(item)
                gaps.append(missing)
                missing = 0
                continue
            case Gap():
                missing = item.count
                continue
            case SampleBatch():
                concerned = [item.stream.number]
            case Reboot() | SettingsReport():
                concerned = list(kept)
            case CoefficientReport():
                concerned = [number for number, (packets, _) in kept.items() if packets[0].stream.sensor == item.sensor.name]
            case _:
                concerned = []
        for number in concerned:
            if number in kept:
                yield SampleBatch.of(*kept.pop(number))
        yield item
    for parts in kept.values():
        yield SampleBatch.of(*parts)
