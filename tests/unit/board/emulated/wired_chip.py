"""An RP2040 whose core does nothing: the tests are its firmware, by registers. Addresses and bits are from its data sheet."""

from rp2040py.rp2040 import RP2040

from freefall.board.emulated.dma import fit_dma
from freefall.board.emulated.machine import EmulatedClock

RAM = 0x20000000
DMA = 0x50000000
INTR, INTE0, CHAN_ABORT, MULTI_CHAN_TRIGGER = DMA + 0x400, DMA + 0x404, DMA + 0x444, DMA + 0x430
BUSY = 1 << 24
PERMANENT = 0x3F
BYTE, WORD = 0, 2
US = 1000


class Chip:
    """The chip, its clock in ns, and a recording register at PORT for the DMA to read and write."""

    PORT = 0x40068000  # no peripheral of the RP2040 is there

    def __init__(self):
        self.mcu = RP2040()
        self.clock = EmulatedClock(self.mcu.clock)
        self.port_writes: list[tuple[int, int]] = []  # (ns, value)
        self.port_values = iter(range(1 << 30))
        self.mcu.peripherals[0x40068] = self
        fit_dma(self.mcu)

    def peek(self, address: int) -> int:
        return self.mcu.read_uint32(address)

    def poke(self, address: int, value: int) -> None:
        self.mcu.write_uint32(address, value)

    def run(self, duration_ns: float) -> None:
        self.mcu.clock.tick(duration_ns)

    def ram(self, at: int, length: int) -> bytes:
        return bytes(self.mcu.read_uint8(RAM + at + index) for index in range(length))

    def load(self, at: int, words: list[int]) -> int:
        for index, word in enumerate(words):
            self.poke(RAM + at + 4 * index, word)
        return RAM + at

    def channel(
        self, number, *, read, write, count, size, treq, read_inc=False, write_inc=False, chain=None, quiet=False, ring=0
    ):  # fmt: skip
        """Program a channel without starting it; returns its CTRL word."""
        ctrl = 1 | size << 2 | read_inc << 4 | write_inc << 5 | ring << 6 | bool(ring) << 10 | quiet << 21
        ctrl |= (number if chain is None else chain) << 11 | treq << 15
        for offset, value in ((0x00, read), (0x04, write), (0x08, count), (0x10, ctrl)):
            self.poke(DMA + 0x40 * number + offset, value)
        return ctrl

    def trigger(self, *numbers: int) -> None:
        self.poke(MULTI_CHAN_TRIGGER, sum(1 << number for number in numbers))

    def busy(self, number: int) -> bool:
        return bool(self.peek(DMA + 0x40 * number + 0x10) & BUSY)

    def left(self, number: int) -> int:
        return self.peek(DMA + 0x40 * number + 0x08)

    # The port, as a peripheral of the emulator.

    def read_uint32(self, offset: int) -> int:
        return next(self.port_values)

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None:
        self.port_writes.append((self.clock.now_ns(), value))
