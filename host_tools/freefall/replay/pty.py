"""A pseudo terminal as a sink: a serial port without a wire, for whatever reads serial ports."""

import array
import contextlib
import os
import select
import time

from ..errors import DeviceError
from .sink import WAIT_S, StreamSink

# A program that opens a serial port throws away what was received before, as the last thing it does; what comes sooner is lost.
# The terminal tells of it. A program that does not throw anything away is given this long.
_SETTLE_S = 1.0
_LOOK_EVERY_S = 0.005
# What was written reaches the reader's queue by way of the kernel's: empty means read only when it stays so. And pyserial, when
# the port goes away while it waits for more, loses what it has of that read: reads with a shorter timeout have ended before.
_EMPTY_FOR_S = 1.0
_READ_LEN = 65536


class PtySink(StreamSink):
    """A terminal whose other side, at `url` (/dev/pts/5), a program opens as a serial port; raw, at any baud rate.

    The replay begins when somebody has opened it, waits for a slow reader, and ends with DeviceError when the reader leaves.
    Closing waits for nobody: see drained(). Raises DeviceError where there are no terminals (Windows).
    """

    def __init__(self):
        try:
            import fcntl
            import termios
            import tty

            master, slave = os.openpty()
        except (ImportError, OSError, AttributeError) as error:
            raise DeviceError(f"there is no pseudo terminal to be had here: {error}; use --tcp") from error
        self._ioctl, self._unread_request, self._flushed = fcntl.ioctl, termios.FIONREAD, termios.TIOCPKT_FLUSHREAD
        self.url = os.ttyname(slave)
        tty.setraw(slave)
        # In packet mode the master reads what the slave's side does to its queues, in one octet before each piece of data.
        self._ioctl(master, termios.TIOCPKT, array.array("i", [1]))
        os.set_blocking(master, False)
        self._poll = select.poll()
        self._poll.register(master, select.POLLIN)
        self._room = select.poll()
        self._room.register(master, select.POLLOUT)
        os.close(slave)  # from now on the master is hung up until somebody opens the slave
        self._master: int | None = master
        self._opened_at: float | None = None
        self._empty_since: float | None = None

    def connected(self) -> bool:
        """See Sink: somebody has opened the port, and has done with opening it."""
        flushed, there = self._look()
        if not there:
            self._opened_at = None
        elif self._opened_at is None:
            self._opened_at = time.monotonic()
        if there and (flushed or time.monotonic() - self._opened_at > _SETTLE_S):
            return True
        time.sleep(_LOOK_EVERY_S)
        return False

    def offer(self, octets: bytes) -> int:
        """See Sink."""
        if not self._look()[1]:
            raise DeviceError(f"the reader of {self.url} has left")
        try:
            return os.write(self._master, octets)
        except BlockingIOError:
            self._room.poll(WAIT_S * 1000)
            return 0

    def drained(self) -> bool:
        """See Sink: the reader has read everything and had a moment since, or has left.

        What it has not read when the master closes, it never gets.
        """
        there = self._look()[1]
        unread = self._unread()
        if not there:
            if unread:
                raise DeviceError(f"the reader of {self.url} has left before it had read everything")
            return True
        now = time.monotonic()
        if unread:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since >= _EMPTY_FOR_S:
            return True
        time.sleep(_LOOK_EVERY_S)
        return False

    def close(self) -> None:
        """See Sink."""
        if self._master is not None:
            os.close(self._master)
            self._master = None

    def _look(self) -> tuple[bool, bool]:
        """(whether the slave's side has thrown away its input, whether somebody has it open). What it sends is forgotten."""
        flushed = False
        for _, event in self._poll.poll(0):
            if event & select.POLLHUP:
                return False, False
            with contextlib.suppress(OSError):
                while head := os.read(self._master, _READ_LEN):
                    flushed |= bool(head[0] & self._flushed)
        return flushed, True

    def _unread(self) -> int:
        """Octets in the slave's queue. Asked of the slave, which must not stay open, or nobody could be seen to leave."""
        try:
            slave = os.open(self.url, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return 0  # its user wants it for itself alone
        try:
            count = array.array("i", [0])
            self._ioctl(slave, self._unread_request, count)
            return count[0]
        finally:
            os.close(slave)
