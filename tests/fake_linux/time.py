"""The computer's clock: simulated, or the real one, which the sensor models follow."""

import select
import time

from freefall.board.clock import SimulatedClock


class SimulatedTime:
    """System of the linux port, over the clock of the models: sleeping is advancing it. readable(descriptor): it has octets."""

    def __init__(self):
        self.clock = SimulatedClock()
        self.readable = lambda file: False

    def now_ns(self):
        return self.clock.now_ns()

    def wait(self, files, duration_ns):
        until_ns = self.clock.now_ns() + duration_ns
        while not any(self.readable(file.fileno()) for file in files):
            next_ns = self.clock.next_event_ns()
            if next_ns is None or next_ns > until_ns:
                self.clock.advance_to(until_ns)
                return
            self.clock.advance_to(next_ns)

    def catch_up(self):
        """Simulated time is always what it is."""

    def take(self, duration_ns):
        """A transfer takes its time."""
        self.clock.advance_to(self.clock.now_ns() + duration_ns)


class RealTime:
    """The real clock; what models have to do they do when somebody looks at them, at the times at which they had to."""

    def __init__(self):
        self.clock = SimulatedClock()
        self._begun_ns = time.monotonic_ns()

    def catch_up(self):
        self.clock.advance_to(max(self.clock.now_ns(), time.monotonic_ns() - self._begun_ns))

    def take(self, duration_ns):
        select.select([], [], [], duration_ns / 1e9)
        self.catch_up()
