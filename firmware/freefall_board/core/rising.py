"""Sampling a FIFO whose line rises when enough samples are in it and falls when its status is read, whatever it holds then."""

from freefall_wire.const import const
from freefall_wire.native import micropython

from .watermark import WatermarkSampler

_STAMP = const(8)
_DUE = const(9)
_DUE_STAMP = const(10)
_GOOD_STAMP = const(11)
_INTERVAL = const(17)
_TICKS_MASK = const(0x3FFFFFFF)


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
        self._enough_us = 0  # after the last read's stamp there is enough for another; 0: an edge will tell
        self._risen = False  # it may have been enough at the end of the last read: an edge now is not the moment
        self._short = False  # a read broke off since the last edge: the FIFO may lack as much as that took out
        self._judge_edge = super()._on_due_edge

    @micropython.native
    def _has_enough(self):
        words = self._words
        if words[_DUE] > 0:
            return True
        if words[_GOOD_STAMP] < 0 and not words[_DUE]:
            return self._level()
        return self._enough_us and (self._ticks_us() - words[_STAMP]) & _TICKS_MASK >= self._enough_us

    @micropython.native
    def _go_on(self, took):
        interval = self._words[_INTERVAL] >> 3
        # The sensor's pace may be somewhat off.
        margin = interval >> 3
        self._enough_us = 0
        self._risen = False
        if self._short:
            self._enough_us = 2 * interval + margin
        elif took > self._backlog_us:
            # Its FIFO was full, perhaps, before the samples went out.
            self._enough_us = took + max(0, interval - self._backlog_us) + margin
        elif took >= interval + margin:
            self._next_is_due()
            self._begin_due()
        elif took >= interval - margin or self._level():
            self._enough_us = interval + margin
            self._risen = True

    @micropython.native
    def _try_again(self, good):
        interval = self._words[_INTERVAL] >> 3
        if good < 0:
            self._short = True
        if not self._short:
            return 1
        self._enough_us = interval + (interval >> 3)
        return -1  # not at once

    @micropython.native
    def _on_due_edge(self):
        words = self._words
        if self._risen:
            words[_DUE_STAMP] = (words[_STAMP] + (words[_INTERVAL] >> 3)) & _TICKS_MASK
        self._enough_us = 0
        self._risen = False
        self._short = False
        self._judge_edge()
