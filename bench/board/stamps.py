"""When interrupts take the time: a watch on the timer, so that what is measured holds no code of the bench."""

from rp2040py.rp2040 import RP2040

_TIMER = 0x40054
_TIMERAWL = 0x28
_FIRST_IRQ = 16  # exception number of interrupt 0


class StampWatch:
    """`times_ns`: emulated times at which the handler of an interrupt (its number: `irq`) read the timer."""

    def __init__(self, mcu: RP2040, irq: int):
        self.times_ns: list[int] = []
        self._mcu = mcu
        self._exception = _FIRST_IRQ + irq
        self._timer = mcu.peripherals[_TIMER]
        mcu.peripherals[_TIMER] = self

    def __getattr__(self, name: str):
        return getattr(self._timer, name)

    def read_uint32(self, offset: int) -> int:
        """A read by program or DMA."""
        core = self._mcu.core
        if offset == _TIMERAWL and core.ipsr == self._exception:
            self.times_ns.append(round(self._mcu.clock.nanos))
        return self._timer.read_uint32(offset)
