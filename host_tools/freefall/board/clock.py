"""Simulated time: a queue of events and an instant that only moves forward.

The virtual board and the tests of the sensor models share it. Nothing here looks at the computer's clock.
"""

from collections.abc import Callable
from heapq import heappop, heappush

__all__ = ["SimulatedClock"]


class SimulatedClock:
    """A clock (sensors/part.py) that stands still until it is advanced.

    Events fire in order of time, and in order of `call_at` where times are equal; `now_ns()` is exactly the
    event's time while its callback runs. A callback may call `advance_to` itself (a bus transfer inside an
    interrupt takes time): events due in between fire inside that call, and the outer call then goes on.
    """

    def __init__(self, start_ns: int = 0):
        self._now_ns = start_ns
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._scheduled = 0  # breaks ties, so that equal times fire first in, first out

    def now_ns(self) -> int:
        """The present instant, in nanoseconds."""
        return self._now_ns

    def call_at(self, time_ns: int, callback: Callable[[], None]) -> None:
        """Run `callback` when time reaches `time_ns`; never during this call, even for the present instant.

        Raises ValueError for a time in the past: nothing could run it when it was due.
        """
        if time_ns < self._now_ns:
            raise ValueError(f"cannot call at {time_ns} ns: it is {self._now_ns} ns already")
        heappush(self._events, (time_ns, self._scheduled, callback))
        self._scheduled += 1

    def next_event_ns(self) -> int | None:
        """The time of the earliest event not yet fired, None without one."""
        return self._events[0][0] if self._events else None

    def advance_to(self, time_ns: int) -> None:
        """Fire every event due up to and including `time_ns`, then stand there.

        When a callback advanced beyond `time_ns`, time stays where the callback left it. An exception from a
        callback leaves the clock at that event's time, the event gone, the later ones waiting.
        Raises ValueError for a time in the past.
        """
        if time_ns < self._now_ns:
            raise ValueError(f"time cannot go back to {time_ns} ns: it is {self._now_ns} ns already")
        events = self._events
        while events and events[0][0] <= time_ns:
            due_ns, _, callback = heappop(events)
            self._now_ns = due_ns
            callback()
        if time_ns > self._now_ns:
            self._now_ns = time_ns
