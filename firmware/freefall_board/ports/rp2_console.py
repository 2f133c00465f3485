"""RP2040: the USB console as the payload reads and writes it: octet by octet, Ctrl-C among them, and hardly waiting."""

import sys
import time
from select import POLLIN, POLLOUT, poll

import micropython
from micropython import const

_CTRL_C = 3
_NO_CHARACTER = -1
# How long a report waits in all for a host that does not read, which the samples must bear. A write of more than there is room
# for would wait half a second; and nothing tells the room but that there is some.
_PATIENCE_MS = const(5)


class Console:
    """What is typed, or sent by a program, at the other end of USB."""

    def __init__(self):
        self._octet = bytearray(1)
        self._read = sys.stdin.buffer.readinto
        self._write = sys.stdout.buffer.write
        self._ready = _polled(sys.stdin.buffer, POLLIN)
        self._room = _polled(sys.stdout.buffer, POLLOUT)

    def take(self):
        """From now on Ctrl-C is an octet like any other: it may be part of a telecommand."""
        micropython.kbd_intr(_NO_CHARACTER)

    def leave(self):
        """Ctrl-C interrupts again."""
        micropython.kbd_intr(_CTRL_C)

    @micropython.native
    def receive(self, buf):
        """Put what has come into buf; returns how many octets. Allocates nothing.

        It ends with an octet that may be Ctrl-C: what follows that, as from mpremote, is for the prompt to read.
        """
        count = 0
        octet = _NO_CHARACTER
        while octet != _CTRL_C and count < len(buf) and self._has_octet():
            self._read(self._octet)
            octet = self._octet[0]
            buf[count] = octet
            count += 1
        return count

    @micropython.native
    def _has_octet(self):
        for _ in self._ready(0):
            return True
        return False

    def write(self, octets):
        """Give octets to the host; of one that does not read them they are dropped. In bytecode, which serves USB."""
        begin = time.ticks_ms()
        for octet in octets:
            while not self._has_room():
                if time.ticks_diff(time.ticks_ms(), begin) > _PATIENCE_MS:
                    return
            self._octet[0] = octet
            self._write(self._octet)

    @micropython.native
    def _has_room(self):
        for _ in self._room(0):
            return True
        return False


def _polled(stream, event):
    ready = poll()
    ready.register(stream, event)
    # The first call makes the tuple that every later one reuses.
    for _ in ready.ipoll(0):
        pass
    return ready.ipoll
