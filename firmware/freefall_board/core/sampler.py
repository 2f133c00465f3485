"""The interrupts' half of a stream: time stamp first, then a read begun, later ended; and every outcome counted.

The handlers are closures: what a handler needs is found without a lookup. They run as hard interrupts, never one inside the
other; they allocate nothing, make no name and touch no float.
"""

from freefall_wire.const import const
from freefall_wire.native import micropython, ptr32

_SEEN = const(0)
_TAKEN = const(1)
_BUS_ERRORS = const(2)
_OVERRUNS = const(3)
_ERRORS_IN_ROW = const(4)
_LONGEST_US = const(5)
_CHANGES = const(6)
_READING = const(7)
_STAMP = const(8)
_HEAD = const(12)
_TAIL = const(13)
_SNAPSHOT_LEN = const(14)
_STEP = const(18)
_DEPTH = const(21)
_LATENCY_US = const(23)
_SLOTS = const(28)
_COUNTER_MASK = const(0x3FFFFFFF)
_TICKS_MASK = const(0x3FFFFFFF)
_STOPPED = const(3)


class Sampler:
    """`trigger` and `ended` are interrupt handlers: of the trigger, and of the end of a read.

    seen = taken + bus_errors + overruns, in samples. A trigger that finds no room in the ring, or the read before it still
    under way, is an overrun.
    """

    def __init__(self, ring, ticks_us, latency_us=0):
        """latency_us: from a trigger to the first line of its handler, which the stamps are set back by."""
        self._words = ring.words
        self._ticks_us = ticks_us
        self._words[_LATENCY_US] = latency_us
        self.trigger = None
        self.ended = end_handler(ring.words, ticks_us)

    def reads_by(self, start, check):
        """start(slot) begins a read into a slot of the ring, after which `ended` is called once. Makes `trigger`.

        check(): calls `ended` for a read that has failed but not yet been noticed; for interrupts.
        """
        self.trigger = trigger_handler(self._words, self._ticks_us, start, check)

    def resume(self):
        """Nothing: a sample that was not read when it was announced is gone."""

    def reading(self):
        """Samples of the read under way, 0 when there is none."""
        return self._words[_READING]

    def changes(self):
        """Grows with every interrupt of this stream, modulo 2^30."""
        return self._words[_CHANGES]

    def bus_errors(self):
        """Samples whose read failed, modulo 2^30."""
        return self._words[_BUS_ERRORS]

    def errors_in_row(self):
        """Reads failed since the last good one, at most STOPPED."""
        return self._words[_ERRORS_IN_ROW]

    @micropython.viper
    def snapshot(self, into):
        """Copy the stream's first SNAPSHOT_LEN words (words.py), all as of one instant, to the array `into`. Foreground.

        This asks for no interrupt lock, which would delay the very time stamps it is meant to vouch for: it looks again until no
        interrupt came between, which with a few microseconds a look is soon.
        """
        w = ptr32(self._words)
        copy = ptr32(into)
        while True:
            changes = w[_CHANGES]
            i = 0
            while i < _SNAPSHOT_LEN:
                copy[i] = w[i]
                i += 1
            if changes == w[_CHANGES]:
                return


class StampedSampler(Sampler):
    """A sampler whose triggers are stamped by hardware: exact, and all counted even when interrupts were late and merged.

    A trigger that shares its interrupt with a later one is an overrun: its sample was not read in time.
    """

    def __init__(self, ring, ticks_us, stamps):
        """stamps: `count()` -> triggers since the last call; `newest()` -> the stamp of the last; both interrupt-safe."""
        super().__init__(ring, ticks_us)
        self._stamps = stamps

    def reads_by(self, start, check):
        """As Sampler.reads_by."""
        begin = trigger_handler(self._words, self._stamps.newest, start, check)
        self.trigger = merged_handler(self._words, self._stamps.count, begin)


def trigger_handler(words, stamp, start, check):
    """A handler that stamps, counts and begins one read. stamp() -> ticks."""

    @micropython.viper
    def on_trigger(source):
        now = int(stamp())
        w = ptr32(words)
        if w[_READING]:
            check()
        number = w[_SEEN]
        step = w[_STEP]
        w[_SEEN] = (number + step) & _COUNTER_MASK
        w[_CHANGES] = (w[_CHANGES] + 1) & _COUNTER_MASK
        head = w[_HEAD]
        depth = w[_DEPTH]
        if w[_READING] or (head - w[_TAIL]) & (2 * depth - 1) == depth:
            w[_OVERRUNS] = (w[_OVERRUNS] + step) & _COUNTER_MASK
            return
        now = (now - w[_LATENCY_US]) & _TICKS_MASK
        slot = head & (depth - 1)
        w[_SLOTS + 2 * slot] = number
        w[_SLOTS + 1 + 2 * slot] = now
        w[_STAMP] = now
        w[_READING] = step
        start(slot)

    return on_trigger


def merged_handler(words, count, begin):
    """A handler that counts the triggers its interrupt stands for, all but the last as overruns, then calls begin."""

    @micropython.viper
    def on_triggers(source):
        triggers = int(count())
        if triggers == 0:
            return
        w = ptr32(words)
        # Before the first interrupt also those are counted that came before it was armed.
        if triggers > 1 and w[_CHANGES]:
            merged = (triggers - 1) * w[_STEP]
            w[_SEEN] = (w[_SEEN] + merged) & _COUNTER_MASK
            w[_OVERRUNS] = (w[_OVERRUNS] + merged) & _COUNTER_MASK
        begin(source)

    return on_triggers


def end_handler(words, ticks_us):
    """A handler that publishes the slot of a good read, and counts; good: see ports/__init__.py."""

    @micropython.viper
    def on_end(good: int):
        w = ptr32(words)
        step = w[_STEP]
        w[_READING] = 0
        w[_CHANGES] = (w[_CHANGES] + 1) & _COUNTER_MASK
        if good > 0:
            w[_TAKEN] = (w[_TAKEN] + step) & _COUNTER_MASK
            w[_ERRORS_IN_ROW] = 0
            took = (int(ticks_us()) - w[_STAMP]) & _TICKS_MASK
            if took > w[_LONGEST_US]:
                w[_LONGEST_US] = took
            w[_HEAD] = (w[_HEAD] + 1) & (2 * w[_DEPTH] - 1)
            return
        w[_BUS_ERRORS] = (w[_BUS_ERRORS] + step) & _COUNTER_MASK
        if w[_ERRORS_IN_ROW] < _STOPPED:
            w[_ERRORS_IN_ROW] += 1

    return on_end
