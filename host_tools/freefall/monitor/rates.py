"""How fast something grows, measured over its last seconds."""

from collections import deque

# Marks closer than this are not kept: so many a window, whatever the rate of what is counted.
_MARK_NS = 100_000_000


class Rate:
    """A total at times (ns, not falling), and its growth per second over the last `window_ns`.

    Of a total that grows more seldom than that, over its last two marks.
    """

    def __init__(self, window_ns: int = 5_000_000_000):
        self._window_ns = window_ns
        self._marks: deque[tuple[int, int]] = deque()
        self._newest: tuple[int, int] | None = None

    def mark(self, time_ns: int, total: int) -> None:
        """The total is so much at that time."""
        self._newest = time_ns, total
        if not self._marks or time_ns - self._marks[-1][0] >= _MARK_NS:
            self._marks.append(self._newest)
        while len(self._marks) > 2 and time_ns - self._marks[1][0] >= self._window_ns:
            self._marks.popleft()

    def per_second(self, now_ns: int | None = None) -> float | None:
        """Over the window up to the newest mark, or up to now_ns if that is later; None before two marks."""
        if self._newest is None:
            return None
        (first_ns, first), (last_ns, last) = self._marks[0], self._newest
        span_ns = max(last_ns, now_ns or last_ns) - first_ns
        return (last - first) * 1e9 / span_ns if span_ns > 0 else None

    def clear(self) -> None:
        """Begin anew, as after a reboot."""
        self._marks.clear()
        self._newest = None
