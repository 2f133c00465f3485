"""One ring between a stream's interrupts and the foreground loop: single producer, single consumer, no locks."""

from array import array

from freefall_wire.const import const
from freefall_wire.native import micropython, ptr8, ptr32
from freefall_wire.packet import SAMPLE_TIME_LEN

from . import words as at

_READING = const(7)
_DUE = const(9)
_HEAD = const(12)
_TAIL = const(13)
_LAST = const(14)
_LAST_STAMP = const(15)
_LATE = const(16)
_INTERVAL = const(17)
_STEP = const(18)
_PERIOD_US = const(19)
_MOST_STEPS = const(20)
_DEPTH = const(21)
_READ_LEN = const(22)
_HEAD_LEN = const(24)
_SLOTS = const(28)
_COUNTER_MASK = const(0x3FFFFFFF)
_TICKS_MASK = const(0x3FFFFFFF)


class Ring:
    """Room for `depth` (a power of two) reads of `samples_per_read` samples, each with its number and its time stamp.

    The producer (a sampler) has a read stored at octets[slot * read_len:] and then moves the head; the consumer (foreground)
    takes. Each index has one writer and is moved last, so the other side never sees a slot that is still being filled or read.
    Allocates nothing after construction.
    """

    def __init__(self, depth, sample_len, samples_per_read, period_us, head_len=0):
        """period_us: between samples; head_len: octets at the start of a read that belong to no sample."""
        if depth < 1 or depth & (depth - 1):
            raise ValueError("ring depth must be a power of two, not %d" % depth)
        self.depth = depth
        self.sample_len = sample_len
        self.head_len = head_len
        self.read_len = head_len + sample_len * samples_per_read
        self.octets = bytearray(depth * self.read_len)
        self.words = words = array("i", bytes(4 * (_SLOTS + 2 * depth)))
        words[at.GOOD_STAMP] = words[_LAST] = -1
        words[_STEP] = samples_per_read
        words[_PERIOD_US] = period_us * samples_per_read
        words[_MOST_STEPS] = at.MOST_JUDGED_US // words[_PERIOD_US]
        words[_INTERVAL] = 8 * words[_PERIOD_US]
        words[_DEPTH] = depth
        words[_READ_LEN] = self.read_len
        words[_HEAD_LEN] = head_len

    @micropython.native
    def waiting(self):
        """Reads in the ring. Either side may call it."""
        return self.waiting_at(self.words[_HEAD])

    @micropython.native
    def waiting_at(self, head):
        """Reads in the ring when its head was at `head`. Consumer only."""
        return (head - self.words[_TAIL]) & (2 * self.depth - 1)

    @micropython.native
    def late(self):
        """Reads that came more than half a period after their number says, modulo 2^30."""
        return self.words[_LATE]

    @micropython.native
    def oldest_number(self):
        """The number of the read that has waited longest; only while waiting(). Consumer only."""
        words = self.words
        return words[_SLOTS + 2 * (words[_TAIL] & (self.depth - 1))]

    @micropython.native
    def oldest_stamp(self):
        """The time of the first sample of the read that has waited longest, in ticks; only while waiting(). Consumer only."""
        words = self.words
        step = words[_STEP]
        stamp = words[_SLOTS + 1 + 2 * (words[_TAIL] & (self.depth - 1))]
        if step == 1:
            return stamp
        # A read of several samples is stamped when the last was made; the sensor's own pace dates the first.
        return (stamp - (words[_INTERVAL] >> 3) * (step - 1) // step) & _TICKS_MASK

    @micropython.viper
    def take(self, buf, start: int, most: int) -> int:
        """Copy the oldest reads to buf[start:], at most `most` and as far as each is one period after the one before it.

        Half a period of jitter and latency is allowed. Returns the reads copied, 0 only when none waits. Consumer only.
        """
        words = ptr32(self.words)
        source = ptr8(self.octets)
        target = ptr8(buf)
        wrap = 2 * words[_DEPTH] - 1
        step = words[_STEP]
        read_len = words[_READ_LEN]
        head_len = words[_HEAD_LEN]
        period = words[_PERIOD_US]
        tail = words[_TAIL]
        waiting = (words[_HEAD] - tail) & wrap
        if waiting < most:
            most = waiting
        taken = 0
        while taken < most:
            slot = tail & (wrap >> 1)
            number = words[_SLOTS + 2 * slot]
            stamp = words[_SLOTS + 1 + 2 * slot]
            last = words[_LAST]
            if last >= 0:
                behind = (number - last) & _COUNTER_MASK
                elapsed = (stamp - words[_LAST_STAMP]) & _TICKS_MASK
                steps = 1
                more = 0  # samples: a FIFO gives up less than a read, too
                if behind != step:
                    steps = behind // step
                    more = behind - steps * step
                late = 0
                early = 0
                if steps <= words[_MOST_STEPS]:
                    expected = steps * period + more * period // step
                    # An edge was merged with another, or never came.
                    if elapsed > expected + (period >> 1):
                        late = 1
                    # The one before this was read long after it was made.
                    elif elapsed < expected - (period >> 1):
                        early = 1
                if late or early or behind != step:
                    if taken:
                        return taken
                    words[_LATE] = (words[_LATE] + late) & _COUNTER_MASK
                else:
                    words[_INTERVAL] = words[_INTERVAL] + elapsed - (words[_INTERVAL] >> 3)
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


def due_handler(words, reads, max_latency_us):
    """A function of the present tick: 1 when a packet of `reads` reads should be sent, or a read be resumed; else 0.

    That is when so many wait, when the ring is half full, or when the oldest has waited so long. Foreground; allocates nothing.
    """
    limits = array("i", (reads, max_latency_us))

    @micropython.viper
    def due(now: int) -> int:
        w = ptr32(words)
        limit = ptr32(limits)
        depth = w[_DEPTH]
        tail = w[_TAIL]
        waiting = (w[_HEAD] - tail) & (2 * depth - 1)
        if waiting:
            if waiting >= limit[0] or 2 * waiting >= depth:
                return 1
            # A stamp newer than `now` makes a difference of nearly all ticks.
            age = (now - w[_SLOTS + 1 + 2 * (tail & (depth - 1))]) & _TICKS_MASK
            if age >= limit[1] and age <= _TICKS_MASK >> 1:
                return 1
        if w[_DUE] > 0 and w[_READING] == 0:
            return 1
        return 0

    return due


def ring_for(plan, head_len):
    """The ring of one stream of a payload plan; head_len: see Ring."""
    depth, step = plan["ring_depth"], plan["samples_per_read"]
    sample_len, period_us = plan["sample_len"], plan["period_us"]
    if not plan["sample_times"]:
        return Ring(depth, sample_len, step, period_us, head_len)
    # Loaded by those who need it.
    from .timed_ring import TimedRing

    ring = TimedRing(depth, sample_len - SAMPLE_TIME_LEN, step, period_us, head_len)
    if plan["trigger"]["kind"] == "pulse":
        ring.words[_MOST_STEPS] = 0  # pulses have no pace to be late by
    return ring
