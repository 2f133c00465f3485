"""What differs, how much, and where: the first and the greatest place, and counts of all."""

from dataclasses import asdict, dataclass, field
from math import isnan

import numpy as np

STRETCHES_KEPT = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A sample, by boot and index, its on-board time in the first run, and the value in each: None where there is none."""

    boot: int
    index: int
    time_ns: int
    a: float | None
    b: float | None


@dataclass(slots=True)
class Difference:
    """Of one channel, or of a stream's times (in s). Values differ when the raw ones do, or what became of them.

    differ: samples whose values do. beyond: those that do by more than `tolerance`, with a tolerance of 0 all; of those
    `valueless` have a value in one run only. greatest: of all differences of two values, 0.0 where there is none, and greatest_at
    its place. first_at: the first beyond.
    """

    name: str
    unit: str
    tolerance: float
    differ: int = 0
    beyond: int = 0
    valueless: int = 0
    greatest: float = 0.0
    greatest_at: Place | None = None
    first_at: Place | None = None

    def add(self, rows: "Rows", differ: np.ndarray, a: np.ndarray, b: np.ndarray, values: tuple[np.ndarray, np.ndarray]) -> None:
        """Take in samples: which differ, bool (n,); their numbers, float64 (n,), nan for none; and what to show for them."""
        number = int(np.count_nonzero(differ))
        if not number:
            return
        self.differ += number
        steps = np.abs(a - b)
        alone = np.isnan(a) != np.isnan(b)
        with np.errstate(invalid="ignore"):
            beyond = differ & (alone | (steps > self.tolerance)) if self.tolerance else differ
        self.beyond += int(np.count_nonzero(beyond))
        self.valueless += int(np.count_nonzero(beyond & alone))
        if self.first_at is None and beyond.any():
            self.first_at = rows.place(int(beyond.argmax()), values)
        known = np.where(differ & ~np.isnan(steps), steps, 0.0)
        at = int(known.argmax())
        if known[at] > self.greatest:
            self.greatest, self.greatest_at = float(known[at]), rows.place(at, values)

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Where samples are: their boot, and index and on-board time, int64 (n,)."""

    boot: int
    index: np.ndarray
    time_ns: np.ndarray

    def place(self, at: int, values: tuple[np.ndarray, np.ndarray]) -> Place:
        """Of the sample of that number, with its values."""
        a, b = (None if isnan(own[at]) else float(own[at]) for own in values)
        return Place(self.boot, int(self.index[at]), int(self.time_ns[at]), a, b)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples index .. index + count - 1 of a boot that only one run has; time_ns: of the first, there."""

    boot: int
    index: int
    count: int
    time_ns: int


@dataclass(slots=True)
class Only:
    """Samples that only one run has. first: the first STRETCHES_KEPT stretches of them; stretches: how many there are."""

    samples: int = 0
    stretches: int = 0
    first: list[Stretch] = field(default_factory=list)
    _next: tuple[int, int] = (-1, -1)  # boot and index that would go on with the newest stretch

    def add(self, boot: int, index: np.ndarray, time_ns: np.ndarray) -> None:
        """Take in samples, in order."""
        if not len(index):
            return
        self.samples += len(index)
        starts = np.concatenate(([0], np.flatnonzero(np.diff(index) != 1) + 1))
        counts = np.diff(starts, append=len(index))
        if self._next == (boot, int(index[0])):
            if self.stretches == len(self.first):
                last = self.first[-1]
                self.first[-1] = Stretch(last.boot, last.index, last.count + int(counts[0]), last.time_ns)
            starts, counts = starts[1:], counts[1:]
        self.stretches += len(starts)
        for start, count in zip(starts[: STRETCHES_KEPT - len(self.first)].tolist(), counts.tolist(), strict=False):
            self.first.append(Stretch(boot, int(index[start]), count, int(time_ns[start])))
        self._next = boot, int(index[-1]) + 1

    def as_dict(self) -> dict:
        """For JSON."""
        return {"samples": self.samples, "stretches": self.stretches, "first": [asdict(stretch) for stretch in self.first]}
