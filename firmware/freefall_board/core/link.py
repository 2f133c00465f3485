"""The queue between whoever builds frames and the link, which takes octets when it can."""

from array import array

from freefall_wire.const import const
from freefall_wire.native import micropython, ptr8, ptr32

# The queue's words
_NEXT = const(0)  # where the next octet goes
_LEN = const(1)


class LinkQueue:
    """Frames as the octets of one ring, in order. A frame that finds no room is refused whole: the builder counts it as dropped.

    Samples leave the last `reserved` octets to reports, which tell what became of the rest. Foreground only. Allocates nothing
    after construction.
    """

    def __init__(self, link, size, reserved):
        """size: octets, a power of two; link: see ports/__init__.py; reserved: octets."""
        self.size = size
        self.most_waiting = 0
        self.octets = bytearray(size)
        self._link = link
        self._words = array("i", (0, size))
        self._room_for_samples = size - reserved
        self._tail = 0
        self._waiting = 0

    def waiting(self):
        """Octets the link has not yet taken."""
        return self._waiting

    def reserve(self, octets):
        """Leave so many more octets to reports."""
        self._room_for_samples -= octets

    @micropython.native
    def put_samples(self, buf, start, size):
        """Queue a stream's frame, as put_report; False where the reserve begins."""
        return self._waiting + size <= self._room_for_samples and self.put_report(buf, start, size)

    @micropython.native
    def put_report(self, buf, start, size):
        """Queue the frame buf[start:start + size], its delimiter included; False if there is no room."""
        waiting = self._waiting + size
        if waiting > self.size:
            return False
        self._copy(buf, start, size)
        self._waiting = waiting
        if waiting > self.most_waiting:
            self.most_waiting = waiting
        return True

    @micropython.viper
    def _copy(self, buf, start: int, size: int):
        words = ptr32(self._words)
        target = ptr8(self.octets)
        source = ptr8(buf)
        at = words[_NEXT]
        mask = words[_LEN] - 1
        stop = start + size
        while start < stop:
            target[at] = source[start]
            at = (at + 1) & mask
            start += 1
        words[_NEXT] = at

    @micropython.native
    def pump(self):
        """Offer what waits to the link; returns the octets it took or has sent since the last call."""
        waiting = self._waiting
        if not waiting:
            return 0
        tail = self._tail
        taken = self._link(self.octets, tail, min(waiting, self.size - tail), waiting)
        self._tail = (tail + taken) % self.size
        self._waiting = waiting - taken
        return taken
