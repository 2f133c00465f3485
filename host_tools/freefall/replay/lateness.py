"""How late octets were sent: percentiles in bounded memory."""

from collections import Counter

_NS_PER_US = 1000
# Exact to a microsecond below this; above it to three digits, so that a replay of days keeps a few thousand numbers.
_EXACT_US = 1000


class Lateness:
    """Of any number of blocks, each so many ns after it was due (0 or more)."""

    def __init__(self):
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.max_ns = 0
        self.last_ns = 0

    def add(self, late_ns: int) -> None:
        """One block."""
        late_us = late_ns // _NS_PER_US
        if late_us >= _EXACT_US:
            grain = 10 ** (len(str(late_us)) - 3)
            late_us -= late_us % grain
        self._buckets[late_us] += 1
        self.count += 1
        self.last_ns = late_ns
        if late_ns > self.max_ns:
            self.max_ns = late_ns

    def percentile_ns(self, percent: float) -> int:
        """What so many percent of the blocks do not exceed, rounded down to a microsecond or three digits; 0 of no blocks."""
        wanted = self.count * percent / 100
        passed = 0
        for late_us, count in sorted(self._buckets.items()):
            passed += count
            if passed >= wanted:
                return late_us * _NS_PER_US
        return 0
