"""What a simulated board and a Linux computer have in common: time as ticks, octets on their way up the link, how a boot ends."""

_TICKS_MODULO = 1 << 30  # as MicroPython's ticks_us on a 32-bit board
_TICKS_HALF = 1 << 29


class WatchdogExpired(Exception):
    """The board would have been reset: nothing fed its watchdog for `timeout_ms`."""

    def __init__(self, timeout_ms):
        self.timeout_ms = timeout_ms
        super().__init__("the watchdog of %d ms expired: the foreground loop made no progress" % timeout_ms)


class Restarted(Exception):
    """The payload has ended this boot and wants the next."""


class Left(Exception):
    """The payload has ended, as it was told to."""


class ComputerPort:
    """Part of a port, see ports/__init__.py; now_ns(): its clock."""

    def __init__(self, now_ns):
        self._now_ns = now_ns
        self._to_board = bytearray()

    def ticks_us(self):
        """As time.ticks_us on a 32-bit MicroPython: wraps every 1073.7 s."""
        return self._now_ns() // 1000 % _TICKS_MODULO

    def ticks_diff(self, later, earlier):
        """As time.ticks_diff."""
        return (later - earlier + _TICKS_HALF) % _TICKS_MODULO - _TICKS_HALF

    def send(self, octets):
        """Send octets up the link, to the payload."""
        self._to_board += octets

    def receive(self, buf):
        """As an uplink's: octets that were sent, the oldest first."""
        octets = self._to_board[: len(buf)]
        del self._to_board[: len(octets)]
        buf[: len(octets)] = octets
        return len(octets)

    def restart(self):
        """Raise Restarted, out of the payload's step."""
        raise Restarted

    def leave(self):
        """Raise Left, out of the payload's step."""
        raise Left
