"""A real board on a serial port, or anything pyserial opens by URL (/dev/ttyACM0, COM5, socket://host:port, rfc2217://...)."""

import os
import select
from collections.abc import Iterator
from time import time_ns

import serial

from ..errors import DeviceError

DEFAULT_BAUD = 921_600
# A read returns after this long with what there is, so that a user's interrupt and a flush never wait longer.
_READ_TIMEOUT_S = 0.1
_READ_LEN = 65536


def looks_like_port(text: str) -> bool:
    """Whether a SRC on the command line means a port rather than a file."""
    return "://" in text or text.startswith("/dev/") or (text.upper().startswith("COM") and text[3:].isdigit())


class SerialPort:
    """An open port, held exclusively. Use as a context manager. Raises DeviceError when it cannot be opened."""

    def __init__(self, url: str, baud: int = DEFAULT_BAUD):
        self.url = url
        try:
            port = serial.serial_for_url(url, do_not_open=True)
            port.baudrate = baud
            port.timeout = _READ_TIMEOUT_S
            if isinstance(port, serial.Serial):
                port.exclusive = True
            port.open()
        except (serial.SerialException, ValueError, OSError) as error:
            raise DeviceError(f"cannot open {url}: {error}. Is the board there, and no other program using the port?") from None
        self._port = port
        self._descriptor = _descriptor(port)

    def __enter__(self) -> "SerialPort":
        return self

    def __exit__(self, *exc) -> None:
        self._port.close()

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """(host time in ns, octets as read), for ever; octets are empty when nothing came for a moment.

        Raises DeviceError when the port goes away; what was read before has been given.
        """
        read = self._read_pyserial if self._descriptor is None else self._read_descriptor
        while True:
            try:
                octets = read()
            except (serial.SerialException, OSError) as error:
                raise DeviceError(f"{self.url} went away: {error}") from None
            yield time_ns(), octets

    def _read_descriptor(self) -> bytes:
        # Not pyserial's read: on a socket it fetches octet by octet, and loses what it has when the other end closes.
        if not select.select([self._descriptor], [], [], _READ_TIMEOUT_S)[0]:
            return b""
        octets = os.read(self._descriptor, _READ_LEN)
        if not octets:
            raise OSError("the other end has closed")
        return octets

    def _read_pyserial(self) -> bytes:
        return self._port.read(1) + self._port.read(min(self._port.in_waiting, _READ_LEN))


def _descriptor(port) -> int | None:
    """What the operating system can wait for and read from; None for ports without (Windows, loop://, rfc2217://)."""
    try:
        return port.fileno() if os.name == "posix" else None
    except (AttributeError, OSError):
        return None
