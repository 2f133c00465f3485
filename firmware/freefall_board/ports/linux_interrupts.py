"""Interrupts on a computer with an operating system: what has come due meanwhile is served between two passes of the loop.

One handler at a time, never inside another nor inside a pass. Nothing is pretended to have happened when it did not: a tick is
served as soon as the loop comes to it, and stamped then; edges have the kernel's time stamps; and ticks that fell due while one
waited are one call, as on a chip.
"""

import heapq
import select
import time
from collections import deque

_NS = 1000000000


class System:
    """The computer's clock, and sleeping on it. Tests bring another."""

    now_ns = staticmethod(time.monotonic_ns)

    @staticmethod
    def wait(files, duration_ns):
        """Until one of `files` (what select takes) can be read, at most so long."""
        if files:
            select.select(files, [], [], duration_ns / _NS)
        else:
            time.sleep(duration_ns / _NS)


class Tick:
    """A periodic trigger with absolute deadlines."""

    def __init__(self, due_ns, period_ns, handler):
        self.due_ns = due_ns
        self.merged = 0  # deadlines that passed while an earlier one still waited
        self._period_ns = period_ns
        self._handler = handler

    def serve(self, now_ns):
        """Call the handler for the deadlines up to now."""
        passed = (now_ns - self.due_ns) // self._period_ns
        self.merged += passed
        self.due_ns += (passed + 1) * self._period_ns
        self._handler(self)


class Interrupts:
    """The order of what is due: ends of reads, each after the edges before it; then edges; then timers and ticks.

    An edge before the end of its sensor's read so finds the read under way, and one after it does not, though here a read is over
    when start() returns. A tick never spoils a read: it is the board's, not the sensor's.
    """

    def __init__(self, system):
        self.system = system
        self._ends = deque()  # (time, function) of reads that are over and have not said so
        self._sources = []
        self._timers = []  # a heap of (time, number, function)
        self._timed = 0
        self._ticks = []

    def add(self, source):
        """Serve a source: fileno(), and deliver(before_ns), which handles what came before then and returns whether any did."""
        self._sources.append(source)

    def on_tick(self, period_us, handler):
        """Call handler(tick) every period_us, the first time after one period."""
        self._ticks.append(Tick(self.system.now_ns() + period_us * 1000, period_us * 1000, handler))

    def call_at(self, time_ns, function):
        """Call function() once, then or later."""
        heapq.heappush(self._timers, (time_ns, self._timed, function))
        self._timed += 1

    def read_ended(self, function):
        """A read is over now; function() says so when that is its turn."""
        self._ends.append((self.system.now_ns(), function))

    def stop_ticks(self):
        """No tick from now on."""
        self._ticks.clear()

    def idle(self, duration_us):
        """Serve what is due or, when nothing is, sleep until something is, at most so long. Then the loop has its turn."""
        until_ns = self.system.now_ns() + duration_us * 1000
        while not self._serve():
            now_ns = self.system.now_ns()
            if now_ns >= until_ns:
                return
            self.system.wait(self._sources, max(0, min(until_ns, self._next_ns(until_ns)) - now_ns))

    def _next_ns(self, latest_ns):
        due_ns = min((tick.due_ns for tick in self._ticks), default=latest_ns)
        return min(due_ns, self._timers[0][0]) if self._timers else due_ns

    def _serve(self):
        served = self._end_reads()
        served |= self._deliver(self.system.now_ns() + 1)
        served |= self._end_reads()
        now_ns = self.system.now_ns()
        while self._timers and self._timers[0][0] <= now_ns:
            heapq.heappop(self._timers)[2]()
            served = True
        for tick in list(self._ticks):
            if tick.due_ns <= self.system.now_ns():
                tick.serve(self.system.now_ns())
                self._end_reads()
                served = True
        return served

    def _deliver(self, before_ns):
        served = False
        for source in self._sources:
            served |= source.deliver(before_ns)
        return served

    def _end_reads(self):
        # Not those that begin meanwhile: on a bus that cannot keep pace the loop would never have its turn.
        ends = len(self._ends)
        for _ in range(ends):
            time_ns, function = self._ends.popleft()
            self._deliver(time_ns)
            function()
        return ends > 0
