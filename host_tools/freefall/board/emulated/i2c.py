"""An I2C controller for rp2040py whose bits take time on the wire, with sensor models as its targets.

The stock model of rp2040py 0.3.6 transfers in no time, never asks the DMA for anything, takes commands while an abort holds its
FIFO, forgets the repeated start of a change of direction, and cannot interrupt. This one stands in its place. Facts are from the
register descriptions of DW_apb_i2c in the RP2040 data sheet (4.3), with two additions:

- While the controller holds the clock because its FIFO ran empty in mid-transfer, disabling it changes nothing (the part is built
  with IC_EMPTYFIFO_HOLD_MASTER_EN; Linux, i2c-designware: "when the controller is holding SCL low, it cannot be disabled").
  ABORT ends such a transfer, and so does a command with STOP.
- A target that is hung holds the clock line low for the whole bus. ABORT and disabling take effect when it lets go, not before.

Not modelled: the controller as a target, 10-bit addresses, general calls, several controllers on one bus.
"""

from collections.abc import Callable, Iterable

from rp2040py.irq import IRQ
from rp2040py.peripherals import i2c as ic
from rp2040py.peripherals.dma import DREQChannel
from rp2040py.rp2040 import RP2040

from ...sensors.i2c import I2CTarget

_BITS_PER_OCTET = 9  # 8 and the acknowledge
_FIRST_DATA_BYTE = 1 << 11
_TDMAE, _RDMAE = 1 << 1, 1 << 0
_LEVEL_MASK = 0xF
_INTERRUPTS = (1 << 13) - 1
_ABORT_REASONS = (1 << 17) - 1
_ENABLE_MASK = ic.ENABLE | ic.ABORT | ic.TX_CMD_BLOCK
_BASE = (0x40044, 0x40048)

# Writes have no effect while IC_ENABLE.ENABLE is set.
_WRITTEN_WHEN_DISABLED = frozenset(
    (ic.IC_CON, ic.IC_TAR, ic.IC_SAR, ic.IC_SS_SCL_HCNT, ic.IC_SS_SCL_LCNT, ic.IC_FS_SCL_HCNT, ic.IC_FS_SCL_LCNT, ic.IC_FS_SPKLEN)
)


class WiredI2C(ic.RPI2C):
    """A DW_apb_i2c controller and the targets wired to it."""

    def __init__(self, mcu: RP2040, number: int, targets: Iterable[I2CTarget]):
        super().__init__(mcu, f"I2C{number}", IRQ.I2C0 + number)
        self._targets = {target.address: target for target in targets}
        self._dreq_tx = DREQChannel.DREQ_I2C0_TX + 2 * number
        self._dreq_rx = DREQChannel.DREQ_I2C0_RX + 2 * number
        # The controller does one thing at a time, so one alarm serves.
        self._alarm = mcu.clock.create_alarm(self._elapsed)
        self._clear()

    def reset(self) -> None:
        """Registers as after power-up; a transfer is cut off, as the targets see it by a stop."""
        super().reset()
        self._alarm.cancel()
        if self._addressed:
            self._addressed.stop()
        self._clear()
        self._changed()

    def _clear(self) -> None:
        self._then: Callable[[], None] | None = None  # what ends the bits now on the wire; None: none are
        self._open = False  # between a start and the end of its stop
        self._addressed: I2CTarget | None = None  # who acknowledged the address
        self._reading = False
        self._first = False  # no octet has followed the address yet
        self._shifting = False  # an octet of data is on the wire
        self._dma_control = self._tx_level = self._rx_level = 0
        self._sda_hold = 1

    # Registers ----------------------------------------------------------------------------------------------

    def read_uint32(self, offset: int) -> int:
        """A register read by the firmware or by a DMA channel."""
        if offset == ic.IC_DATA_CMD:
            return self._take()
        if offset == ic.IC_ENABLE_STATUS:
            return self.enable & ic.ENABLE | self._open
        if offset == ic.IC_STATUS:
            return super().read_uint32(offset) | (ic.MST_ACTIVITY | ic.ACTIVITY if self._open else 0)
        if offset == ic.IC_TX_ABRT_SOURCE:
            return self.abort_source
        if offset == ic.IC_DMA_CR:
            return self._dma_control
        if offset == ic.IC_DMA_TDLR:
            return self._tx_level
        if offset == ic.IC_DMA_RDLR:
            return self._rx_level
        if offset == ic.IC_SDA_HOLD:
            return self._sda_hold
        return super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        """A register write by the firmware or by a DMA channel."""
        if offset in _WRITTEN_WHEN_DISABLED and self.enable & ic.ENABLE:
            return
        if offset == ic.IC_DATA_CMD:
            self._command(value)
        elif offset == ic.IC_ENABLE:
            self._enable(value & _ENABLE_MASK)
        elif offset == ic.IC_INTR_MASK:
            self.int_enable = value & _INTERRUPTS
        elif offset == ic.IC_DMA_CR:
            self._dma_control = value & (_TDMAE | _RDMAE)
        elif offset == ic.IC_DMA_TDLR:
            self._tx_level = value & _LEVEL_MASK
        elif offset == ic.IC_DMA_RDLR:
            self._rx_level = value & _LEVEL_MASK
        elif offset == ic.IC_SDA_HOLD:
            self._sda_hold = value
        else:
            super().write_uint32(offset, value)
        self._changed()

    def _take(self) -> int:
        if self._rx_fifo.empty:
            self.int_raw |= ic.R_RX_UNDER
        value = self._rx_fifo.pull()
        self._go_on()  # a full FIFO may have held the bus
        self._changed()
        return value

    def _command(self, value: int) -> None:
        if not self.enable & ic.ENABLE or self.int_raw & ic.R_TX_ABRT:
            return  # the FIFO is held empty
        if self._tx_fifo.full:
            self.int_raw |= ic.R_TX_OVER
        else:
            self._tx_fifo.push(value)
            self._go_on()

    def _enable(self, value: int) -> None:
        if not self.enable & ic.ENABLE or not self._open:
            value &= ~ic.ABORT
        if not value & ic.ENABLE:
            self._tx_fifo.reset()
            self._rx_fifo.reset()
        self.enable = value | self.enable & ic.ABORT  # which only its completion clears
        self._go_on()

    def _changed(self) -> None:
        """Bring interrupts and DMA requests in line with the state."""
        levels = 0
        if self._rx_fifo.item_count > self.rx_threshold:
            levels |= ic.R_RX_FULL
        sending = self._shifting and self.control & ic.TX_EMPTY_CTRL
        active = self.enable & ic.ENABLE or self._open
        if active and self._tx_fifo.item_count <= self.tx_threshold and not sending:
            levels |= ic.R_TX_EMPTY
        self.int_raw = self.int_raw & ~(ic.R_RX_FULL | ic.R_TX_EMPTY) | levels
        self.check_interrupts()
        wants_tx = self._dma_control & _TDMAE and self._tx_fifo.item_count <= self._tx_level
        wants_rx = self._dma_control & _RDMAE and self._rx_fifo.item_count > self._rx_level
        dma = self.rp2040.dma
        (dma.set_dreq if wants_tx else dma.clear_dreq)(self._dreq_tx)
        (dma.set_dreq if wants_rx else dma.clear_dreq)(self._dreq_rx)

    # Wire ---------------------------------------------------------------------------------------------------

    def _put(self, bits: int, then: Callable[[], None]) -> None:
        self._then = then
        self._alarm.schedule(bits * (self.scl_low_period + self.scl_high_period) * 1e9 / self.rp2040.clk_sys)

    def _elapsed(self) -> None:
        if any(target.hung for target in self._targets.values()):
            self._put(_BITS_PER_OCTET, self._then)  # stretched; asked again later, because a model says nothing when it lets go
            return
        then, self._then = self._then, None
        self._shifting = False
        then()
        self._go_on()
        self._changed()

    def _go_on(self) -> None:
        """Put on the wire what comes next, if anything does and nothing is there."""
        if self._then:
            return
        if self._open and self.enable & ic.ABORT:
            self._finish()
            return
        if self._tx_fifo.empty or self.enable & ic.TX_CMD_BLOCK:
            return  # within a transfer: the clock is held low
        command = self._tx_fifo.peek()
        reading = bool(command & ic.CMD)
        if not self._open or reading != self._reading or command & ic.RESTART and not self._first:
            self._open = True
            self._reading = reading
            self._put(1, self._send_address)
        elif not (reading and self._rx_fifo.full and self.control & ic.RX_FIFO_FULL_HLD_CTRL):
            self._transfer(self._tx_fifo.pull())

    def _send_address(self) -> None:
        self.int_raw |= ic.R_START_DET
        target = self._targets.get(self.target_address)
        acknowledged = target is not None and target.start(self._reading)
        self._addressed = target if acknowledged else None
        self._first = acknowledged
        self._put(_BITS_PER_OCTET, lambda: self._octet_over(acknowledged, ic.ABRT_7B_ADDR_NOACK))

    def _transfer(self, command: int) -> None:
        self._shifting = True
        last = bool(command & ic.STOP)
        first, self._first = self._first, False
        if command & ic.CMD:
            octet = self._addressed.read() | (_FIRST_DATA_BYTE if first else 0)
            self._put(_BITS_PER_OCTET, lambda: self._received(octet, last))
        else:
            acknowledged = self._addressed.write(command & 0xFF)
            self._put(_BITS_PER_OCTET, lambda: self._octet_over(acknowledged, ic.ABRT_TXDATA_NOACK, last))

    def _received(self, octet: int, last: bool) -> None:
        if self._rx_fifo.full:
            self.int_raw |= ic.R_RX_OVER  # and the octet is lost
        elif self.enable & ic.ENABLE:
            self._rx_fifo.push(octet)
        self._octet_over(True, 0, last)

    def _octet_over(self, acknowledged: bool, reason: int, last: bool = False) -> None:
        if not acknowledged:
            self._abort(reason)
        if last or not acknowledged or not self.enable & ic.ENABLE:
            self._finish()

    def _abort(self, reason: int) -> None:
        self.abort_source = self.abort_source & _ABORT_REASONS | reason | self._tx_fifo.item_count << ic.TX_FLUSH_CNT_SHIFT
        self._tx_fifo.reset()
        self._rx_fifo.reset()
        self.int_raw |= ic.R_TX_ABRT

    def _finish(self) -> None:
        if self._addressed:
            self._addressed.stop()
            self._addressed = None
        self._put(1, self._stopped)

    def _stopped(self) -> None:
        self._open = False
        self.int_raw |= ic.R_STOP_DET
        if self.enable & ic.ABORT:
            self.enable &= ~ic.ABORT
            self._abort(ic.ABRT_USER_ABRT)


def fit_i2c(mcu: RP2040, number: int, targets: Iterable[I2CTarget]) -> None:
    """Put a WiredI2C with these targets in the place of I2C controller `number` (0 or 1)."""
    mcu.i2c[number] = mcu.peripherals[_BASE[number]] = WiredI2C(mcu, number, targets)
