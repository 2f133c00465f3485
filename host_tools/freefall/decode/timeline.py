"""Numbers by time of the run, for plots: bins of one width that widen when the run outgrows them, so memory stays the same."""

import numpy as np

from ..definition import Stream
from .batch import SampleBatch

BINS = 2400  # what every factor divides
_MS = 1_000_000
_TOLD = 240
# From 1 ms over 2, 10, 20, 100, .. ms, 1, 2, 10, 20 s, 1, 2, 10, 20 min, 1, 2, 6, 12 h to a day, then doubled.
_FACTORS = (2, 5, 2, 5, 2, 5, 2, 5, 2, 3, 2, 5, 2, 3, 2, 3, 2, 2)


class Timeline:
    """One stream's. width_ns: of a bin; used: bins up to the last one that was reached.

    received, missing: samples, float64 (BINS,), what crosses an edge split between its bins; missing ones are spread evenly over
    the time that they are missing from. least, greatest: float64 (channels, BINS), nan where no sample has a value.
    """

    def __init__(self, stream: Stream):
        self.width_ns = _MS
        self.used = 0
        self.received = np.zeros(BINS)
        self.missing = np.zeros(BINS)
        self.least = np.full((len(stream.channels), BINS), np.nan)
        self.greatest = np.full((len(stream.channels), BINS), np.nan)
        self._widened = 0
        self._end: tuple[int, float] | None = None  # boot, and where the newest packet ends, in ns of the run

    def count(self, batch: SampleBatch, since_ns: int) -> None:
        """Count packets, in order. since_ns: time in the run when the board's was 0."""
        begins = np.maximum(batch.time_ns + float(since_ns), 0)
        spans = batch.count * batch.period_ns if batch.times_ns is None else _spans(batch)
        ends = begins + spans
        if self._end and self._end[0] == batch.boot:
            before = self._end[1]
        else:
            before = max(0.0, float(begins[0] - batch.missing[0] * batch.period_ns[0]))
        # Samples so far, at the ends and begins of packets; nothing goes back, also where a clock is not quite even.
        knots = np.maximum.accumulate(np.concatenate(([before], np.column_stack((begins, ends)).ravel())))
        received = np.concatenate(([0], np.column_stack((batch.count, batch.count)).ravel())).astype(np.float64)
        received[1::2] = 0
        missing = np.zeros(len(knots))
        missing[1::2] = batch.missing
        self._end = batch.boot, float(knots[-1])
        self._reach(knots[-1])
        bins = np.arange(int(knots[0] // self.width_ns), int(knots[-1] // self.width_ns) + 1)
        edges = np.arange(bins[0], bins[-1] + 2) * float(self.width_ns)
        for own, steps in ((self.received, received), (self.missing, missing)):
            if steps.any():
                sums = steps.cumsum()
                at_edges = np.interp(edges, knots, sums)
                at_edges[0], at_edges[-1] = 0.0, sums[-1]
                own[bins] += np.diff(at_edges)

    def cuts(self, batch: SampleBatch, since_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the samples of a batch are: numbers of bins, and of each its first sample, int64 (k,) both."""
        if batch.times_ns is None:
            begins = np.maximum(batch.time_ns + float(since_ns), 0)
            last = float(begins[-1] + (batch.count[-1] - 1) * batch.period_ns[-1])
        else:
            begins = np.maximum.accumulate(np.maximum(batch.times_ns + float(since_ns), 0))
            last = float(begins[-1])
        self._reach(last)
        bins = np.arange(int(begins[0] // self.width_ns), max(int(last // self.width_ns), int(begins[0] // self.width_ns)) + 1)
        edges = bins[1:] * float(self.width_ns)
        if batch.times_ns is None:
            packets = begins.searchsorted(edges, "right") - 1
            within = np.ceil((edges - begins[packets]) / batch.period_ns[packets]).astype(np.int64)
            starts = (batch.count.cumsum() - batch.count)[packets] + np.minimum(within, batch.count[packets])
        else:
            starts = begins.searchsorted(edges)
        starts = np.concatenate(([0], starts))
        filled = np.diff(starts, append=len(batch.raw)) > 0
        return bins[filled], starts[filled]

    def extend(self, cuts: tuple[np.ndarray, np.ndarray], channel: int, values: np.ndarray, all_known: bool) -> None:
        """Take in values of a channel, by its number; float64, one a sample. all_known: none is nan."""
        bins, starts = cuts
        for own, plain, careful in ((self.least, np.minimum, np.fmin), (self.greatest, np.maximum, np.fmax)):
            found = (plain if all_known else careful).reduceat(values, starts)
            own[channel, bins] = careful(own[channel, bins], found)

    def losses(self) -> dict:
        """For JSON: of at most 240 bins, each `bin_s` wide, those in which samples are missing: [begin s, missing, received]."""
        factor = -(-self.used // _TOLD) or 1
        missing, received = (
            np.add.reduceat(own[: self.used], np.arange(0, self.used, factor)) if self.used else own[:0]
            for own in (self.missing, self.received)
        )
        bin_s = self.width_ns * factor / 1e9
        found = np.flatnonzero(missing > 1e-6).tolist()
        return {"bin_s": bin_s, "bins": [[at * bin_s, round(missing[at], 3), round(received[at], 3)] for at in found]}

    def _reach(self, run_ns: float) -> None:
        while run_ns // self.width_ns >= BINS:
            self._widen(_FACTORS[self._widened] if self._widened < len(_FACTORS) else 2)
        self.used = max(self.used, int(run_ns // self.width_ns) + 1)

    def _widen(self, factor: int) -> None:
        self._widened += 1
        self.width_ns *= factor
        self.used = -(-self.used // factor)
        self.received = _folded(self.received, factor, np.add, 0.0)
        self.missing = _folded(self.missing, factor, np.add, 0.0)
        self.least = _folded(self.least, factor, np.fmin, np.nan)
        self.greatest = _folded(self.greatest, factor, np.fmax, np.nan)


def _folded(values: np.ndarray, factor: int, ufunc: np.ufunc, empty: float) -> np.ndarray:
    """Of so many bins one, by this ufunc; empty ones at the end."""
    wide = np.full_like(values, empty)
    wide[..., : BINS // factor] = ufunc.reduce(values.reshape(*values.shape[:-1], -1, factor), axis=-1)
    return wide


def _spans(batch: SampleBatch) -> np.ndarray:
    """From the first sample of each packet to its last, and a period."""
    last = batch.count.cumsum() - 1
    return batch.times_ns[last] - batch.time_ns + batch.period_ns
