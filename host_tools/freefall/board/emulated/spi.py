"""An SPI controller for rp2040py whose bits take time on the wire, with sensor models as its targets, each on a chip-select pin.

The stock model of rp2040py 0.3.6 transfers in no time, from a clock the firmware does not have, whether it is enabled or not, and
asks the DMA for octets whether SSPDMACR says so or not. This one stands in its place: a PL022 as controller, 8-bit frames
(data sheet of the RP2040, 4.4).

Where the clock phase SPH is 0, the PL022 pulses its own select line between frames and the clock rests: by oscilloscope about two
periods from the last falling to the next rising edge (github.com/raspberrypi/pico-examples, issue 285), so 1.5 more than within a
frame. With SPH = 1 there is no such gap.
"""

from collections.abc import Mapping

from rp2040py.gpio_pin import GPIOPinState
from rp2040py.irq import IRQ
from rp2040py.peripherals import spi as ssp
from rp2040py.peripherals.dma import DREQChannel
from rp2040py.rp2040 import RP2040

from ...sensors.part import ModelError
from ...sensors.spi import SPITarget
from .uart import CLK_PERI_HZ

_GAP_BITS = 1.5  # see above
_UNDRIVEN = 0xFF
_USUAL_MODES = (0, 3)  # data in at the rising edge, out at the falling: what a target takes that names no `modes`
_BASE = (0x4003C, 0x40040)


class WiredSPI(ssp.RPSPI):
    """A PL022 as controller and the targets wired to it.

    A chip select that moves within an octet is a ModelError, and so is an octet in a mode that the target does not take.
    """

    def __init__(self, mcu: RP2040, number: int, targets: Mapping[int, SPITarget]):
        """targets: by the GPIO of their chip select. A pin that does not drive is taken as pulled up."""
        dreq = ssp.ISPIDMAChannels(
            rx=DREQChannel(DREQChannel.DREQ_SPI0_RX + 2 * number), tx=DREQChannel(DREQChannel.DREQ_SPI0_TX + 2 * number)
        )
        self._received: int | None = None  # what comes in with the frame now on the wire; None: none is
        super().__init__(mcu, f"SPI{number}", IRQ.SPI0 + number, dreq)
        self._sent = mcu.clock.create_alarm(self._frame_over)
        self._targets = dict(targets)
        self._selected: dict[int, SPITarget] = {}
        for pin in targets:
            mcu.gpio[pin].add_listener(lambda level, _, pin=pin: self._select_line(pin, level))

    def reset(self) -> None:
        """Registers as after power-up; a frame is cut off. The pins were reset before, and tell no listener."""
        self._sent.cancel()
        self._received = None
        super().reset()
        for pin in list(self._selected):
            self._select_line(pin, self.rp2040.gpio[pin].value)

    @property
    def bit_ns(self) -> float:
        """Length of a bit on the wire."""
        return 1e9 / self.clock_frequency

    @property
    def spi_mode(self) -> int:
        """Clock polarity and phase, as everybody counts them; the stock property swaps 2 and 3."""
        return (2 if self._control0 & ssp.SPO else 0) | (1 if self._control0 & ssp.SPH else 0)

    # Registers ----------------------------------------------------------------------------------------------

    def read_uint32(self, offset: int) -> int:
        """A register read by the firmware or by a DMA channel."""
        if offset == ssp.SSPSR:
            busy = self._received is not None or not self.tx_fifo.empty
            return super().read_uint32(offset) & ~ssp.BSY | (ssp.BSY if busy else 0)
        return super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        """A register write by the firmware or by a DMA channel."""
        super().write_uint32(offset, value)
        if offset in (ssp.SSPCR1, ssp.SSPDMACR):
            self._do_tx()
            self._fifos_updated()

    def _update_dma_tx(self) -> None:
        dma, wanted = self.rp2040.dma, self._dma_control & ssp.TXDMAE and not self.tx_fifo.full
        (dma.set_dreq if wanted else dma.clear_dreq)(self.dreq.tx)

    def _update_dma_rx(self) -> None:
        dma, wanted = self.rp2040.dma, self._dma_control & ssp.RXDMAE and not self.rx_fifo.empty
        (dma.set_dreq if wanted else dma.clear_dreq)(self.dreq.rx)

    # Wire ---------------------------------------------------------------------------------------------------

    def _do_tx(self) -> None:
        if self.enabled and self._received is None and not self.tx_fifo.empty:
            self._send(0)

    def _send(self, gap_bits: float) -> None:
        if self.data_bits != 8:
            raise ModelError(self.name, f"a frame of {self.data_bits} bits; models take octets", "SSPCR0.DSS")
        if len(self._selected) > 1:
            pins = " and ".join(f"GP{pin}" for pin in self._selected)
            raise ModelError(self.name, f"{pins} are selected at once, and both targets drive the line", "4.4")
        octet = self.tx_fifo.pull()
        (target,) = self._selected.values() or (None,)
        if target is not None and self.spi_mode not in (modes := getattr(target, "modes", _USUAL_MODES)):
            raise ModelError(self.name, f"an octet in mode {self.spi_mode}; the target takes {modes}", "4.4.3.9", value=octet)
        self._received = _UNDRIVEN if target is None else target.exchange(octet)
        self._sent.schedule((self.data_bits + gap_bits) * self.bit_ns)

    def _frame_over(self) -> None:
        octet, self._received = self._received, None
        if self.rx_fifo.full:
            self._int_raw |= ssp.SSPRORINTR  # and the octet is lost
        else:
            self.rx_fifo.push(octet)
        if self.enabled and not self.tx_fifo.empty:
            self._send(0 if self._control0 & ssp.SPH else _GAP_BITS)
        self._fifos_updated()

    def _select_line(self, pin: int, level: GPIOPinState) -> None:
        selected = level == GPIOPinState.LOW
        if selected == (pin in self._selected):
            return
        if self._received is not None:
            raise ModelError(self.name, f"chip select GP{pin} moves within an octet", "4.4")
        if selected:
            self._selected[pin] = self._targets[pin]
            self._targets[pin].select()
        else:
            self._selected.pop(pin).deselect()


def fit_spi(mcu: RP2040, number: int, targets: Mapping[int, SPITarget]) -> None:
    """Put a WiredSPI in the place of SPI controller `number` (0 or 1); targets by the GPIO of their chip select."""
    mcu.clk_peri = CLK_PERI_HZ
    mcu.spi[number] = mcu.peripherals[_BASE[number]] = WiredSPI(mcu, number, targets)
