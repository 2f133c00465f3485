"""A port as a sink: a serial line with a receiver at its other end, or whatever else pyserial opens by URL."""

import contextlib
import os
import time

from ..errors import DeviceError
from ..port.options import scheme_of
from ..port.serial import DEFAULT_BAUD, descriptor_of, open_pyserial, system_reason
from .descriptor import DescriptorSink
from .sink import WAIT_S, StreamSink

_READ_LEN = 65536


class SerialSink(StreamSink):
    """Writes to a port, held exclusively. What the other end says is forgotten.

    Raises DeviceError when it cannot be opened, ValueError for a URL that no port has or that can only be read.
    """

    def __init__(self, url: str, baud: int = DEFAULT_BAUD):
        if scheme_of(url) in ("replay", "sim"):
            raise ValueError(f"{url} can only be read; a replay goes to a serial port or a socket:// URL")
        self.url = url
        self._port = open_pyserial(url, baud)
        descriptor = descriptor_of(self._port)
        self._descriptor = None if descriptor is None else DescriptorSink(descriptor, url)

    def offer(self, octets: bytes) -> int:
        """See Sink. Where nothing can be waited for (Windows, rfc2217://) it blocks."""
        try:
            return self._port.write(octets) if self._descriptor is None else self._descriptor.offer(octets)
        except OSError as error:
            raise DeviceError(f"{self.url} went away: {system_reason(error)}") from error

    def drained(self) -> bool:
        """See Sink."""
        with contextlib.suppress(OSError, AttributeError):
            self._forget_input()
            if self._port.out_waiting:
                time.sleep(WAIT_S / 10)
                return False
        return True

    def close(self) -> None:
        """See Sink."""
        if self._port.is_open:
            if self._descriptor is not None:
                self._descriptor.close()
            self._port.close()

    def _forget_input(self) -> None:
        """Closing a connection with octets unread would take back what the other end has not read yet."""
        if self._descriptor is None:
            self._port.reset_input_buffer()
            return
        with contextlib.suppress(BlockingIOError):
            while os.read(self._port.fileno(), _READ_LEN):
                pass
