"""Simulated interrupts, as on the chip: one handler at a time, never inside another; and the hardware that sees every edge."""


class Line:
    """One interrupt line. `merged` counts edges that came while an earlier one still waited: triggers no board can see."""

    def __init__(self, controller, handler):
        self.merged = 0
        self.waiting = False
        self.handler = handler
        self.high = False
        self.listeners = []  # take_edge of hardware that sees every edge, at once
        self._controller = controller

    def set(self, level):
        """Drive the line; a rising edge is an interrupt."""
        rising = level and not self.high
        self.high = level
        if rising:
            for take_edge in self.listeners:
                take_edge()
            self.request()

    def request(self):
        """Ask for the interrupt."""
        self._controller.request(self)


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
    """Hardware time stamps of a line's rising edges."""

    def __init__(self, ticks_us):
        self._ticks_us = ticks_us
        self._newest = 0
        self._count = 0

    def take_edge(self):
        """A rising edge, now."""
        self._newest = self._ticks_us()
        self._count += 1

    def count(self):
        """Edges since the last call."""
        count, self._count = self._count, 0
        return count

    def newest(self):
        """The tick of the newest edge."""
        return self._newest


class Counter:
    """A device that counts the rising edges of a line."""

    def __init__(self):
        self._pulses = 0

    def take_edge(self):
        """A rising edge, now."""
        self._pulses += 1

    def check(self):
        """Nothing: a read is over at once."""

    def reads(self, register, ring, ended):
        """See ports/__init__.py; the read is over at once."""

        def start(slot):
            ring.octets[slot * 4 : slot * 4 + 4] = (self._pulses % (1 << 32)).to_bytes(4, "little")
            ended(1)

        return start
