"""Simulated interrupts, as on the chip: one handler at a time, never inside another; and the hardware that sees every edge."""


class Line:
    """One interrupt line. `merged` counts edges that came while an earlier one still waited: triggers no board can see."""

    def __init__(self, controller, handler):
        self.merged = 0
        self.waiting = False
        self.handler = handler
        self.high = False
        self._active_low = False
        self._driven = False
        self._listeners = []  # (active low, take_edge)
        self._controller = controller

    def set(self, level):
        """Drive the line, True for high; an edge is an interrupt."""
        self._driven = True
        high = bool(level)
        if high == self.high:
            return
        self.high = high
        for active_low, take_edge in self._listeners:
            if high != active_low:
                take_edge()
        if high != self._active_low:
            self.request()

    def pull(self, active_low):
        """Let the board's resistor hold the line inactive as long as nobody drives it."""
        if not self._driven:
            self.high = active_low

    def interrupt(self, handler, active_low):
        """Call handler at every edge: a rising one or, active_low, a falling one."""
        self.pull(active_low)
        self.handler = handler
        self._active_low = active_low

    def listen(self, take_edge, active_low):
        """Call take_edge, of hardware that sees every edge, at once."""
        self.pull(active_low)
        self._listeners.append((active_low, take_edge))

    def release(self):
        """Nobody on the board looks at this line any more."""
        self.handler = _ignored
        self._listeners = []

    def level(self, active_low):
        """1 while the line is active, else 0."""
        return int(self.high != active_low)

    def request(self):
        """Ask for the interrupt."""
        self._controller.request(self)


def _ignored(line):
    pass


class InterruptController:
    """Runs handlers one after another, in the order of their edges."""

    def __init__(self):
        self._queue = []
        self._busy = False

    def line(self, handler):
        """A new line."""
        return Line(self, handler)

    def request(self, line):
        """An edge on a line."""
        if line.waiting:
            line.merged += 1
            return
        line.waiting = True
        self._queue.append(line)
        if self._busy:
            return
        self._busy = True
        try:
            while self._queue:
                line = self._queue.pop(0)
                line.waiting = False
                line.handler(line)
        finally:
            self._busy = False


class EdgeStamps:
    """Hardware time stamps of a line's edges."""

    def __init__(self, ticks_us):
        self._ticks_us = ticks_us
        self._newest = 0
        self._count = 0

    def take_edge(self):
        """An edge, now."""
        self._newest = self._ticks_us()
        self._count += 1

    def count(self):
        """Edges since the last call."""
        count, self._count = self._count, 0
        return count

    def newest(self):
        """The tick of the newest edge."""
        return self._newest
