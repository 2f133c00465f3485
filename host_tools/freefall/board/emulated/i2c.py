"""An I2C controller for rp2040py whose bits take time on the wire, with sensor models as its targets.

The stock model of rp2040py 0.3.6 transfers in no time; raises TX_EMPTY when it takes an octet out of its FIFO, not when the octet
has left; and never raises it after an address that nobody acknowledged, so that the firmware waits for its timeout and finds the
abort in its next transfer. This one stands in its place.
"""

from collections.abc import Callable, Iterable

from rp2040py.peripherals.i2c import R_TX_EMPTY, RPI2C, I2CMode
from rp2040py.rp2040 import RP2040

from ..sensors import I2CTarget

_BITS_PER_OCTET = 9  # 8 and the acknowledge
_BASE = (0x40044, 0x40048)


class WiredI2C(RPI2C):
    """A DW_apb_i2c controller, as MicroPython uses it, and the targets wired to it."""

    def __init__(self, mcu: RP2040, name: str, irq: int, targets: Iterable[I2CTarget]):
        super().__init__(mcu, name, irq)
        self._targets = {target.address: target for target in targets}
        self._addressed: I2CTarget | None = None
        # The controller does one thing at a time, so one alarm serves.
        self._then: Callable[[], None] = self.complete_stop
        self._alarm = mcu.clock.create_alarm(self._elapsed)
        self.on_start = lambda repeated: self._after(1, self.complete_start)
        self.on_connect = self._connect
        self.on_write_byte = self._write
        self.on_read_byte = self._read
        self.on_stop = self._stopped

    def reset(self) -> None:
        """Registers as after power-up; a transfer is cut off, as the targets see it by a stop."""
        super().reset()
        self._alarm.cancel()
        if self._addressed:
            self._addressed.stop()
            self._addressed = None

    def _set_interrupts(self, mask: int) -> None:
        if mask != R_TX_EMPTY:  # see _elapsed
            super()._set_interrupts(mask)

    def _connect(self, address: int, mode: I2CMode) -> None:
        target = self._targets.get(address)
        if target is not None and target.hung:
            return  # the clock line stays low: nothing is ever complete
        acknowledged = target is not None and target.start(mode == I2CMode.READ)
        self._addressed = target if acknowledged else None
        self._after(_BITS_PER_OCTET, lambda: self.complete_connect(acknowledged))

    def _write(self, octet: int) -> None:
        acknowledged = self._addressed.write(octet)
        self._after(_BITS_PER_OCTET, lambda: self.complete_write(acknowledged))

    def _read(self, acknowledge: bool) -> None:
        octet = self._addressed.read()
        self._after(_BITS_PER_OCTET, lambda: self.complete_read(octet))

    def _stopped(self) -> None:
        if self._addressed:
            self._addressed.stop()
            self._addressed = None
        self._after(1, self.complete_stop)

    def _after(self, bits: int, then: Callable[[], None]) -> None:
        self._then = then
        cycles = self.scl_low_period + self.scl_high_period
        self._alarm.schedule(bits * cycles * 1e9 / self.rp2040.clk_sys)

    def _elapsed(self) -> None:
        self._then()
        # As with TX_EMPTY_CTRL set: nothing is left to send, and what was sent has left.
        if self._tx_fifo.empty:
            super()._set_interrupts(R_TX_EMPTY)


def fit_i2c(mcu: RP2040, number: int, targets: Iterable[I2CTarget]) -> None:
    """Put a WiredI2C with these targets in the place of I2C controller `number` (0 or 1)."""
    stock = mcu.i2c[number]
    controller = WiredI2C(mcu, stock.name, stock.irq, targets)
    mcu.i2c[number] = controller
    mcu.peripherals[_BASE[number]] = controller
