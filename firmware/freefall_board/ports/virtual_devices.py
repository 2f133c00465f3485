"""Simulated devices that are part of the board itself: their reads are over at once."""

from . import segments

_MODULO = 1 << 32


class Counter:
    """Counts the edges of a line. Its sample: see ports/__init__.py."""

    def __init__(self, clock):
        self._clock = clock
        self._pulses = 0
        self._began_us = clock.now_ns() // 1000

    def take_edge(self):
        """An edge, now."""
        self._pulses += 1

    def check(self):
        """Nothing: a read is over at once."""

    def reads(self, driver, ring, ended):
        """See ports/__init__.py."""
        segments(driver, ring)
        size = ring.read_len
        last_pulses, last_us = 0, self._began_us

        def start(slot):
            nonlocal last_pulses, last_us
            now_us = self._clock.now_ns() // 1000
            words = (self._pulses, self._pulses - last_pulses, now_us - last_us)
            last_pulses, last_us = self._pulses, now_us
            ring.octets[slot * size : (slot + 1) * size] = b"".join(_word(word) for word in words)
            ended(1)

        return start


class AnalogInput:
    """A pin's voltage. source: a model with counts() -> 12 bits."""

    def __init__(self, source):
        self._source = source

    def check(self):
        """Nothing: a read is over at once."""

    def reads(self, driver, ring, ended):
        """See ports/__init__.py."""
        segments(driver, ring)
        size = ring.read_len

        def start(slot):
            ring.octets[slot * size : (slot + 1) * size] = self._source.counts().to_bytes(2, "little")
            ended(1)

        return start


def _word(number):
    return (number % _MODULO).to_bytes(4, "little")
