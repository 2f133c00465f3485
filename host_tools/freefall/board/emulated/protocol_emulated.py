"""pyserial's handler of emulated://N/console and emulated://N/link: ports of the emulated devices of this very process.

Whatever opens a port by its URL can so be tried on a board in emulated time, without a thread: reading runs the board. What a
real port does not forgive is an error here, too: a second opening, use after the board has left the bus.
"""

import errno
import os
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from serial import PortNotOpenError, SerialBase, SerialException, SerialTimeoutException

if TYPE_CHECKING:
    from .cable import Cable

# A URL is text and can carry no object. Weak: a device nobody has any more has no ports.
CABLES: "WeakValueDictionary[str, Cable]" = WeakValueDictionary()

_NS = 1_000_000_000
_TURN_NS = 1_000_000  # of board time that a look at the port takes; who only looks must come to an end as well
_OPENING_NS = 10_000_000
_PATIENCE_NS = 3600 * _NS
_READ_LEN = 4096
_WRITE_LIMIT = 4096  # octets under way, as a real port's driver has; a write ends when no more are
_GONE = "device reports readiness to read but returned no data (device disconnected or multiple access on port?)"


class Serial(SerialBase):
    """One opening of a port. Timeouts count in the board's time, and so does `monotonic`."""

    BAUDRATES = (9600, 115_200, 921_600)

    def open(self) -> None:
        """Take the port; raises SerialException when the board is not there or the port is taken."""
        if self.is_open:
            raise SerialException("Port is already open.")
        cable = CABLES.get(self.portstr)
        if cable is not None and not cable.present:
            cable.run(_OPENING_NS)  # who tries again and again gets on in time
        if cable is None or not cable.present:
            raise SerialException(errno.ENOENT, f"could not open port {self.portstr}: {os.strerror(errno.ENOENT)}")
        if cable.opened:
            raise SerialException(errno.EAGAIN, f"Could not exclusively lock port {self.portstr}: {os.strerror(errno.EAGAIN)}")
        self._cable, self._plugged = cable, cable.plugged
        self.is_open = True
        cable.open(self._baudrate)

    def close(self) -> None:
        """Give it back; what was not read is lost."""
        if self.is_open:
            self.is_open = False
            if not self._gone:
                self._cable.close()
        super().close()

    def monotonic(self) -> float:
        """The board's time in s, over all its power-ups."""
        return self._cable.now_ns() / _NS

    @property
    def in_waiting(self) -> int:
        """Octets that can be read at once; when there are none, the board runs for a moment."""
        self._check(OSError(errno.EIO, os.strerror(errno.EIO)))
        if not self._cable.received:
            self._cable.run(_TURN_NS)
        return len(self._cable.received)

    def read(self, size: int = 1) -> bytes:
        """See pyserial: up to size octets, fewer at the timeout. The board runs meanwhile."""
        self._check(SerialException(_GONE))
        cable = self._cable
        octets = bytearray(cable.take(size))
        end_ns = cable.now_ns() + (_PATIENCE_NS if self._timeout is None else round(self._timeout * _NS))
        while len(octets) < size and not self._gone and (left_ns := end_ns - cable.now_ns()) > 0:
            cable.run(left_ns, until=min(size - len(octets), _READ_LEN))
            octets += cable.take(size - len(octets))
        if self._timeout is None and len(octets) < size and not self._gone:
            raise SerialException(f"read of {size} octets would block for ever: {len(octets)} came in an hour of board time")
        if not octets:
            self._check(SerialException(_GONE))
        return bytes(octets)

    def read_until(self, expected: bytes = b"\n", size: int | None = None) -> bytes:
        """See pyserial, whose own counts its timeout in our time: until these octets, so many, or a timeout without any."""
        octets = bytearray()
        while not octets.endswith(expected) and len(octets) != size and (octet := self.read(1)):
            octets += octet
        return bytes(octets)

    def write(self, octets: bytes) -> int:
        """See pyserial; returns when the last few octets are on their way, at the write timeout with SerialTimeoutException."""
        self._check(SerialException(f"write failed: [Errno {errno.EIO}] {os.strerror(errno.EIO)}"))
        cable = self._cable
        cable.send(bytes(octets))
        end_ns = cable.now_ns() + (_PATIENCE_NS if self._write_timeout is None else round(self._write_timeout * _NS))
        while cable.unsent > _WRITE_LIMIT:
            if cable.now_ns() >= end_ns:
                raise SerialTimeoutException("Write timeout")
            cable.run(_TURN_NS)
            self._check(SerialException(f"write failed: [Errno {errno.EIO}] {os.strerror(errno.EIO)}"))
        return len(octets)

    def flush(self) -> None:
        """Wait until the board has taken everything."""
        while self.is_open and not self._gone and self._cable.unsent:
            self._cable.run(_TURN_NS)

    def reset_input_buffer(self) -> None:
        """Forget what has come."""
        self._check(OSError(errno.EIO, os.strerror(errno.EIO)))
        self._cable.received.clear()

    @property
    def _gone(self) -> bool:
        return self._cable.plugged != self._plugged

    def _check(self, error: OSError) -> None:
        if not self.is_open:
            raise PortNotOpenError()
        if self._gone:
            raise error

    def _reconfigure_port(self) -> None:
        if self.is_open:
            self._cable.set_baud(self._baudrate)

    def _update_dtr_state(self) -> None:
        if self.is_open and not self._gone:
            self._cable.set_ready(self._dtr_state)

    def _update_rts_state(self) -> None:
        pass  # nothing of a Pico is on it
