"""Where samples are missing: the places in bounded memory, however many there are."""

from dataclasses import asdict, dataclass
from heapq import nlargest

import numpy as np

from ..definition import Stream
from .batch import SampleBatch

PLACES_KEPT = 20


@dataclass(frozen=True, slots=True)
class GapPlace:
    """Samples index .. index + count - 1 of a boot are missing; until_ns: on-board time of the sample after them."""

    boot: int
    index: int
    count: int
    until_ns: int


class Losses:
    """The gaps of one stream. What is missing after its last sample is in no gap: the ledger's sums tell of it.

    gaps: how many, samples: how many are missing in them. first: the first PLACES_KEPT; largest: so many, the largest first, and
    of equal ones the earlier.
    """

    def __init__(self, stream: Stream):
        self.stream = stream
        self.gaps = 0
        self.samples = 0
        self.first: list[GapPlace] = []
        self.largest: list[GapPlace] = []

    def add(self, batch: SampleBatch) -> None:
        """Take in packets of this stream, in order."""
        at = np.flatnonzero(batch.missing)
        if not len(at):
            return
        missing = batch.missing[at]
        self.gaps += len(at)
        self.samples += int(missing.sum())
        self.first += [_place(batch, packet) for packet in at[: PLACES_KEPT - len(self.first)]]
        candidates = at[np.sort(np.argsort(-missing, kind="stable")[:PLACES_KEPT])]
        new = [_place(batch, packet) for packet in candidates]
        self.largest = nlargest(PLACES_KEPT, self.largest + new, key=lambda place: place.count)

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "gaps": self.gaps,
            "samples": self.samples,
            "first": [asdict(place) for place in self.first],
            "largest": [asdict(place) for place in self.largest],
        }


def _place(batch: SampleBatch, packet: int) -> GapPlace:
    count = int(batch.missing[packet])
    return GapPlace(batch.boot, int(batch.index[packet]) - count, count, int(batch.time_ns[packet]))
