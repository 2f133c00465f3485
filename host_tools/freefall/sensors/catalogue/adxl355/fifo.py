"""The ADXL355's FIFO (datasheet section "FIFO"): 96 entries of one axis each, read as 3 octets."""

from collections import deque
from collections.abc import Callable

from .registers import FIFO_LOCATIONS

_FIFO_FULL, _FIFO_OVR = 0x02, 0x04  # STATUS
_X_MARKER, _EMPTY_MARKER = 0x1, 0x2  # an entry's two lowest bits


class Fifo:
    """An empty FIFO. `delivered` gets the 9 octets of every sample that was read out whole."""

    def __init__(self, delivered: Callable[[bytes], None]) -> None:
        self._delivered = delivered
        self._entries: deque[int] = deque(maxlen=FIFO_LOCATIONS)
        self._overflow = 0
        self._entry = 0  # the one being read
        self._sample = bytearray()

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Empty it, and forget that it overflowed."""
        self._entries.clear()
        self._overflow = 0

    def put(self, x: int, y: int, z: int) -> None:
        """Three words of 20 bits, left-justified in 24. When they do not fit, the oldest entries are lost."""
        if len(self._entries) > FIFO_LOCATIONS - 3:
            self._overflow = _FIFO_OVR
        self._entries.extend((x | _X_MARKER, y, z))

    def status(self, watermark: int) -> int:
        """The FIFO's bits of STATUS, where `watermark` entries count as full."""
        return self._overflow | (_FIFO_FULL if len(self._entries) >= watermark else 0)

    def tell_overflow(self) -> None:
        """STATUS was read: an overflow is told once."""
        self._overflow = 0

    def read(self, at: int) -> int:
        """Octet `at` (0 to 2) of an entry; octet 0 takes the oldest entry out."""
        if at == 0:
            # The mark of an attempt to read an empty FIFO; its data bits are unspecified, 0 here.
            self._entry = self._entries.popleft() if self._entries else _EMPTY_MARKER
            if self._entry & _X_MARKER:
                self._sample = bytearray()
        octet = self._entry >> (16 - 8 * at) & 0xFF
        if not self._entry & _EMPTY_MARKER:
            self._sample.append(octet & 0xF0 if at == 2 else octet)
            if len(self._sample) == 9:
                self._delivered(bytes(self._sample))
        return octet
