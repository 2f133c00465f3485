"""Sampling a sensor that keeps its samples in a FIFO and says by a level that enough of them are there."""

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
_BACKLOG_US = const(25)
_JUDGE = const(26)
_QUICKEST_US = const(27)
_COUNTER_MASK = const(0x3FFFFFFF)
_TICKS_MASK = const(0x3FFFFFFF)
_STOPPED = const(3)
_KIND = const(3)
_MOST_JUDGED_US = const(0x10000000)


class WatermarkSampler(Sampler):
    """The trigger is the level of a pin, high while the FIFO holds at least a read's worth of samples; each read takes so many.

    The FIFO keeps what cannot be read at once, so neither a full ring nor a failed read costs a sample: the read is begun when
    the one before is over, or by `resume()`. Its stamp is its edge's or, without a new edge, one read's time after the last.
    Samples that the FIFO had to give up are told by time, and counted: as bus errors after a failed read, as overruns otherwise.
    Those that went while a read was under way, or with one that broke off, are told by the next edge and so counted after it.
    What an edge and the end of a read do where nothing is the matter is in viper, the rest in native code, five times slower.
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
        self._words[_BACKLOG_US] = backlog_us
        self._words[_QUICKEST_US] = _MOST_JUDGED_US
        self._begin = None
        # Methods looked up in an interrupt are new objects; these are made here, once.
        self.ended = end_handler(ring.words, port.ticks_us, level, (self._go_on, self._on_failed))
        self._judge = self._on_edge

    def reads_by(self, start, check):
        """As Sampler.reads_by."""
        words = self._words
        self._begin = trigger_handler(words, due_stamp(words), start, check)
        self.trigger = edge_handler(words, self._stamp, self._judge, self._begin)

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
        if not words[_DUE] & 1:
            if words[_GOOD_STAMP] < 0:
                self._begin_first()
                return
            self._next_is_due()
        self._give_up_overflow()
        self._begin_if_due()

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
            self._begin(None)  # pyright: ignore[reportOptionalCall]: reads_by() has made it

    @micropython.native
    def _on_edge(self):
        # An edge has come that may tell of samples that are missing.
        self._judge_gap()

    @micropython.native
    def _judge_gap(self):
        words = self._words
        interval = words[_INTERVAL] >> 3
        step = words[_STEP]
        elapsed = (words[_DUE_STAMP] - words[_GOOD_STAMP]) & _TICKS_MASK
        if words[_GOOD_STAMP] >= 0 and interval <= elapsed <= _MOST_JUDGED_US:
            missed = (elapsed // interval - 1) * step + (elapsed % interval * step + (interval >> 1)) // interval
            # The sensor's pace may be somewhat off, so without a reason to suspect a loss it takes more to tell one.
            if words[_JUDGE] & _KIND or 2 * missed >= step:
                self._give_up(missed)
        words[_JUDGE] = 0

    @micropython.native
    def _give_up_overflow(self):
        # A FIFO that has overflowed holds only the newest samples.
        words = self._words
        interval = words[_INTERVAL] >> 3
        step = words[_STEP]
        oldest = (self._ticks_us() - words[_BACKLOG_US]) & _TICKS_MASK
        elapsed = (oldest - words[_DUE_STAMP]) & _TICKS_MASK
        if elapsed > _MOST_JUDGED_US:
            return
        missed = elapsed // interval * step + elapsed % interval * step // interval
        if missed:
            if not words[_JUDGE] & _KIND:
                words[_JUDGE] |= _OVERRUNS
            words[_DUE_STAMP] = plus(words[_DUE_STAMP], self._duration(missed))
            self._give_up(missed)

    @micropython.native
    def _give_up(self, missed):
        words = self._words
        if words[_GOOD_STAMP] < 0:
            return
        kind = words[_JUDGE] & _KIND or _OVERRUNS
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
    def _on_failed(self, good):
        # As if it had not been begun. To try again is for the foreground: interrupts would do nothing else.
        words = self._words
        words[_SEEN] = plus(words[_SEEN], -words[_STEP])
        words[_READING] = 0
        words[_CHANGES] = plus(words[_CHANGES], 1)
        words[_DUE_STAMP] = words[_STAMP]
        words[_JUDGE] = _BUS_ERRORS
        words[_DUE] = self._try_again(good)
        if words[_ERRORS_IN_ROW] < _STOPPED:
            words[_ERRORS_IN_ROW] += 1

    @micropython.native
    def _go_on(self, took):
        # A good read is over, so long after its stamp, and there may be enough for another.
        if self._level():
            self._next_is_due()
            # On a bus that cannot keep pace no edge will ever tell.
            self._give_up_overflow()
            self._begin_if_due()

    @micropython.native
    def _try_again(self, good):
        # What a failed read leaves to be due.
        return 1


def due_stamp(words):
    """A function: the stamp of the read that is due, for a handler that takes the latency off what it is given."""

    @micropython.viper
    def stamp() -> int:
        w = ptr32(words)
        return (w[_DUE_STAMP] + w[_LATENCY_US]) & _TICKS_MASK

    return stamp


def edge_handler(words, stamp, judge, begin):
    """A handler that stamps, has the edge judged if there is a reason to, and begins the read that is due, or notes it.

    An edge during a read says nothing: the read takes samples out while others come in. Its end looks at the level.
    """

    @micropython.viper
    def on_edge(source):
        now = int(stamp())
        w = ptr32(words)
        if w[_READING]:
            return
        now = (now - w[_LATENCY_US]) & _TICKS_MASK
        w[_DUE_STAMP] = now
        w[_DUE] = 1
        interval = w[_INTERVAL] >> 3
        good = w[_GOOD_STAMP]
        if good >= 0:
            # Later than a read's time by more than half a sample.
            if w[_JUDGE] or (now - good) & _TICKS_MASK >= interval + interval // (2 * w[_STEP]):
                judge()
        elif w[_JUDGE]:
            judge()
        depth = w[_DEPTH]
        if (w[_HEAD] - w[_TAIL]) & (2 * depth - 1) != depth:
            w[_DUE] = 0
            begin(source)

    return on_edge


def end_handler(words, ticks_us, level, others):
    """A handler that publishes the slot of a good read, and counts.

    others: what is called with the time since its stamp when there may be enough for another read, or something is the matter;
    and with `good` when a read failed.
    """

    @micropython.viper
    def on_end(good: int):
        if good <= 0:
            others[1](good)
            return
        w = ptr32(words)
        stamp = w[_STAMP]
        took = (int(ticks_us()) - stamp) & _TICKS_MASK
        w[_READING] = 0
        w[_CHANGES] = (w[_CHANGES] + 1) & _COUNTER_MASK
        w[_TAKEN] = (w[_TAKEN] + w[_STEP]) & _COUNTER_MASK
        w[_ERRORS_IN_ROW] = 0
        w[_GOOD_STAMP] = stamp
        if took > w[_LONGEST_US]:
            w[_LONGEST_US] = took
        w[_HEAD] = (w[_HEAD] + 1) & (2 * w[_DEPTH] - 1)
        backlog = w[_BACKLOG_US]
        quickest = w[_QUICKEST_US]
        if took < quickest:
            w[_QUICKEST_US] = took
        elif took - quickest > backlog and w[_JUDGE] & _KIND == 0:
            # It waited so long for its bus that the FIFO may have overflowed.
            w[_JUDGE] = w[_JUDGE] | _OVERRUNS
        interval = w[_INTERVAL] >> 3
        if w[_JUDGE] or took > backlog or took >= interval - (interval >> 3) or int(level()):
            others[0](took)

    return on_end
