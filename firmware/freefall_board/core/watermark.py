"""Sampling a sensor that keeps its samples in a FIFO and says by a level that enough of them are there."""

from freefall_wire.const import const
from freefall_wire.native import micropython, ptr32

from .sampler import Sampler, trigger_handler
from .words import plus

_SEEN = const(0)
_BUS_ERRORS = const(2)
_OVERRUNS = const(3)
_ERRORS_IN_ROW = const(4)
_CHANGES = const(6)
_READING = const(7)
_STAMP = const(8)
_DUE = const(9)
_DUE_STAMP = const(10)
_GOOD_STAMP = const(11)
_INTERVAL = const(17)
_STEP = const(18)
_LATENCY_US = const(23)
_TICKS_MASK = const(0x3FFFFFFF)
_STOPPED = const(3)
_HAS_STAMP = 1  # a bit of DUE: DUE_STAMP is its
_MOST_JUDGED_US = const(0x10000000)


class WatermarkSampler(Sampler):
    """The trigger is the level of a pin, high while the FIFO holds at least a read's worth of samples; each read takes so many.

    The FIFO keeps what cannot be read at once, so neither a full ring nor a failed read costs a sample: the read is begun when
    the one before is over, or by `resume()`. Its stamp is its edge's or, without a new edge, one read's time after the last.
    Samples that the FIFO had to give up are told by time, and counted: as bus errors after a failed read, as overruns otherwise.
    Those that went while a read was under way, or with one that broke off, are told by the next edge and so counted after it.
    Reads are few, so all but the stamp is native code.
    """

    def __init__(self, ring, port, stamp, level, backlog_us, latency_us=0):
        """stamp() -> the time of an edge, from its interrupt; level() -> 0 or 1; both interrupt-safe.

        backlog_us: how much older than now the newest sample of a read can be, which is what the FIFO has room for besides it.
        """
        super().__init__(ring, port.ticks_us, latency_us)
        self._interrupts_off = port.interrupts_off
        self._interrupts_on = port.interrupts_on
        self._ring = ring
        self._stamp = stamp
        self._level = level
        self._backlog_us = backlog_us
        self._begin = None
        self._count_good = self.ended
        # What samples that are missing at the next edge are counted as; 0: nothing has happened that could cost a few.
        self._suspect = 0
        self._quickest_us = _MOST_JUDGED_US  # read so far, from its stamp on
        # Methods looked up in an interrupt are new objects; these are made here, once.
        self.ended = self._on_ended
        self._begin_due = self._begin_if_due

    def reads_by(self, start, check):
        """As Sampler.reads_by."""
        # The stamp kept has the latency taken off; the handler takes it off what it is given.
        self._begin = trigger_handler(self._words, self._due_stamp, start, check)
        self.trigger = edge_handler(self._words, self._stamp, self._on_due_edge)

    @micropython.native
    def resume(self):
        """Begin the read that is due and that no interrupt has begun."""
        if self._words[_READING] or not self._has_enough():
            return
        state = self._interrupts_off()
        # Only now it is sure that no interrupt does the same.
        if not self._words[_READING] and self._has_enough():
            self._resume()
        self._interrupts_on(state)

    @micropython.native
    def _has_enough(self):
        return self._level()

    @micropython.native
    def _resume(self):
        words = self._words
        if not words[_DUE] & _HAS_STAMP:
            if words[_GOOD_STAMP] < 0:
                self._begin_first()
                return
            self._next_is_due()
        self._give_up_overflow()
        self._begin_due()

    @micropython.native
    def _begin_first(self):
        # Its edge came before the trigger was armed.
        self.trigger(None)

    @micropython.native
    def _next_is_due(self):
        words = self._words
        words[_DUE_STAMP] = plus(words[_STAMP], words[_INTERVAL] >> 3)
        words[_DUE] = 1

    @micropython.native
    def _begin_if_due(self):
        words = self._words
        if words[_DUE] and not words[_READING] and self._ring.waiting() < self._ring.depth:
            words[_DUE] = 0
            self._begin(None)

    @micropython.native
    def _due_stamp(self):
        words = self._words
        return plus(words[_DUE_STAMP], words[_LATENCY_US])

    @micropython.native
    def _on_due_edge(self):
        words = self._words
        interval = words[_INTERVAL] >> 3
        step = words[_STEP]
        elapsed = (words[_DUE_STAMP] - words[_GOOD_STAMP]) & _TICKS_MASK
        if words[_GOOD_STAMP] >= 0 and interval <= elapsed <= _MOST_JUDGED_US:
            missed = (elapsed // interval - 1) * step + (elapsed % interval * step + (interval >> 1)) // interval
            # The sensor's pace may be somewhat off, so without a reason to suspect a loss it takes more to tell one.
            if self._suspect or 2 * missed >= step:
                self._give_up(missed)
        self._suspect = 0
        self._begin_due()

    @micropython.native
    def _give_up_overflow(self):
        # A FIFO that has overflowed holds only the newest samples.
        words = self._words
        interval = words[_INTERVAL] >> 3
        step = words[_STEP]
        oldest = (self._ticks_us() - self._backlog_us) & _TICKS_MASK
        elapsed = (oldest - words[_DUE_STAMP]) & _TICKS_MASK
        if elapsed > _MOST_JUDGED_US:
            return
        missed = elapsed // interval * step + elapsed % interval * step // interval
        if missed:
            self._suspect = self._suspect or _OVERRUNS
            words[_DUE_STAMP] = plus(words[_DUE_STAMP], self._duration(missed))
            self._give_up(missed)

    @micropython.native
    def _give_up(self, missed):
        words = self._words
        if words[_GOOD_STAMP] < 0:
            return
        kind = self._suspect or _OVERRUNS
        words[_SEEN] = plus(words[_SEEN], missed)
        words[kind] = plus(words[kind], missed)
        words[_CHANGES] = plus(words[_CHANGES], 1)
        # What is counted once is not missed again.
        words[_GOOD_STAMP] = plus(words[_GOOD_STAMP], self._duration(missed))

    @micropython.native
    def _duration(self, samples):
        interval = self._words[_INTERVAL] >> 3
        step = self._words[_STEP]
        return samples // step * interval + samples % step * interval // step

    @micropython.native
    def _on_ended(self, good):
        words = self._words
        if good > 0:
            words[_GOOD_STAMP] = words[_STAMP]
            took = (self._ticks_us() - words[_STAMP]) & _TICKS_MASK
            if took < self._quickest_us:
                self._quickest_us = took
            elif took - self._quickest_us > self._backlog_us:
                # It waited so long for its bus that the FIFO may have overflowed.
                self._suspect = self._suspect or _OVERRUNS
            self._count_good(1)
            self._go_on(took)
            return
        # As if it had not been begun. To try again is for the foreground: interrupts would do nothing else.
        words[_SEEN] = plus(words[_SEEN], -words[_STEP])
        words[_READING] = 0
        words[_CHANGES] = plus(words[_CHANGES], 1)
        words[_DUE_STAMP] = words[_STAMP]
        words[_DUE] = self._try_again(good)
        self._suspect = _BUS_ERRORS
        if words[_ERRORS_IN_ROW] < _STOPPED:
            words[_ERRORS_IN_ROW] += 1

    @micropython.native
    def _go_on(self, took):
        # A good read is over, so long after its stamp.
        if self._level():
            self._next_is_due()
            # On a bus that cannot keep pace no edge will ever tell.
            self._give_up_overflow()
            self._begin_due()

    @micropython.native
    def _try_again(self, good):
        # What a failed read leaves to be due.
        return 1


def edge_handler(words, stamp, on_due):
    """A handler that stamps and notes that a read is due; on_due() goes on from there.

    An edge during a read says nothing: the read takes samples out while others come in. Its end looks at the level.
    """

    @micropython.viper
    def on_edge(source):
        now = int(stamp())
        w = ptr32(words)
        if w[_READING]:
            return
        w[_DUE_STAMP] = (now - w[_LATENCY_US]) & _TICKS_MASK
        w[_DUE] = 1
        on_due()

    return on_edge
