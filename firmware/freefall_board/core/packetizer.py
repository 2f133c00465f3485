"""The foreground's half of a stream: ring -> packet -> frame -> link queue."""

from freefall_wire import frame, packet
from freefall_wire.const import const
from freefall_wire.reports import COUNTER_MASK

from .slices import slicer

# Longer than this, ticks wrap and a time between two triggers says nothing; so much is a gap anyway.
_MOST_JUDGED_US = const(0x10000000)
_PACKET_AT = frame.PACKET_AT
_SAMPLES_AT = frame.PACKET_AT + packet.SAMPLES_AT


class Packetizer:
    """Fills packets of one stream and sends each when it is full, when its samples would not be consecutive, or when it is
    old enough. Allocates nothing after construction.

    framed = samples_sent + samples_dropped and, with the ring and the open packet, taken = framed + pending().
    """

    def __init__(self, plan, ring, clock, seal, queue):
        """plan: one stream of a payload plan; seal(buf, packet_len): frame.seal_in_place or a port's faster equal."""
        self.framed = 0
        self.samples_sent = 0
        self.samples_dropped = 0
        self.packets_sent = 0
        self.packets_dropped = 0
        self.late = 0
        self.most_waiting = 0
        self._apid = plan["apid"]
        self._sample_len = plan["sample_len"]
        self._full = plan["samples_per_packet"]
        self._packet_len = plan["packet_len"]
        self._max_latency_us = plan["max_latency_ms"] * 1000
        self._period_us = plan["period_us"]
        self._most_steps = _MOST_JUDGED_US // self._period_us
        self._ring = ring
        self._clock = clock
        self._seal = seal
        self._queue = queue
        self._buf = frame.frame_buffer()
        self._frame = memoryview(self._buf)[frame.FRAME_AT :]
        self._frame_len = self._packet_len + frame.FRAME_OVERHEAD
        starts = [_SAMPLES_AT + i * self._sample_len for i in range(self._full)]
        self._places = [slicer[start : start + self._sample_len] for start in starts]
        self._sequence = 0
        self._count = 0  # samples in the open packet
        self._opened = 0  # stamp of its first sample
        self._first = 0  # trigger number of its first sample
        self._last = -1  # trigger number of the newest sample packed; -1 before the first
        self._last_stamp = 0
        self._wraps = 0  # of the trigger number, for the index's upper bits
        self._first_wraps = 0

    def pending(self):
        """Samples taken and not yet in a packet built. An interrupt may add to it meanwhile."""
        return self._ring.waiting() + self._count

    def poll(self, now):
        """Pack what the ring holds and send what is due at tick `now`; returns the number of samples packed."""
        ring = self._ring
        waiting = ring.waiting()
        if waiting > self.most_waiting:
            self.most_waiting = waiting
        # Only what waits now: a sensor faster than this loop must not keep the other streams out.
        for _ in range(waiting):
            self._pack(ring)
        if self._count and self._clock.elapsed(now, self._opened) >= self._max_latency_us:
            self._close()
        return waiting

    def _pack(self, ring):
        slot = ring.oldest()
        number = ring.numbers[slot]
        stamp = ring.stamps[slot]
        steps = (number - self._last) & COUNTER_MASK
        late = self._last >= 0 and self._is_late(steps, self._clock.elapsed(stamp, self._last_stamp))
        if late:
            self.late = (self.late + 1) & COUNTER_MASK
        # Samples of one packet are one period apart: only so does its one time date them all.
        if self._count and (late or steps != 1):
            self._close()
        if number < self._last:
            self._wraps += 1
        self._last = number
        self._last_stamp = stamp
        if not self._count:
            self._opened = stamp
            self._first = number
            self._first_wraps = self._wraps
        self._buf[self._places[self._count]] = ring.slots[slot]
        ring.release()
        self._count += 1
        if self._count == self._full:
            self._close()

    def _is_late(self, steps, elapsed):
        # Half a period of jitter and latency is allowed; beyond that an edge was merged with another, or never came.
        if steps > self._most_steps:
            return False
        return not 0 <= elapsed <= steps * self._period_us + self._period_us // 2

    def _close(self):
        buf = self._buf
        count = self._count
        stop = _PACKET_AT + self._packet_len
        # Sealing overwrites the packet, padding included, so both are written anew each time.
        for at in range(_SAMPLES_AT + count * self._sample_len, stop):
            buf[at] = 0
        packet.put_primary(buf, _PACKET_AT, self._apid, self._sequence, self._packet_len)
        self._clock.put(buf, _PACKET_AT + packet.STREAM_TIME_AT, self._opened)
        packet.put_stream(buf, _PACKET_AT, count, self._first_wraps, self._first)
        self._seal(buf, self._packet_len)
        self._sequence = (self._sequence + 1) % packet.SEQUENCE_MODULO
        self._count = 0
        self.framed = (self.framed + count) & COUNTER_MASK
        if self._queue.put_samples(self._frame, self._frame_len):
            self.packets_sent = (self.packets_sent + 1) & COUNTER_MASK
            self.samples_sent = (self.samples_sent + count) & COUNTER_MASK
        else:
            self.packets_dropped = (self.packets_dropped + 1) & COUNTER_MASK
            self.samples_dropped = (self.samples_dropped + count) & COUNTER_MASK
