"""The interrupt's half of a stream: time stamp first, then the sensor into the ring, and every outcome counted."""

from freefall_wire.const import const
from freefall_wire.reports import COUNTER_MASK

from .ring import FULL

_MASK = const(0x3FFFFFFF)  # COUNTER_MASK, as a constant the compiler can fold
assert _MASK == COUNTER_MASK


class Sampler:
    """`trigger` is the interrupt handler. It allocates nothing, makes no name, touches no float, and never raises.

    seen = taken + bus_errors + overruns, all modulo 2^30, whenever no trigger is being handled.
    """

    def __init__(self, ring, read_into, ticks_us, ticks_diff):
        self.seen = 0
        self.taken = 0
        self.bus_errors = 0
        self.overruns = 0
        self.errors_in_row = 0
        self.longest_us = 0
        self._ring = ring
        self._read_into = read_into
        self._ticks_us = ticks_us
        self._elapsed = ticks_diff
        # A method looked up in an interrupt is a new object; this one is made here, once.
        self.trigger = self._on_trigger

    def _on_trigger(self, source):
        stamp = self._ticks_us()
        number = self.seen
        self.seen = (number + 1) & _MASK
        ring = self._ring
        slot = ring.reserve()
        if slot == FULL:
            self.overruns = (self.overruns + 1) & _MASK
            return
        try:
            self._read_into(ring.slots[slot])
        except OSError:
            self.bus_errors = (self.bus_errors + 1) & _MASK
            self.errors_in_row = (self.errors_in_row + 1) & _MASK
            return
        ring.numbers[slot] = number
        ring.stamps[slot] = stamp
        ring.commit()
        self.taken = (self.taken + 1) & _MASK
        self.errors_in_row = 0
        took = self._elapsed(self._ticks_us(), stamp)
        if took > self.longest_us:
            self.longest_us = took
