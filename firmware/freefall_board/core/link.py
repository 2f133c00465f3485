"""The queue between whoever builds frames and the link, which takes octets when it can."""

from array import array

from freefall_wire import frame

from .slices import slicer

_SLOT_LEN = frame.FRAME_ROOM


class LinkQueue:
    """At most `depth` frames, in order. A frame that finds no room is refused whole: the builder counts it as dropped.

    Samples leave the last `reserved` places to reports, which tell what became of the rest. Foreground only. Allocates nothing
    after construction; blocks only where the link's write does.
    """

    def __init__(self, write, depth, reserved):
        """write(buf, start, size) -> octets the link took from buf[start:start + size], 0 or None when it takes none now."""
        self.depth = depth
        self.most_waiting = 0
        self._depth_for_samples = depth - reserved
        self._write = write
        self._octets = bytearray(depth * _SLOT_LEN)
        self._slots = [slicer[i * _SLOT_LEN : (i + 1) * _SLOT_LEN] for i in range(depth)]
        self._sizes = array("H", bytes(2 * depth))
        self._head = 0
        self._tail = 0
        self._waiting = 0
        self._written = 0  # octets of the oldest frame the link has already taken

    def waiting(self):
        """Frames not yet wholly taken by the link."""
        return self._waiting

    def put_samples(self, room, size):
        """Queue a stream's frame, as put_report; False where the reserve begins."""
        return self._waiting < self._depth_for_samples and self.put_report(room, size)

    def put_report(self, room, size):
        """Queue the frame room[:size], its delimiter included; False if the queue is full.

        `room` has FRAME_ROOM octets whatever the frame's size: a slice per size would have to be made here.
        """
        if self._waiting == self.depth:
            return False
        self._octets[self._slots[self._head]] = room
        self._sizes[self._head] = size
        self._head = (self._head + 1) % self.depth
        self._waiting += 1
        if self._waiting > self.most_waiting:
            self.most_waiting = self._waiting
        return True

    def pump(self):
        """Offer the rest of the oldest frame to the link; returns the octets it took."""
        if not self._waiting:
            return 0
        size = self._sizes[self._tail]
        taken = self._write(self._octets, self._tail * _SLOT_LEN + self._written, size - self._written)
        if not taken:
            return 0
        self._written += taken
        if self._written == size:
            self._written = 0
            self._tail = (self._tail + 1) % self.depth
            self._waiting -= 1
        return taken
