"""The foreground's half of a stream: ring -> packet -> frame -> link queue, a packet at a time."""

from freefall_wire import frame, packet
from freefall_wire.native import micropython
from freefall_wire.reports import COUNTER_MASK

from .ring import due_handler

_PACKET_AT = frame.PACKET_AT
_SAMPLES_AT = frame.PACKET_AT + packet.SAMPLES_AT


class Packetizer:
    """Makes packets of one stream's consecutive samples. Allocates nothing after construction.

    framed = samples_sent + samples_dropped and, with the ring, taken = framed + pending().
    """

    def __init__(self, plan, ring, clock, seal, queue):
        """plan: one stream of a payload plan; seal(buf, packet_len): frame.seal_in_place or a port's faster equal."""
        self.framed = 0
        self.samples_sent = 0
        self.samples_dropped = 0
        self.packets_sent = 0
        self.packets_dropped = 0
        self.most_waiting = 0  # samples in the ring
        self._apid = plan["apid"]
        self._sample_len = plan["sample_len"]
        self._step = step = plan["samples_per_read"]
        self._reads = plan["samples_per_packet"] // step
        self._packet_len = plan["packet_len"]
        self._ring = ring
        self._clock = clock
        self._seal = seal
        self._queue = queue
        self._buf = frame.frame_buffer()
        self._frame_len = self._packet_len + frame.FRAME_OVERHEAD
        self._sequence = 0
        self._first = 0  # number of the first sample of the newest packet
        self._wraps = 0  # of the numbers, for the index's upper bits
        # The oldest sample of a read is older than its stamp.
        latency_us = plan["max_latency_ms"] * 1000 - (step - 1) * plan["period_us"]
        self.due = due_handler(ring.words, self._reads, max(0, latency_us))

    @micropython.native
    def pending(self, head):
        """Samples taken and not yet in a packet, when the ring's head is (or was) at `head`."""
        return self._ring.waiting_at(head) * self._step

    @micropython.native
    def late(self):
        """Reads that came more than half a period later than their number says, modulo 2^30."""
        return self._ring.late()

    @micropython.native
    def send(self):
        """Make and send one packet of what waits in the ring, if anything; returns the number of samples."""
        ring = self._ring
        waiting = ring.waiting() * self._step
        if not waiting:
            return 0
        if waiting > self.most_waiting:
            self.most_waiting = waiting
        number = ring.oldest_number()
        if number < self._first:
            self._wraps += 1
        self._first = number
        stamp = ring.oldest_stamp()
        # Samples of one packet are one period apart: only so does its one time date them all. The ring knows where a run ends.
        count = ring.take(self._buf, _SAMPLES_AT, self._reads) * self._step
        self._close(count, stamp)
        return count

    @micropython.native
    def _close(self, count, stamp):
        buf = self._buf
        stop = _PACKET_AT + self._packet_len
        # Sealing overwrites the packet, padding included, so both are written anew each time.
        for at in range(_SAMPLES_AT + count * self._sample_len, stop):
            buf[at] = 0
        packet.put_primary(buf, _PACKET_AT, self._apid, self._sequence, self._packet_len)
        self._clock.put(buf, _PACKET_AT + packet.STREAM_TIME_AT, stamp)
        packet.put_stream(buf, _PACKET_AT, count, self._wraps, self._first)
        self._seal(buf, self._packet_len)
        self._sequence = (self._sequence + 1) % packet.SEQUENCE_MODULO
        self.framed = (self.framed + count) & COUNTER_MASK
        if self._queue.put_samples(buf, frame.FRAME_AT, self._frame_len):
            self.packets_sent = (self.packets_sent + 1) & COUNTER_MASK
            self.samples_sent = (self.samples_sent + count) & COUNTER_MASK
        else:
            self.packets_dropped = (self.packets_dropped + 1) & COUNTER_MASK
            self.samples_dropped = (self.samples_dropped + count) & COUNTER_MASK
