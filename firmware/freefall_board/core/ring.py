"""One ring between one interrupt and the foreground loop: single producer, single consumer, no locks, no copies."""

from array import array

from freefall_wire.const import const

FULL = const(-1)


class Ring:
    """Slots for `depth` (a power of two) samples of `sample_len` octets, each with its trigger's number and time stamp.

    Producer (interrupt): slot = reserve(); fill slots[slot], numbers[slot], stamps[slot]; commit(). Not committing gives the
    slot back. Consumer (foreground): while waiting(): read at `oldest()`; release(). Each index has one writer and is moved
    last, so the other side never sees a slot that is still being filled or read. Allocates nothing after construction.
    """

    def __init__(self, depth, sample_len):
        if depth < 1 or depth & (depth - 1):
            raise ValueError("ring depth must be a power of two, not %d" % depth)
        octets = memoryview(bytearray(depth * sample_len))
        self.slots = [octets[i * sample_len : (i + 1) * sample_len] for i in range(depth)]
        self.numbers = array("i", bytes(4 * depth))
        self.stamps = array("i", bytes(4 * depth))
        self._depth = depth
        self._slot_mask = depth - 1
        # Indexes run over twice the depth, which tells a full ring from an empty one.
        self._index_mask = 2 * depth - 1
        self._head = 0  # written by the producer only
        self._tail = 0  # written by the consumer only

    def waiting(self):
        """Samples committed and not yet released. Either side may call it."""
        return (self._head - self._tail) & self._index_mask

    def reserve(self):
        """The slot to fill next, or FULL. Producer only; interrupt-safe."""
        head = self._head
        if (head - self._tail) & self._index_mask == self._depth:
            return FULL
        return head & self._slot_mask

    def commit(self):
        """Publish the reserved slot. Producer only; interrupt-safe."""
        self._head = (self._head + 1) & self._index_mask

    def oldest(self):
        """The slot that has waited longest; only while waiting(). Consumer only."""
        return self._tail & self._slot_mask

    def release(self):
        """Give the oldest slot back. Consumer only."""
        self._tail = (self._tail + 1) & self._index_mask
