"""How evenly a stream was sampled: the time between its triggers against their period, in constant memory.

Bins of a deviation are logarithmic with 32 to an octave, from 1 ns to 292 years, so a quantile is never told too small and at
most 1/32 too large.
"""

from math import ceil, inf, sqrt

import numpy as np

from ..definition import Stream
from .batch import SampleBatch

_PER_OCTAVE = 32
_SHOWN_PER_OCTAVE = 4
_BINS = 63 * _PER_OCTAVE
# Of a float64 the exponent and the first five bits of the fraction are the number of its bin; 1.0 is in bin 0.
_SHIFT = 52 - 5
_FIRST = 1023 << 5
QUANTILE_ERROR = 1 / _PER_OCTAVE
BLOCK = 256  # intervals


class Jitter:
    """Deviations in ns, counted: late ones positive. The same however they are split and in which order merged."""

    def __init__(self):
        self.count = 0
        self.mean_ns = 0.0
        self.earliest_ns = inf
        self.latest_ns = -inf
        self._squares = 0.0  # sum of squared distances from the mean
        self._late = np.zeros(_BINS, np.int64)
        self._early = np.zeros(_BINS, np.int64)

    def add(self, deviations_ns: np.ndarray) -> None:
        """Take in deviations, float64 (n,), finite; what is 2^63 ns or more is counted with the greatest below."""
        if not len(deviations_ns):
            return
        bins = ((np.abs(deviations_ns).view(np.int64) >> _SHIFT) - _FIRST).clip(0, _BINS - 1)
        early = deviations_ns < 0
        if early.any():
            self._early += np.bincount(bins[early], minlength=_BINS)
            bins = bins[~early]
        self._late += np.bincount(bins, minlength=_BINS)
        mean = float(deviations_ns.mean())
        squares = float(((deviations_ns - mean) ** 2).sum())
        self._join(len(deviations_ns), mean, squares, float(deviations_ns.min()), float(deviations_ns.max()))

    def merge(self, other: "Jitter") -> None:
        """Take in all that another has counted."""
        if other.count:
            self._early += other._early
            self._late += other._late
            self._join(other.count, other.mean_ns, other._squares, other.earliest_ns, other.latest_ns)

    def _join(self, count: int, mean: float, squares: float, least: float, greatest: float) -> None:
        # As ChannelStatistics.add.
        total, step = self.count + count, mean - self.mean_ns
        self._squares += squares + step * step * self.count * count / total
        self.mean_ns += step * count / total
        self.count = total
        self.earliest_ns = min(self.earliest_ns, least)
        self.latest_ns = max(self.latest_ns, greatest)

    @property
    def deviation_ns(self) -> float:
        """Standard deviation; 0.0 for fewer than two."""
        return sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0

    @property
    def max_ns(self) -> float:
        """The greatest deviation, early or late; exact. 0.0 when none was counted."""
        return max(-self.earliest_ns, self.latest_ns) + 0.0 if self.count else 0.0

    def quantile_ns(self, part: float) -> float:
        """What this part (0 < part <= 1) of all deviations, early or late, does not exceed; see QUANTILE_ERROR. 0.0 of none."""
        if not self.count:
            return 0.0
        found = int((self._early + self._late).cumsum().searchsorted(ceil(part * self.count)))
        return min(_edge(found + 1, _PER_OCTAVE), self.max_ns)

    def bins(self) -> list[tuple[float, float, int]]:
        """The histogram, (from ns, to ns, count) of bins that are not empty, four to an octave, from the earliest on."""
        late, early = (
            [(_edge(at, _SHOWN_PER_OCTAVE), _edge(at + 1, _SHOWN_PER_OCTAVE), int(counts[at])) for at in np.flatnonzero(counts)]
            for counts in (own.reshape(-1, _PER_OCTAVE // _SHOWN_PER_OCTAVE).sum(axis=1) for own in (self._late, self._early))
        )
        return [(-high, -low, count) for low, high, count in reversed(early)] + late

    def as_dict(self) -> dict:
        """For JSON, in microseconds; no numbers where there are no intervals."""
        numbers = (
            self.mean_ns, self.deviation_ns, self.quantile_ns(0.5), self.quantile_ns(0.99), self.max_ns,
            self.earliest_ns, self.latest_ns,
        )  # fmt: skip
        names = ("mean_us", "deviation_us", "p50_us", "p99_us", "max_us", "earliest_us", "latest_us")
        facts = {name: number / 1000 if self.count else None for name, number in zip(names, numbers, strict=True)}
        return {"intervals": self.count} | facts | {"bins_us": [[low / 1000, high / 1000, n] for low, high, n in self.bins()]}


class StreamJitter:
    """How uneven one stream's triggers are.

    triggers: what intervals differ from what they should be, between samples of a stream with sample times, else between the
    first samples of packets; across lost samples by the distance that their indexes tell, and never across a reboot. They should
    be the nominal period where the board's clock triggers ("periodic"); where it can be changed, not before the board has told
    it. A sensor that triggers has a clock of its own, whose rate
    is not its jitter: there it is the median period of the BLOCK intervals that it is among. Nothing of a "pulse" stream, whose
    pulses come when they will.
    arrivals: by how much the time between packets at the host was longer than that on the board; a read that gives many packets
    at once is in it. Nothing without host times.
    """

    def __init__(self, stream: Stream):
        self.arrivals = Jitter()
        self._times = stream.times
        self._trigger = stream.trigger
        self._boot: int | None = None
        self._index = self._time_ns = 0  # of the newest trigger
        self._host_lead_ns: int | None = None  # host's less on-board time of the newest packet
        self._settled = Jitter()
        self._waiting = np.empty((2, 0), np.int64)  # intervals, as _by_packet gives them, too few for a block

    @property
    def triggers(self) -> Jitter:
        """As of now."""
        if not self._waiting.size:
            return self._settled
        known = Jitter()
        known.merge(self._settled)
        known.add(_from_median(self._waiting))
        return known

    def add(self, batch: SampleBatch) -> None:
        """Take in packets of this stream, in order."""
        again = batch.boot == self._boot
        if self._trigger != "pulse":
            intervals = self._by_sample(batch, again) if self._times else self._by_packet(batch, again)
            self._add(intervals, again, batch.nominal_ns)
        if batch.host_ns is not None:
            leads = batch.host_ns - batch.time_ns
            self.arrivals.add(_steps(self._host_lead_ns if again else None, leads).astype(np.float64))
            self._host_lead_ns = int(leads[-1])
        self._boot = batch.boot

    def _add(self, intervals: np.ndarray, again: bool, nominal_ns: float | None) -> None:
        if self._trigger == "periodic":
            if nominal_ns is not None:
                self._settled.add(np.rint(intervals[0] - intervals[1] * nominal_ns))
            return
        if not again and self._waiting.size:
            self._settled.add(_from_median(self._waiting))
        intervals = np.concatenate((self._waiting, intervals), axis=1) if again else intervals
        whole = intervals.shape[1] // BLOCK * BLOCK
        if whole:
            blocks = intervals[:, :whole].reshape(2, -1, BLOCK)
            self._settled.add(_from_median(blocks).ravel())
        self._waiting = intervals[:, whole:].copy()

    def _by_packet(self, batch: SampleBatch, again: bool) -> np.ndarray:
        """Intervals, int64 (2, k): ns, and how many periods by the index."""
        spans_ns = _steps(self._time_ns if again else None, batch.time_ns)
        steps = _steps(self._index if again else None, batch.index)
        self._index, self._time_ns = int(batch.index[-1]), int(batch.time_ns[-1])
        return np.stack((spans_ns, steps))

    def _by_sample(self, batch: SampleBatch, again: bool) -> np.ndarray:
        spans_ns = _steps(self._time_ns if again else None, batch.times_ns)
        steps = np.ones(len(spans_ns), np.int64)
        # A packet's first interval is that before its first sample; the first packet of a boot has none.
        first = batch.count.cumsum() - batch.count - (not again)
        steps[first[not again :]] += batch.missing[not again :]
        self._time_ns = int(batch.times_ns[-1])
        return np.stack((spans_ns, steps))


def _from_median(intervals: np.ndarray) -> np.ndarray:
    """Deviations, in ns, of intervals (2, .., n) from their median period by the last axis."""
    spans_ns, steps = intervals
    return np.rint(spans_ns - steps * np.median(spans_ns / steps, axis=-1, keepdims=True))


def _steps(before: int | None, values: np.ndarray) -> np.ndarray:
    """From each value to the next, int64; and first from `before`, if there is one."""
    return np.diff(values) if before is None else np.diff(values, prepend=np.int64(before))


def _edge(number: int, per_octave: int) -> float:
    """Where the bin of that number begins, in ns; the first holds all that is less, too."""
    octave, step = divmod(int(number), per_octave)
    return 2.0**octave * (1 + step / per_octave) if number else 0.0
