"""One stream of both runs: samples matched by boot and index."""

from collections import deque

import numpy as np

from ..decode import Columns
from ..definition import Stream
from .difference import Difference, Only, Rows
from .side import Part
from .tolerance import TIME, Tolerances


class StreamComparison:
    """Of samples that both runs have, and those that only one has.

    samples: how many each has; both: those of them that both have. channels, times: what differs; on-board times are compared
    where the board said them. unread: samples whose octets differ in what no channel reads.
    """

    def __init__(self, a: Stream, b: Stream, tolerances: Tolerances):
        self.name = a.name
        self.samples = [0, 0]
        self.both = 0
        self.only = Only(), Only()
        self.channels = [Difference(channel.name, channel.unit, tolerances.of(a, channel.name)) for channel in a.channels]
        self.times = Difference(TIME, "s", tolerances.time_ns(a) / 1e9)
        self.unread = 0
        self._streams = a, b
        self._calibrated_alike = a.channels == b.channels and a.checks == b.checks and a.driver == b.driver

    @property
    def same(self) -> bool:
        """Whether both runs have the same samples, within the tolerances."""
        differences = (*self.channels, self.times)
        return not (self.only[0].samples or self.only[1].samples or self.unread or any(own.beyond for own in differences))

    def match(self, a: deque[Part], b: deque[Part]) -> None:
        """Take from both queues what can be compared: as far as both reach."""
        while a and b:
            first, second = a[0], b[0]
            if first.boot != second.boot:
                early = first.boot < second.boot
                self._alone(0 if early else 1, (a if early else b).popleft())
                continue
            last = min(first.index[-1], second.index[-1])
            parts = []
            for queue in (a, b):
                head = queue.popleft()
                stop = int(head.index.searchsorted(last, "right"))
                parts.append(head[:stop])
                if stop < len(head):
                    queue.appendleft(head[stop:])
            self._match(*parts)

    def rest(self, side: int, queue: deque[Part]) -> None:
        """Take what is left of run 0 or 1 when the other has ended."""
        while queue:
            self._alone(side, queue.popleft())

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "same": self.same,
            "samples": self.samples,
            "both": self.both,
            "only": [only.as_dict() for only in self.only],
            "unread": self.unread,
            "time": self.times.as_dict(),
            "channels": {channel.name: channel.as_dict() for channel in self.channels},
        }

    def _alone(self, side: int, part: Part) -> None:
        self.samples[side] += len(part)
        self.only[side].add(part.boot, part.index, part.time_ns)

    def _match(self, a: Part, b: Part) -> None:
        if len(a) != len(b) or not np.array_equal(a.index, b.index):
            at = b.index.searchsorted(a.index)
            found = np.zeros(len(a), bool)
            inside = at < len(b)
            found[inside] = b.index[at[inside]] == a.index[inside]
            alone = np.ones(len(b), bool)
            alone[at[found]] = False
            self._alone(0, a[~found])
            self._alone(1, b[alone])
            a, b = a[found], b[at[found]]
        self.samples[0] += len(a)
        self.samples[1] += len(a)
        self.both += len(a)
        self._compare_times(a, b)
        alike = self._calibrated_alike and a.coefficients == b.coefficients
        if alike:
            rows = np.flatnonzero((a.raw != b.raw).any(axis=1))
            a, b = a[rows], b[rows]
        if len(a):
            self._compare_values(a, b)

    def _compare_times(self, a: Part, b: Part) -> None:
        differ = (a.time_ns != b.time_ns) & a.exact & b.exact
        if differ.any():
            a, b = a[differ], b[differ]
            steps = (b.time_ns - a.time_ns) / 1e9
            shown = a.time_ns / 1e9, b.time_ns / 1e9
            self.times.add(Rows(a.boot, a.index, a.time_ns), np.ones(len(a), bool), np.zeros(len(a)), steps, shown)

    def _compare_values(self, a: Part, b: Part) -> None:
        columns = [
            Columns.of(stream, part.raw, part.coefficients) for stream, part in zip(self._streams, (a, b), strict=True)
        ]
        rows = Rows(a.boot, a.index, a.time_ns)
        unread = (a.raw != b.raw).any(axis=1)
        for channel in self.channels:
            raw = columns[0].raw[channel.name] != columns[1].raw[channel.name]
            one, other = (own.values[channel.name] for own in columns)
            differ = raw | ((one != other) & ~(np.isnan(one) & np.isnan(other)))
            channel.add(rows, differ, one, other, (one, other))
            unread &= ~differ
        self.unread += int(np.count_nonzero(unread))
