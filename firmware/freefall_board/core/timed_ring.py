"""The ring of a stream whose samples travel with their own times."""

from freefall_wire.const import const
from freefall_wire.native import micropython, ptr8, ptr32

from .ring import Ring

_HEAD = const(12)
_TAIL = const(13)
_LAST = const(14)
_LAST_STAMP = const(15)
_LATE = const(16)
_INTERVAL = const(17)
_PERIOD_US = const(19)
_MOST_STEPS = const(20)
_DEPTH = const(21)
_READ_LEN = const(22)
_HEAD_LEN = const(24)
_SLOTS = const(28)
_COUNTER_MASK = const(0x3FFFFFFF)
_TICKS_MASK = const(0x3FFFFFFF)
_MOST_OFFSET_US = const(0x03FFFFFF)


class TimedRing(Ring):
    """A ring of one sample a read, whose samples are taken with their times before them and need not be one period apart."""

    @micropython.viper
    def take(self, buf, start: int, most: int) -> int:
        """Copy the oldest samples to buf[start:], at most `most` and as far as their numbers follow each other.

        Before each the microseconds since the first of them, 4 octets, big-endian. Returns the samples copied, 0 only when none
        waits. Consumer only.
        """
        words = ptr32(self.words)
        source = ptr8(self.octets)
        target = ptr8(buf)
        wrap = 2 * words[_DEPTH] - 1
        read_len = words[_READ_LEN]
        head_len = words[_HEAD_LEN]
        period = words[_PERIOD_US]
        tail = words[_TAIL]
        waiting = (words[_HEAD] - tail) & wrap
        if waiting < most:
            most = waiting
        first = 0
        taken = 0
        while taken < most:
            slot = tail & (wrap >> 1)
            number = words[_SLOTS + 2 * slot]
            stamp = words[_SLOTS + 1 + 2 * slot]
            if taken == 0:
                first = stamp
            offset = (stamp - first) & _TICKS_MASK
            last = words[_LAST]
            late = 0
            if last >= 0:
                behind = (number - last) & _COUNTER_MASK
                if taken and (behind != 1 or offset > _MOST_OFFSET_US):
                    return taken
                elapsed = (stamp - words[_LAST_STAMP]) & _TICKS_MASK
                if behind <= words[_MOST_STEPS]:
                    if elapsed > behind * period + (period >> 1):
                        late = 1
                    elif behind == 1 and elapsed > period >> 1:
                        words[_INTERVAL] = words[_INTERVAL] + elapsed - (words[_INTERVAL] >> 3)
            words[_LATE] = (words[_LATE] + late) & _COUNTER_MASK
            target[start] = offset >> 24
            target[start + 1] = offset >> 16 & 0xFF
            target[start + 2] = offset >> 8 & 0xFF
            target[start + 3] = offset & 0xFF
            start += 4
            i = slot * read_len
            stop = i + read_len
            i += head_len
            while i < stop:
                target[start] = source[i]
                start += 1
                i += 1
            words[_LAST] = number
            words[_LAST_STAMP] = stamp
            tail = (tail + 1) & wrap
            words[_TAIL] = tail
            taken += 1
        return taken
