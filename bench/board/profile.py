"""Where the processor's cycles go: interrupts, foreground, sleep."""

from dataclasses import dataclass

from rp2040py.cortex_m0_core import CortexM0Core
from rp2040py.memory_map import FLASH_START_ADDRESS
from rp2040py.rp2040 import RP2040


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles executed (sleep is not), how many of them in interrupts, and how many interrupts those were."""

    busy: int
    in_interrupts: int
    interrupts: int

    def __sub__(self, earlier: "Cycles") -> "Cycles":
        return Cycles(self.busy - earlier.busy, self.in_interrupts - earlier.in_interrupts, self.interrupts - earlier.interrupts)


class CountingCore(CortexM0Core):
    """The processor, with a count of what it does in interrupts."""

    def __init__(self, mcu: RP2040):
        super().__init__(mcu)
        self._depth = 0
        self._entered = 0
        self._in_interrupts = 0
        self._interrupts = 0

    @property
    def count(self) -> Cycles:
        """So far; to be asked between interrupts, or an open one is not in it."""
        return Cycles(self.cycles, self._in_interrupts, self._interrupts)

    def exception_entry(self, exception_number: int) -> None:
        """Called by the emulator."""
        if not self._depth:
            self._entered = self.cycles
        self._depth += 1
        self._interrupts += 1
        super().exception_entry(exception_number)

    def exception_return(self, exc_return: int) -> None:
        """Called by the emulator."""
        super().exception_return(exc_return)
        self._depth -= 1
        if not self._depth:
            self._in_interrupts += self.cycles - self._entered


def fit_counting_core(mcu: RP2040, kind: type[CountingCore] = CountingCore) -> CountingCore:
    """Put a CountingCore, of that kind, into a machine that has not run yet."""
    core = kind(mcu)
    mcu.core = core
    core.reset()
    core.pc = FLASH_START_ADDRESS
    divide = mcu.sio.update_hardware_divider

    def divide_uncounted(signed: bool) -> None:
        # The emulator adds the divider's eight cycles to the count, not to the time; programs wait them out by themselves.
        cycles = core.cycles
        divide(signed)
        core.cycles = cycles

    mcu.sio.update_hardware_divider = divide_uncounted
    return core
