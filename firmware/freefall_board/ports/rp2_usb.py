"""RP2040: telemetry over USB CDC, the board's standard output, which never waits for the host."""

import sys
from select import POLLOUT, poll

import micropython
from micropython import const

# A write of more than MicroPython's USB FIFO has room for waits half a second for a host that does not read, and nothing tells
# the room. But USB takes whole packets of 64 octets from that FIFO of 256: as long as whole ones are put in, room for one octet,
# which POLLOUT tells, is room for 64. (Text printed by somebody else breaks the step until the FIFO has once run empty.)
_BLOCK_LEN = const(64)
# In one pass, at about 0.1 ms a block.
_MOST_BLOCKS = 16


class USBLink:
    """A link (ports/__init__.py). The end of what waits is filled up with delimiters to a whole block."""

    def __init__(self):
        self._write = sys.stdout.buffer.write
        self._block = bytearray(_BLOCK_LEN)
        ready = poll()
        ready.register(sys.stdout.buffer, POLLOUT)
        self._ready = ready.ipoll
        # The first answer makes the tuple that every later one reuses.
        for _ in self._ready(0):
            pass

    @micropython.native
    def take(self, octets, start, size, waiting):
        """See ports/__init__.py."""
        taken = 0
        for _ in range(_MOST_BLOCKS):
            if taken == waiting or not self._has_room():
                break
            if size - taken >= _BLOCK_LEN:
                # It never answers None.
                taken += self._write(octets, start + taken, _BLOCK_LEN)  # pyright: ignore[reportOperatorIssue]
            else:
                count = min(_BLOCK_LEN, waiting - taken)
                _fill(self._block, octets, start + taken, count)
                taken += min(count, self._write(self._block))
        return taken

    @micropython.native
    def _has_room(self):
        for _ in self._ready(0):
            return True
        return False


@micropython.viper
def _fill(block, octets, start: int, count: int):
    # The ring's length is a power of two.
    target = ptr8(block)
    source = ptr8(octets)
    mask = int(len(octets)) - 1
    i = 0
    while i < count:
        target[i] = source[(start + i) & mask]
        i += 1
    while i < _BLOCK_LEN:
        target[i] = 0
        i += 1
