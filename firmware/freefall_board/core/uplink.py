"""What comes up the link or is typed on the console: telecommand frames, Ctrl-C, and the question who is there."""

from freefall_wire import frame, packet
from freefall_wire.const import const
from freefall_wire.native import micropython

# Octets fetched in one look, and the longest frame: longer ones are no telecommand.
_FETCHED = const(64)
_INTERRUPT = const(0x03)
_ENQUIRY = const(0x05)
# So many looks without an octet, and what is held is no beginning of a frame.
_QUIET = const(10)
# A frame begins with the place of its first zero: octet 1, 3 or 4 of the packet may be, and 4 is.
_FIRST = (2, 4, 5)
# Its second octet is the first of the packet, less the upper bits of the APID.
_SECOND_MASK = const(0xF8)
_SECOND = const(0x18)


class Uplink:
    """Octets in, telecommands out, with Ctrl-C and enquiries told apart from them (SPEC 7.2). Foreground.

    Fetching allocates nothing as long as nothing comes. What is no telecommand is dropped: its sender hears no report of it.
    """

    def __init__(self, receive, execute, identify, interrupt):
        """receive(buf) -> octets put into buf, never waits; execute(packet), identify(), interrupt() act on what came."""
        self._receive = receive
        self._execute = execute
        self._identify = identify
        self._interrupt = interrupt
        self._fetched = bytearray(_FETCHED)
        self._held = bytearray(frame.MAX_ENCODED)
        self._size = 0  # octets held
        self._quiet = 0  # looks since the last octet

    @micropython.native
    def poll(self):
        """Fetch what has come and act on it; every 20 ms."""
        count = self._receive(self._fetched)
        if count:
            self._quiet = 0
            for i in range(count):
                self._take(self._fetched[i])
        elif self._size:
            self._quiet += 1
            if self._quiet == _QUIET:
                self._size = self._quiet = 0

    def _take(self, octet):
        size = self._size
        if octet == 0:
            self._size = 0
            if size > 1:
                self._end(size)
        elif size == 0:
            if octet == _INTERRUPT:
                self._interrupt()
            elif octet in _FIRST:
                self._hold(octet)
        elif size == 1 and octet & _SECOND_MASK != _SECOND:
            self._size = 0
            if octet == _INTERRUPT:
                self._interrupt()
            elif octet == _ENQUIRY and self._held[0] == _ENQUIRY:
                self._identify()
        else:
            self._hold(octet)

    def _hold(self, octet):
        if self._size == len(self._held):
            self._size = 0
            return
        self._held[self._size] = octet
        self._size += 1

    def _end(self, size):
        found, _ = frame.judge(bytes(self._held[:size]), packet.is_telecommand)
        if found:
            self._execute(found)
