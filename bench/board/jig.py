"""The bench's own device on the emulated bus: programs mark moments on it, take packets from it and give frames to it.

Its registers are those of c/jig.h. A mark costs the program one store to a peripheral, which every stretch between two marks
holds once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rp2040py.memory_map import RAM_START_ADDRESS
from rp2040py.peripherals.peripheral import BasePeripheral
from rp2040py.rp2040 import RP2040

JIG_AT = 0x40070000  # nothing is there on an RP2040
_MARK, _LOAD, _TAKE = 0, 4, 8
_LONGEST_FRAME = 256


@dataclass(frozen=True, slots=True)
class Mark:
    """A number the program wrote, and the emulated time of it."""

    number: int
    time_ns: int


class Jig(BasePeripheral):
    """`marks` and `frames` hold what the program wrote, in order. Every pass over the packets gives each of them once."""

    def __init__(self, mcu: RP2040, packets: Iterable[bytes] = ()):
        super().__init__(mcu, "JIG")
        self.marks: list[Mark] = []
        self.frames: list[bytes] = []
        self.on_mark: Callable[[int], None] = lambda number: None
        self._packets = tuple(packets)
        self._next = 0
        mcu.peripherals[JIG_AT >> 12] = self

    def read_uint32(self, offset: int) -> int:
        """The load register: octets of the next packet; 0 once after the last, then the first again."""
        if offset != _LOAD:
            raise ValueError(f"the jig has nothing to read at {offset:#x}")
        if self._next == len(self._packets):
            self._next = 0
            return 0
        return len(self._packets[self._next])

    def write_uint32(self, offset: int, value: int) -> None:
        """A write by the program. Raises ValueError for a register or an address it cannot mean."""
        mcu = self.rp2040
        if offset == _MARK:
            self.marks.append(Mark(value, round(mcu.clock.nanos)))
            self.on_mark(value)
            return
        at = value - RAM_START_ADDRESS
        if offset not in (_LOAD, _TAKE) or not 0 <= at < len(mcu.sram) - _LONGEST_FRAME:
            raise ValueError(f"the program wrote {value:#x} to {offset:#x} of the jig")
        if offset == _LOAD:
            packet = self._packets[self._next]
            self._next += 1
            mcu.sram[at : at + len(packet)] = packet
        else:
            self.frames.append(bytes(mcu.sram[at : at + _LONGEST_FRAME]).partition(b"\x00")[0])
