"""What execution from flash costs when the cache misses, which the emulator does not model.

The RP2040's cache (data sheet, 2.6.3): 16 KiB, two ways, lines of 8 octets, the least recently used way replaced. What a miss
costs depends on the flash and its clock; 50 cycles is a quad read of a line at half the system's clock, all told.
"""

from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.rp2040 import RP2040

from .machines import NS_PER_CYCLE

MISS_CYCLES = 50

_CACHED = range(FLASH_START_ADDRESS, FLASH_START_ADDRESS + 0x0100_0000)
_SETS = 1024
_LINE_BITS = 3


class FlashCache:
    """Fits itself into a machine: from now on every miss takes MISS_CYCLES, at any place of the bus it comes from. Starts empty.

    The machine runs several times slower with it.
    """

    def __init__(self, mcu: RP2040):
        self._mcu = mcu
        self._ways: list[tuple[int, int]] = []
        self.flush()
        # The emulator's compiled code looks these up on the instance before it takes its own.
        for name in ("read_uint8", "read_uint16", "read_uint32"):
            setattr(mcu, name, self._through(getattr(mcu, name)))

    def flush(self) -> None:
        """Forget everything."""
        self._ways[:] = [(-1, -1)] * _SETS

    def _through(self, read):
        ways, first, last = self._ways, _CACHED.start, _CACHED.stop

        def read_through(address: int) -> int:
            if first <= address < last:
                line = address >> _LINE_BITS
                recent, older = ways[line % _SETS]
                if line != recent:
                    ways[line % _SETS] = line, recent
                    if line != older:
                        self._miss()
            return read(address)

        return read_through

    def _miss(self) -> None:
        mcu = self._mcu
        mcu.core.cycles += MISS_CYCLES
        mcu.clock.tick(float(MISS_CYCLES * NS_PER_CYCLE))
