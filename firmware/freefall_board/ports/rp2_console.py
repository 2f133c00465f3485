"""RP2040: the USB console as the payload reads it: octet by octet, Ctrl-C among them, and never waiting."""

import sys
from select import POLLIN, poll

import micropython

_CTRL_C = 3
_NO_CHARACTER = -1


class Console:
    """What is typed, or sent by a program, at the other end of USB."""

    def __init__(self):
        self._octet = bytearray(1)
        self._read = sys.stdin.buffer.readinto
        self.write = sys.stdout.buffer.write  # waits for a host that does not read, half a second at most
        ready = poll()
        ready.register(sys.stdin.buffer, POLLIN)
        self._ready = ready.ipoll
        # The first call makes the tuple that every later one reuses.
        for _ in self._ready(0):
            pass

    def take(self):
        """From now on Ctrl-C is an octet like any other: it may be part of a telecommand."""
        micropython.kbd_intr(_NO_CHARACTER)

    def leave(self):
        """Ctrl-C interrupts again."""
        micropython.kbd_intr(_CTRL_C)

    @micropython.native
    def receive(self, buf):
        """Put what has come into buf; returns how many octets. Allocates nothing."""
        count = 0
        while count < len(buf) and self._has_octet():
            self._read(self._octet)
            buf[count] = self._octet[0]
            count += 1
        return count

    @micropython.native
    def _has_octet(self):
        for _ in self._ready(0):
            return True
        return False
