"""Sampling a sensor whose data-ready line stays active until its sample is read: what was not read announces itself no more."""

from freefall_wire.const import const
from freefall_wire.native import micropython, ptr32

from .sampler import Sampler, trigger_handler
from .words import plus

_SEEN = const(0)
_TAKEN = const(1)
_BUS_ERRORS = const(2)
_OVERRUNS = const(3)
_ERRORS_IN_ROW = const(4)
_LONGEST_US = const(5)
_CHANGES = const(6)
_READING = const(7)
_STAMP = const(8)
_DUE = const(9)
_DUE_STAMP = const(10)
_GOOD_STAMP = const(11)
_HEAD = const(12)
_TAIL = const(13)
_INTERVAL = const(17)
_STEP = const(18)
_DEPTH = const(21)
_LATENCY_US = const(23)
_SLOTS = const(28)
_COUNTER_MASK = const(0x3FFFFFFF)
_TICKS_MASK = const(0x3FFFFFFF)
_STOPPED = const(3)
_MOST_JUDGED_US = const(0x10000000)


class HeldSampler(Sampler):
    """The trigger is an edge, which comes only after the sample before it was read; the sensor keeps its newest sample.

    A sample that could not be read, because its read failed or the ring is full, is due: `resume()` has it read, or the newest
    one in its place. By the sensor's pace it knows which that is and when it was made, and counts those in between: as overruns,
    or as bus errors after a failed read. A read that takes so long that it may have got the next sample is one that failed.
    """

    def __init__(self, ring, port, stamp, level, latency_us=0):
        """stamp() -> the time of an edge, from its interrupt; level() -> 1 while the line is active; both interrupt-safe."""
        super().__init__(ring, port.ticks_us, latency_us)
        self._interrupts_off = port.interrupts_off
        self._interrupts_on = port.interrupts_on
        self._ring = ring
        self._stamp = stamp
        self._level = level
        self._again = None
        self.ended = end_handler(ring.words, port.ticks_us)
        # Methods looked up in an interrupt are new objects; this one is made here, once.
        self._on_overtaken = self._overtaken

    def reads_by(self, start, check):
        """As Sampler.reads_by."""
        self.trigger = edge_handler(self._words, self._stamp, start, check, self._on_overtaken)
        # The stamp kept has the latency taken off; the handler takes it off what it is given.
        self._again = trigger_handler(self._words, self._due_stamp, start, check)

    @micropython.native
    def resume(self):
        """Read the sample that waits in the sensor and that no edge will announce."""
        words = self._words
        changes = words[_CHANGES]
        active = self._level()
        if words[_READING] or not (active or words[_DUE] > 0):
            return
        state = self._interrupts_off()
        # A line that has only just become active has had its interrupt by now.
        if words[_CHANGES] == changes and not words[_READING]:
            if active:
                self._read_newest()
            elif words[_DUE] > 0:
                # The sensor has it no more; the next edge tells what is lost.
                words[_DUE] = -words[_DUE]
        self._interrupts_on(state)

    @micropython.native
    def _read_newest(self):
        words = self._words
        ring = self._ring
        if ring.waiting() == ring.depth:
            return
        due = words[_DUE]
        # Without one that is due, the sample has come during the last read.
        since = words[_DUE_STAMP] if due else words[_STAMP]
        now = self._ticks_us()
        elapsed = (now - since) & _TICKS_MASK
        stamp = now
        if (due or words[_GOOD_STAMP] >= 0) and elapsed <= _MOST_JUDGED_US:
            interval = words[_INTERVAL] >> 3
            unsure = interval >> 4  # for the sensor's pace may be somewhat off
            samples = elapsed // interval
            phase = elapsed - samples * interval
            if phase > interval - unsure or samples and phase < unsure:
                # Too near to where the next one is made to tell which it would be: soon it is clear.
                return
            if not due:
                samples = samples or 1
                self._count_lost(samples - 1)
            else:
                self._count_lost(samples)
            stamp = plus(since, min(samples * interval, elapsed))
        words[_DUE_STAMP] = stamp
        words[_DUE] = 0
        self._again(None)  # pyright: ignore[reportOptionalCall]: reads_by() has made it

    @micropython.native
    def _overtaken(self, now):
        # An edge at tick `now`: what was due is gone, and what came after it but the newest.
        words = self._words
        interval = words[_INTERVAL] >> 3
        elapsed = (now - words[_DUE_STAMP]) & _TICKS_MASK
        samples = 0
        if elapsed <= _MOST_JUDGED_US:
            samples = (elapsed + (interval >> 1)) // interval
        self._count_lost(samples or 1)
        words[_DUE] = 0

    @micropython.native
    def _count_lost(self, samples):
        words = self._words
        kind = words[_DUE]
        if kind < 0:
            kind = -kind
        if not kind:
            kind = _OVERRUNS
        words[_SEEN] = plus(words[_SEEN], samples)
        words[kind] = plus(words[kind], samples)
        words[_CHANGES] = plus(words[_CHANGES], 1)

    @micropython.native
    def _due_stamp(self):
        words = self._words
        return plus(words[_DUE_STAMP], words[_LATENCY_US])


def edge_handler(words, stamp, start, check, overtaken):
    """A handler that stamps, counts and begins one read; overtaken(tick) is told of an edge while a sample is due."""

    # A closure over more than four allocates when it is called (MicroPython, objclosure.c).
    either = (check, overtaken)

    @micropython.viper
    def on_edge(source):
        now = int(stamp())
        w = ptr32(words)
        if w[_READING]:
            either[0]()
        w[_CHANGES] = (w[_CHANGES] + 1) & _COUNTER_MASK
        now = (now - w[_LATENCY_US]) & _TICKS_MASK
        if w[_READING]:
            # It may get parts of two samples, so it is not good now; its end counts what is lost.
            w[_DUE_STAMP] = now
            w[_DUE] = _BUS_ERRORS
            return
        if w[_DUE]:
            either[1](now)
        head = w[_HEAD]
        depth = w[_DEPTH]
        if (head - w[_TAIL]) & (2 * depth - 1) == depth:
            w[_DUE_STAMP] = now
            w[_DUE] = _OVERRUNS
            return
        number = w[_SEEN]
        step = w[_STEP]
        w[_SEEN] = (number + step) & _COUNTER_MASK
        slot = head & (depth - 1)
        w[_SLOTS + 2 * slot] = number
        w[_SLOTS + 1 + 2 * slot] = now
        w[_STAMP] = now
        w[_READING] = step
        start(slot)

    return on_edge


def end_handler(words, ticks_us):
    """A handler that publishes the slot of a good read, and counts; the sample of any other is due."""

    @micropython.viper
    def on_end(good: int):
        w = ptr32(words)
        step = w[_STEP]
        stamp = w[_STAMP]
        took = (int(ticks_us()) - stamp) & _TICKS_MASK
        w[_READING] = 0
        w[_CHANGES] = (w[_CHANGES] + 1) & _COUNTER_MASK
        if good > 0 and took <= w[_INTERVAL] >> 3:
            w[_TAKEN] = (w[_TAKEN] + step) & _COUNTER_MASK
            w[_ERRORS_IN_ROW] = 0
            w[_GOOD_STAMP] = stamp
            if took > w[_LONGEST_US]:
                w[_LONGEST_US] = took
            w[_HEAD] = (w[_HEAD] + 1) & (2 * w[_DEPTH] - 1)
            return
        # As if it had not been begun, unless a later sample has come meanwhile.
        lost = 0
        if w[_DUE]:
            interval = w[_INTERVAL] >> 3
            lost = (((w[_DUE_STAMP] - stamp) & _TICKS_MASK) + (interval >> 1)) // interval
            if lost == 0:
                lost = 1
        else:
            w[_DUE_STAMP] = stamp
            w[_DUE] = _BUS_ERRORS
        w[_SEEN] = (w[_SEEN] + lost - step) & _COUNTER_MASK
        w[_BUS_ERRORS] = (w[_BUS_ERRORS] + lost) & _COUNTER_MASK
        if w[_ERRORS_IN_ROW] < _STOPPED:
            w[_ERRORS_IN_ROW] += 1

    return on_end
