"""A bus of this computer, by smbus2: for parts on a bench without a board."""

import errno
import time

from ...board.linux_devices import device_path, open_i2c
from .access import TIMEOUT_US, BusHeld, Lines, NoAnswer

# What adapters' drivers say of a part that does not acknowledge; they agree on nothing (Linux, Documentation/i2c/fault-codes).
_NO_ANSWER = (errno.ENXIO, errno.EREMOTEIO, errno.EIO, errno.ENODEV)


class LinuxI2C:
    """An I2C bus of the kernel, by its number or path. A context manager. Raises DeviceError when it cannot be used."""

    def __init__(self, named: str, bus: str = "the probe"):
        self.name = device_path("i2c", named)
        self._adapter = open_i2c(self.name, bus, TIMEOUT_US)

    def __enter__(self) -> "LinuxI2C":
        return self

    def __exit__(self, *_exception) -> None:
        self._adapter.close()

    def sleep_ms(self, duration_ms: int) -> None:
        """See Access."""
        time.sleep(duration_ms / 1000)

    def transfer(self, place: int, out: bytes | None, count: int) -> bytes:
        """See Access."""
        buf = bytearray(count)
        try:
            self._adapter.transfer(place, [(out, buf if count else None)])
        except OSError as error:
            raise (NoAnswer if error.errno in _NO_ANSWER else BusHeld)(error.errno, error.strerror) from error
        return bytes(buf)

    def lines(self) -> Lines | None:
        """Nobody can tell: the lines belong to the adapter."""
        return None
