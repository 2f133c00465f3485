"""An open serial port that loses patience, and whose failures are sentences; mpremote reads and writes through it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import serial

from ..errors import BoardError, DeviceError
from ..port.serial import system_reason

_READ_S = 0.1
_WRITE_S = 5.0
_READ_LEN = 65536


class PortGone(DeviceError):
    """A port that was open has gone away."""


class Wire:
    """One open port. `name` is what it is called in sentences.

    Raises PortGone when it goes away, BoardError when nothing comes for `patience_s` or nothing is taken.
    """

    def __init__(self, port, name: str, patience_s: float = 10.0):
        """port: as pyserial's, open. One in another time than ours says so by a `monotonic` of its own."""
        self.name = name
        self.patience_s = patience_s
        self.now_s = getattr(port, "monotonic", time.monotonic)
        self._port = port
        self._read = bytearray()
        self._closed = False
        port.timeout = _READ_S
        port.write_timeout = _WRITE_S

    def inWaiting(self) -> int:  # noqa: N802 - the name mpremote calls
        """Octets that can be read at once."""
        try:
            return len(self._read) + self._port.in_waiting
        except OSError as error:
            raise self._gone(error) from error

    def read(self, size: int) -> bytes:
        """So many octets, waited for as long as they keep coming."""
        heard_s = self.now_s()
        while len(self._read) < size:
            came = self.some()
            self._read += came
            heard_s = self.now_s() if came else self._patient(heard_s)
        octets = bytes(self._read[:size])
        del self._read[:size]
        return octets

    def read_until(self, ending: bytes) -> bytes:
        """Octets up to and with the ending, waited for as `read` does."""
        octets = bytearray()
        while not octets.endswith(ending):
            octets += self.read(1)
        return bytes(octets)

    def read_within(self, limit_s: float, ending: bytes) -> bytes:
        """What comes until the ending, or for limit_s at most: to be looked at by the caller."""
        octets = bytearray(self._read)
        self._read.clear()
        end_s = self.now_s() + limit_s
        while (at := octets.find(ending)) < 0 and self.now_s() < end_s:
            octets += self.some()
        if at >= 0:
            at += len(ending)
            self._read[:0] = octets[at:]
            del octets[at:]
        return bytes(octets)

    def write(self, octets: bytes) -> None:
        """Send them all; nothing can be sent once it is closed."""
        if self._closed:
            raise PortGone(f"{self.name} has been closed")
        try:
            self._port.write(octets)
        except serial.SerialTimeoutException as error:
            raise BoardError(f"{self.name} takes no octets for {_WRITE_S:g} s; unplug the board and plug it in again") from error
        except OSError as error:
            raise self._gone(error) from error

    def some(self) -> bytes:
        """What is here or comes within a moment; empty when nothing does."""
        try:
            first = self._port.read(1)
            return first + self._port.read(min(self._port.in_waiting, _READ_LEN)) if first else b""
        except OSError as error:
            raise self._gone(error) from error

    @contextmanager
    def patience(self, limit_s: float | None) -> Iterator[None]:
        """With another patience in between; None: the usual one."""
        usual = self.patience_s
        self.patience_s = usual if limit_s is None else limit_s
        try:
            yield
        finally:
            self.patience_s = usual

    def close(self) -> None:
        """Give the port back; a port that is gone already is closed, too."""
        self._closed = True
        connection = getattr(self._port, "_socket", None)
        with suppress(OSError):
            self._port.close()
        if connection:
            connection.close()  # pyserial drops a socket whose other end has closed, and leaves it open

    def _patient(self, heard_s: float) -> float:
        if self.now_s() - heard_s > self.patience_s:
            raise BoardError(
                f"{self.name} has not answered for {self.patience_s:g} s; reset the board (unplug it and plug it in again) and "
                "repeat the command"
            )
        return heard_s

    def _gone(self, error: OSError) -> PortGone:
        reason = system_reason(error)
        if "returned no data" in reason:  # pyserial's guesses at what an end of file is
            reason = "the other end has closed"
        return PortGone(f"{self.name} went away: {reason}. Plug the board in and repeat the command")
