"""Sampling a FIFO whose line rises when enough samples are in it and falls when its status is read, whatever it holds then."""

from freefall_wire.const import const
from freefall_wire.native import micropython

from .watermark import WatermarkSampler
from .words import plus

_STAMP = const(8)
_DUE = const(9)
_DUE_STAMP = const(10)
_GOOD_STAMP = const(11)
_INTERVAL = const(17)
_BACKLOG_US = const(25)
_JUDGE = const(26)
_TICKS_MASK = const(0x3FFFFFFF)
_LATER = const(2)
_LATER_AGAIN = const(3)
_KIND = const(3)
_LOOK = const(4)


class RisingSampler(WatermarkSampler):
    """A watermark sampler that trusts the line's edges and, where there may have been none, the sensor's pace.

    An edge is the moment of the last sample of a read. One read's time later the next one's worth is there; where the read before
    it was over by then, an edge says so. Where it may not have been, the FIFO never fell below the watermark, or the line rose
    during that read: then the next is begun by `resume()` when that time is surely over. A FIFO is never asked for more than it
    must hold.
    """

    def __init__(self, ring, port, stamp, level, backlog_us, latency_us=0):
        """As WatermarkSampler."""
        super().__init__(ring, port, stamp, level, backlog_us, latency_us)
        self._enough_at = 0  # tick from which on there is surely enough for a read that is due _LATER
        self._risen = False  # it may have been enough at the end of the last read: an edge now is not the moment
        # Since the last edge nobody knows how much the FIFO holds: a read broke off, it may have overflowed, or the line was
        # active from the beginning.
        self._unsure = True
        self._waited = False  # in vain, for an edge since the end of the last read
        self._ended_at = 0
        self._words[_JUDGE] = _LOOK

    @micropython.native
    def _begin_first(self):
        self.trigger(None)
        self._unsure = True
        self._words[_JUDGE] |= _LOOK
        self._enough_at = self._words[_STAMP]

    @micropython.native
    def _has_enough(self):
        due = self._words[_DUE]
        if due & _LATER:
            return (self._ticks_us() - self._enough_at) & _TICKS_MASK <= _TICKS_MASK >> 1
        return due or self._level()

    @micropython.native
    def _go_on(self, took):
        words = self._words
        backlog = words[_BACKLOG_US]
        interval = words[_INTERVAL] >> 3
        # The sensor's pace may be somewhat off.
        margin = interval >> 3
        now = plus(words[_STAMP], took)
        self._risen = False
        # A FIFO that was full, perhaps, before the samples went out, has lost some that nobody knows of.
        full_before = plus(now, interval - backlog + margin)
        if self._unsure:
            enough_at = plus(self._enough_at, interval + (margin >> 4))
            if self._waited:
                # Though a read's worth came since the last read, it did not come to hold enough: there was enough then.
                enough_at = plus(self._ended_at, interval + margin)
                if (now - self._ended_at) & _TICKS_MASK > backlog:
                    enough_at = full_before
            elif (now - self._enough_at) & _TICKS_MASK > backlog:
                enough_at = full_before
            self._wait_until(enough_at)
            # An active line has no edge.
            self._waited = not self._waited and not self._level()
        elif took > backlog:
            self._unsure = True
            self._wait_until(full_before)
        elif took >= interval + margin:
            self._next_is_due()
            self._begin_if_due()
        elif took >= interval - margin or self._level():
            self._wait_until(plus(words[_STAMP], interval + margin))
            self._risen = True
        self._ended_at = now
        words[_JUDGE] = words[_JUDGE] & _KIND | (_LOOK if self._unsure or self._risen else 0)

    @micropython.native
    def _wait_until(self, tick):
        self._enough_at = tick
        self._words[_DUE] = _LATER

    @micropython.native
    def _next_is_due(self):
        words = self._words
        interval = words[_INTERVAL] >> 3
        since = (self._ticks_us() - words[_STAMP]) & _TICKS_MASK
        # No sample is of the future.
        words[_DUE_STAMP] = plus(words[_STAMP], min(interval, since))
        words[_DUE] = 1

    @micropython.native
    def _try_again(self, good):
        if good < 0:
            self._unsure = True
        if self._unsure or self._risen:
            self._words[_JUDGE] |= _LOOK
        if not self._unsure or self._words[_GOOD_STAMP] < 0:
            return 1
        interval = self._words[_INTERVAL] >> 3
        self._enough_at = plus(self._ticks_us(), interval + (interval >> 3))
        self._waited = False
        return _LATER_AGAIN

    @micropython.native
    def _on_edge(self):
        if self._risen:
            self._risen = False
            self._words[_JUDGE] &= _KIND
            self._next_is_due()
            return
        self._unsure = False
        self._waited = False
        self._judge_gap()
