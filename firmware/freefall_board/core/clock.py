"""On-board time: seconds and microseconds since boot, kept from a microsecond tick that wraps (every 17.9 min on MicroPython)."""

from freefall_wire import timecode
from freefall_wire.native import micropython

_SECOND = 1000000


class OnBoardClock:
    """Call `update()` at least every 500 s; the foreground loop does, every few milliseconds. It allocates nothing."""

    def __init__(self, ticks_us, ticks_diff):
        self.ticks_us = ticks_us
        self.elapsed = ticks_diff  # elapsed(later, earlier) in microseconds, wrap-safe
        self.seconds = 0
        self.micros = 0
        self.now = ticks_us()  # the tick that seconds and micros belong to

    @micropython.native
    def update(self):
        """Take the time; returns the tick."""
        now = self.ticks_us()
        micros = self.micros + self.elapsed(now, self.now)
        self.now = now
        while micros >= _SECOND:
            micros -= _SECOND
            self.seconds += 1
        self.micros = micros
        return now

    @micropython.native
    def put(self, buf, at, stamp):
        """Write the on-board time of tick `stamp` (at most 500 s from the last update) as CUC at buf[at:]."""
        seconds = self.seconds
        micros = self.micros + self.elapsed(stamp, self.now)
        while micros < 0:
            micros += _SECOND
            seconds -= 1
        while micros >= _SECOND:
            micros -= _SECOND
            seconds += 1
        # A tick from before this clock was made has no on-board time; zero is the nearest there is.
        if seconds < 0:
            seconds = micros = 0
        timecode.put_cuc(buf, at, seconds, micros)
