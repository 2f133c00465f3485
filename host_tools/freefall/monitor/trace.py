"""The recent past of a stream's channels for plots, in constant memory: least and greatest value of each bucket of time."""

from dataclasses import dataclass

import numpy as np

# What a plot can show, in seconds; each span has its own buckets, 1 / BUCKETS of it wide. Each width divides the next one.
SPANS_S = (2, 10, 60, 600, 3600)
BUCKETS = 500
_WIDTHS_NS = tuple(span * 1_000_000_000 // BUCKETS for span in SPANS_S)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Buckets of one span that hold samples, oldest first.

    bucket: int64 (n,), its time over width_ns; low, high: float64 (channels, n), nan where no sample had a value.
    """

    width_ns: int
    bucket: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def seconds(self) -> np.ndarray:
        """Time of each bucket's middle, float64 (n,)."""
        return (self.bucket + 0.5) * (self.width_ns / 1e9)

    def merged(self, factor: int) -> "Points":
        """The same in buckets `factor` times as wide."""
        bucket = self.bucket // factor
        if not len(bucket):
            return Points(self.width_ns * factor, bucket, self.low, self.high)
        starts = np.concatenate(([0], np.flatnonzero(np.diff(bucket)) + 1))
        low, high = np.fmin.reduceat(self.low, starts, axis=1), np.fmax.reduceat(self.high, starts, axis=1)
        return Points(self.width_ns * factor, bucket[starts], low, high)

    def lines(self, channel: int, break_s: float | None) -> list[tuple[list[float], list[float]]]:
        """Lines (times in s, values) through one channel: a bucket of several values is two points, its least and greatest.

        A new line begins where buckets are farther apart than break_s, None: never, and than they are wide.
        """
        known = ~np.isnan(self.low[channel])
        width_s = self.width_ns / 1e9
        bucket, low, high = self.bucket[known], self.low[channel][known], self.high[channel][known]
        times = np.repeat(self.seconds[known], 2) + np.tile((-width_s / 4, width_s / 4), len(bucket))
        values = np.column_stack((low, high)).ravel()
        if break_s is None:
            ends = np.empty(0, int)
        else:
            ends = np.flatnonzero(np.diff(bucket) * width_s > max(break_s, 2.5 * width_s)) + 1
        pieces = zip(np.split(times, 2 * ends), np.split(values, 2 * ends), strict=True)
        return [(piece.tolist(), of.tolist()) for piece, of in pieces if len(piece)]


class Trace:
    """Takes in every sample and keeps, for each span, its last BUCKETS buckets. Times are ns, and may step back a little."""

    def __init__(self, channels: int):
        self._rings = [_Ring(width_ns, channels) for width_ns in _WIDTHS_NS]

    def add(self, times_ns: np.ndarray, values: np.ndarray) -> None:
        """Samples: times int64 (n,), values float64 (channels, n), at least one."""
        low = high = values
        for ring in self._rings:
            # The buckets of a finer ring are the samples of the next: nothing is lost, for its width divides the next one.
            times_ns, low, high = ring.add(times_ns, low, high)

    def points(self, span: int, after: int | None = None) -> Points:
        """Of SPANS_S[span]: the last BUCKETS buckets, of which those from number `after` on."""
        return self._rings[span].points(after)


class _Ring:
    def __init__(self, width_ns: int, channels: int):
        self._width_ns = width_ns
        self._newest = -1
        self._bucket = np.full(BUCKETS, -1, np.int64)
        self._low = np.full((channels, BUCKETS), np.nan)
        self._high = np.full((channels, BUCKETS), np.nan)

    def add(self, times_ns: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take in; and the runs of samples that fell into one bucket, for a ring of wider ones."""
        buckets = times_ns // self._width_ns
        starts = np.concatenate(([0], np.flatnonzero(np.diff(buckets)) + 1))
        buckets = buckets[starts]
        low, high = np.fmin.reduceat(low, starts, axis=1), np.fmax.reduceat(high, starts, axis=1)
        self._newest = max(self._newest, int(buckets.max()))
        kept = buckets > self._newest - BUCKETS
        slots = buckets[kept] % BUCKETS
        fresh = slots[self._bucket[slots] != buckets[kept]]
        self._low[:, fresh] = self._high[:, fresh] = np.nan
        self._bucket[slots] = buckets[kept]
        # Not by plain indexing: times that step back make two runs of one bucket.
        np.fmin.at(self._low, (slice(None), slots), low[:, kept])
        np.fmax.at(self._high, (slice(None), slots), high[:, kept])
        return buckets * self._width_ns, low, high

    def points(self, after: int | None) -> Points:
        first = self._newest - BUCKETS + 1 if after is None else max(after, self._newest - BUCKETS + 1)
        slots = np.flatnonzero(self._bucket >= max(first, 0))
        slots = slots[np.argsort(self._bucket[slots])]
        return Points(self._width_ns, self._bucket[slots], self._low[:, slots], self._high[:, slots])
