"""Where one stream is within one boot: indexes unwrapped, gaps exact, the sample period measured, arrivals counted."""

from dataclasses import dataclass

import numpy as np

from freefall_wire import packet

from ..definition import Stream

_INDEX_MODULO = 1 << 32
_HALF = _INDEX_MODULO // 2
_PERIOD_TOLERANCE = 0.05
# Of packets taken many at a time no gap is so large that an index of 64 packets ago can come again.
_PLAIN_GAP = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Packets that go forward in one boot, and what `take` gives for each: int64 (k,), period_ns float64.

    samples, lost: samples in, and missing before, each packet and those before it in the run.
    """

    index: np.ndarray
    time_ns: np.ndarray
    count: np.ndarray
    missing: np.ndarray
    period_ns: np.ndarray
    sequence: np.ndarray
    samples: np.ndarray
    lost: np.ndarray

    def __len__(self):
        return len(self.index)

    def part(self, start: int, stop: int) -> "Run":
        """Packets start .. stop - 1. A small part is a copy: it may be kept long after the rest."""
        parts = (getattr(self, name)[start:stop] for name in Run.__slots__)
        return Run(*(part.copy() if 2 * len(part) < len(self) else part for part in parts))


class Continuity:
    """Within a boot, index and time only grow (SPEC 4, 6): `unwrap` refuses a packet that breaks this.

    next_index: one past the last sample received; None before the first packet of a stream joined late. joined_at: the index
    this side of the ledger begins with. samples, packets, missing (samples, in gaps), duplicates (packets): so far.
    next_sequence: the sequence count of the next packet if none is lost, or None. leapt: packets, when the newest one came after
    a gap so large that more of them may lead round to indexes that were. nominal_ns: the period that the stream is set to; None
    of one whose rate can be changed, until the board has told it.
    """

    __slots__ = (
        "next_index", "joined_at", "samples", "packets", "missing", "duplicates", "next_sequence",
        "leapt", "nominal_ns", "_period_ns", "_index", "_time_ns",
    )  # fmt: skip

    def __init__(self, stream: Stream, from_start: bool, adjustable: bool = False):
        """from_start: the stream is known from its sample 0 on, so that samples before the first packet are missing.

        adjustable: its rate can be changed by telecommand.
        """
        self.next_index = 0 if from_start else None
        self.joined_at = self.next_index
        self.samples = 0
        self.packets = 0
        self.missing = 0
        self.duplicates = 0
        self.next_sequence = 0 if from_start else None
        self.leapt = 0
        self._period_ns = 1e9 / stream.rate_hz
        self.nominal_ns = None if adjustable else self._period_ns
        self._index = None  # of the last packet's first sample
        self._time_ns = 0

    def begins_at_zero(self) -> None:
        """The board has said that no sample was triggered yet."""
        if self.next_index is None:
            self.next_index = self.joined_at = 0

    def runs_at(self, rate_hz: float) -> None:
        """The board has said so; 0.0: the stream is off."""
        if rate_hz:
            self.nominal_ns = self._period_ns = 1e9 / rate_hz

    def unwrap(self, index: int, time_ns: int) -> int | None:
        """The index (modulo 2^32 on the wire) within its boot, or None for a packet that does not go forward.

        Half of the range counts as back: a gap of 2^31 samples would be six days at 4 kHz.
        """
        if self.next_index is None:
            return index
        forward = (index - self.next_index) % _INDEX_MODULO
        return self.next_index + forward if forward < _HALF and time_ns >= self._time_ns else None

    def take(self, index: int, time_ns: int, count: int, sequence: int) -> tuple[int, float]:
        """Count a packet, its index unwrapped; returns (samples missing before it, sample period in ns).

        The period is that between the first samples of the packet before and of this one, where it is within 5 % of the nominal
        one: a sensor runs on its own clock, and a longer silence is not a slower clock.
        """
        if self.next_index is None:
            self.next_index = self.joined_at = index
        missing = index - self.next_index
        period_ns = self._period_ns
        if self._index is not None:
            measured = (time_ns - self._time_ns) / (index - self._index)
            if abs(measured - period_ns) <= _PERIOD_TOLERANCE * period_ns:
                period_ns = measured
        self._index = index
        self._time_ns = time_ns
        self.next_index = index + count
        self.next_sequence = (sequence + 1) % packet.SEQUENCE_MODULO
        self.samples += count
        self.packets += 1
        self.missing += missing
        if missing >= _PLAIN_GAP:
            self.leapt = self.packets
        return missing, period_ns

    def ahead(self, index: np.ndarray, time_ns: np.ndarray, count: np.ndarray, sequence: np.ndarray, no_doubt: bool) -> Run:
        """The leading ones of these packets that `take` could be given one by one; arguments int64 (k,), index modulo 2^32.

        It ends before a packet that may be a duplicate, or of another boot. no_doubt: no packet of another boot is remembered, so
        that one that goes forward is new even when packets before it were lost.
        """
        if self.next_index is None or self.next_sequence is None:
            index, time_ns, count, sequence = index[:0], time_ns[:0], count[:0], sequence[:0]
        missing = index - _shifted(index + count, self.next_index or 0) & _INDEX_MODULO - 1
        since_ns = _steps(time_ns, self._time_ns)
        forward = missing < _PLAIN_GAP
        forward &= since_ns >= 0
        if not no_doubt:
            forward &= sequence == _shifted(sequence + 1 & packet.SEQUENCE_MODULO - 1, self.next_sequence or 0)
        if not forward.all():
            stop = int(forward.argmin())
            time_ns, count, sequence, since_ns = time_ns[:stop], count[:stop], sequence[:stop], since_ns[:stop]
            missing = missing[:stop].copy()
        samples, lost = count.cumsum(), missing.cumsum()
        index = samples + lost
        index -= count
        index += self.next_index or 0
        return Run(index, time_ns, count, missing, self._periods(index, since_ns), sequence, samples, lost)

    def _periods(self, index: np.ndarray, since_ns: np.ndarray) -> np.ndarray:
        periods = since_ns / _steps(index, -1 if self._index is None else self._index)
        periods[np.abs(periods - self._period_ns) > _PERIOD_TOLERANCE * self._period_ns] = self._period_ns
        if self._index is None:
            periods[:1] = self._period_ns  # the first packet of a boot has none before it
        return periods

    def skip(self, run: Run, start: int, stop: int) -> None:
        """Count packets start .. stop - 1 of a run made here, all before them counted."""
        if start == stop:
            return
        last = stop - 1
        self.samples += run.samples.item(last) - (run.samples.item(start - 1) if start else 0)
        self.missing += run.lost.item(last) - (run.lost.item(start - 1) if start else 0)
        self.packets += stop - start
        self._index = run.index.item(last)
        self._time_ns = run.time_ns.item(last)
        self.next_index = self._index + run.count.item(last)
        self.next_sequence = (run.sequence.item(last) + 1) % packet.SEQUENCE_MODULO


def _shifted(values: np.ndarray, first: int) -> np.ndarray:
    """What stands before each value; `first` before the first."""
    shifted = np.empty_like(values)
    shifted[:1] = first
    shifted[1:] = values[:-1]
    return shifted


def _steps(values: np.ndarray, first: int) -> np.ndarray:
    """By how much each value is above the one before it; the first one above `first`."""
    steps = np.empty_like(values)
    steps[:1] = values[:1] - first
    np.subtract(values[1:], values[:-1], out=steps[1:])
    return steps
