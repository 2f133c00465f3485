"""The interrupt's half of a stream: time stamp first, then the sensor into the ring, and every outcome counted."""

from freefall_wire.const import const
from freefall_wire.reports import COUNTER_MASK

from .ring import FULL

# One failed read may be a glitch; this many in a row are a sensor that does not answer.
STOPPED = const(3)
# Each read of a hung bus holds all interrupts for the bus's timeout: a stopped sensor is asked at every 32nd trigger only.
_ASK_MASK = const(31)


class Sampler:
    """`trigger` is the interrupt handler. It allocates nothing, makes no name and touches no float; an OSError of the read is
    counted, anything else the read raises is a fault of the driver and ends the stream.

    seen = taken + bus_errors + overruns, all modulo 2^30, whenever no trigger is being handled.
    """

    def __init__(self, ring, read_into, ticks_us, ticks_diff):
        self.seen = 0
        self.taken = 0
        self.bus_errors = 0
        self.overruns = 0
        self.errors_in_row = 0  # at most STOPPED
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
        self.seen = (number + 1) & COUNTER_MASK
        slot = self._ring.reserve()
        if slot == FULL:
            self.overruns = (self.overruns + 1) & COUNTER_MASK
        elif self.errors_in_row == STOPPED and number & _ASK_MASK:
            self.bus_errors = (self.bus_errors + 1) & COUNTER_MASK
        else:
            self._read(slot, number, stamp)
        took = self._elapsed(self._ticks_us(), stamp)
        if took > self.longest_us:
            self.longest_us = took

    def _read(self, slot, number, stamp):
        ring = self._ring
        try:
            self._read_into(ring.slots[slot])
        except OSError:
            self.bus_errors = (self.bus_errors + 1) & COUNTER_MASK
            if self.errors_in_row < STOPPED:
                self.errors_in_row += 1
            return
        ring.numbers[slot] = number
        ring.stamps[slot] = stamp
        ring.commit()
        self.taken = (self.taken + 1) & COUNTER_MASK
        self.errors_in_row = 0
