"""A real board on a serial port, or anything pyserial opens by URL (/dev/ttyACM0, COM5, socket://host:port, rfc2217://...)."""

import contextlib
import errno
import os
import select
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from urllib.parse import urlsplit

import serial

from ..errors import DeviceError
from .by_id import is_id, resolve
from .holder import busy_sentence

DEFAULT_BAUD = 921_600
# A read returns after this long with what there is, so that a user's interrupt and a flush never wait longer.
_READ_TIMEOUT_S = 0.1
_READ_LEN = 65536
# Who takes no octets for so long has stopped.
_WRITE_TIMEOUT_S = 5.0


class PortBusy(DeviceError):
    """A port that another program holds."""


def looks_like_port(text: str) -> bool:
    """Whether a SRC on the command line means a port rather than a file."""
    named = "://" in text or is_id(text) or text.startswith("/dev/") or (text.upper().startswith("COM") and text[3:].isdigit())
    return named or _is_device(text)


def _is_device(text: str) -> bool:
    """Whether a path is a character device under another name: a link made by udev, socat or an emulated board."""
    try:
        return Path(text).is_char_device()
    except (OSError, ValueError):
        return False


class SerialPort:
    """An open port, held exclusively. Use as a context manager.

    Raises DeviceError when it cannot be opened, ValueError for a URL or a baud rate that no port has.
    """

    # Of a wire, nobody knows what is at its other end; see Port.
    definition = None
    definition_problem = None

    def __init__(self, url: str, baud: int = DEFAULT_BAUD):
        self.url = url
        self._port = open_pyserial(url, baud)
        self._port.write_timeout = _WRITE_TIMEOUT_S
        self._descriptor = descriptor_of(self._port)

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
            except OSError as error:
                raise DeviceError(f"{self.url} went away: {system_reason(error)}") from error
            yield time_ns(), octets

    def send(self, octets: bytes) -> None:
        """See Port."""
        try:
            self._port.write(octets)
        except serial.SerialTimeoutException as error:
            raise DeviceError(
                f"{self.url} takes no octets for {_WRITE_TIMEOUT_S:g} s; unplug the board and plug it in"
            ) from error
        except OSError as error:
            raise DeviceError(f"{self.url} went away: {system_reason(error)}") from error

    def _read_descriptor(self) -> bytes:
        # Not pyserial's read: on a socket it fetches octet by octet, and loses what it has when the other end closes.
        if not select.select([self._descriptor], [], [], _READ_TIMEOUT_S)[0]:
            return b""
        octets = os.read(self._descriptor, _READ_LEN)
        if not octets:
            raise OSError("the other end has closed")
        return octets

    def _read_pyserial(self) -> bytes:
        first = self._port.read(1)
        try:
            return first + self._port.read(min(self._port.in_waiting, _READ_LEN))
        except OSError:
            if first:
                return first  # the next read fails again, and then there is nothing to keep
            raise


def open_pyserial(url: str, baud: int):
    """pyserial's own object for a port, open and held exclusively. Raises as SerialPort does."""
    url = resolve(url)
    if os.path.isfile(url):
        raise ValueError(f"cannot open {url}: it is a file, not a port; replay:{url} plays a recording as one")
    try:
        if url.startswith("socket://") and urlsplit(url).port is None:
            raise ValueError("it names no port; socket://HOST:PORT does")
        return _opened(url, baud)
    except (ValueError, TypeError, OSError) as error:
        causes = _causes(error)
        # pyserial stumbles over a URL or a rate that makes no sense, and may wrap that in an error of its own.
        if any(isinstance(cause, ValueError | TypeError) for cause in causes):
            raise ValueError(f"cannot open {url}: {error}") from error
        if _is_busy(causes):
            raise PortBusy(f"cannot open {url}: {busy_sentence(url)}") from error
        if any(isinstance(cause, OSError) and cause.errno == errno.EACCES for cause in causes):
            raise DeviceError(f"cannot open {url}: this user may not; freefall doctor says how to change that") from error
        raise DeviceError(f"cannot open {url}: {system_reason(error)}. Is the board there?") from error


def _opened(url: str, baud: int):
    port = serial.serial_for_url(url, do_not_open=True)
    port.baudrate = baud
    port.timeout = _READ_TIMEOUT_S
    if isinstance(port, serial.Serial):
        port.exclusive = True
        port.open()
        return port
    # Opening discards what was received meanwhile: on a tty the rest of another run, on a connection the beginning of this one.
    port.reset_input_buffer = lambda: None
    port.open()
    del port.reset_input_buffer
    return port


def system_reason(error: OSError) -> str:
    """The operating system's own words, once: pyserial's errors repeat them, with the name of the port."""
    for cause in _causes(error):
        if not isinstance(cause, OSError):
            # termios.error is no OSError, but made like one.
            match cause.args:
                case (int(), str() as reason):
                    return reason
            continue
        if not isinstance(cause, serial.SerialException):
            return cause.strerror or str(cause)
        if cause.errno:
            return os.strerror(cause.errno)
    return str(error)


def _is_busy(causes: list[BaseException]) -> bool:
    return any(isinstance(cause, OSError) and cause.errno in (errno.EAGAIN, errno.EBUSY) for cause in causes)


def _causes(error: BaseException | None) -> list[BaseException]:
    causes = []
    while error is not None:
        causes.append(error)
        error = error.__context__
    return causes


def descriptor_of(port) -> int | None:
    """What the operating system can wait for and read from; None for ports without (Windows, loop://, rfc2217://)."""
    with contextlib.suppress(AttributeError, OSError):
        return port.fileno() if os.name == "posix" else None
    return None
