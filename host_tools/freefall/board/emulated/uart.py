"""A UART for rp2040py that takes time: FIFOs, baud pacing, and the interrupts and DMA requests that go with them.

The stock model of rp2040py 0.3.6 keeps its transmit interrupt pending for ever, which hangs `machine.UART(...)`, sends a byte in
no time, which would hide every shortage of link, and asks the DMA for no received octet. This one stands in its place: a PL011
with its FIFOs on (data sheet of the RP2040, 4.2). Not modelled: parity, breaks, flow control, frames of other lengths.
"""

from collections import deque
from collections.abc import Callable

from rp2040py.peripherals.uart import RPUART, UARTDR, UARTRXINTR, UARTTXINTR
from rp2040py.rp2040 import RP2040

_FIFO_LEN = 32
# By UARTIFLS: the transmit interrupt comes as its FIFO falls to so many, the receive interrupt as its grows to them.
_LEVELS = (4, 8, 16, 24, 28)
_HALF_FULL = 2
_RX_LEVEL_SHIFT = 3
_LEVEL_MASK = 0b111
BITS_PER_OCTET = 10  # 8N1
MOST_OFF = 0.02  # of a receiver's pace from the sender's: beyond it the last bits of an octet are sampled in their neighbours
_TIMEOUT_BITS = 32  # of silence, after which octets below the level are an interrupt, too
_FLAG_BUSY = 1 << 3
_FLAG_TX_FULL = 1 << 5
_FLAG_TX_EMPTY = 1 << 7
_UARTIFLS = 0x34
_TIMEOUT_INTERRUPT = 1 << 6
_FRAMING_INTERRUPT = 1 << 7
_OVERRUN_INTERRUPT = 1 << 10
_UARTDMACR = 0x48
_TXDMAE = 1 << 1
_RXDMAE = 1 << 0
_DMACR_MASK = 0b111
_BASE = (0x40034, 0x40038)

# What the firmware divides for its baud rate; rp2040py assumes the 125 MHz of the system clock.
CLK_PERI_HZ = 48_000_000


class PacedUART(RPUART):
    """A PL011 as MicroPython and DMA use it. `on_byte(octet)` is told what has left, `receive` is told what has come in."""

    def __init__(self, mcu: RP2040, name: str, irq: int, dreq):
        super().__init__(mcu, name, irq, dreq)
        self._waiting: deque[int] = deque()
        self._sending: int | None = None  # the octet in the shift register
        self._dma_control = 0
        self._set_levels(_HALF_FULL << _RX_LEVEL_SHIFT | _HALF_FULL)
        self._sent = mcu.clock.create_alarm(self._byte_left)
        self._silent = mcu.clock.create_alarm(self._line_silent)

    def reset(self) -> None:
        """Registers as after power-up; a byte being sent is cut off."""
        super().reset()
        self._sent.cancel()
        self._silent.cancel()
        self._waiting.clear()
        self._sending = None
        self._dma_control = 0
        self._set_levels(_HALF_FULL << _RX_LEVEL_SHIFT | _HALF_FULL)
        self._request()

    @property
    def flags(self) -> int:
        """UARTFR."""
        flags = super().flags & ~_FLAG_TX_EMPTY
        if not self._waiting:
            flags |= _FLAG_TX_EMPTY
        if len(self._waiting) >= _FIFO_LEN:
            flags |= _FLAG_TX_FULL
        if self._sending is not None:
            flags |= _FLAG_BUSY
        return flags

    @property
    def bit_ns(self) -> float:
        """Length of a bit on the line."""
        return 16 * self.baud_divider * 1e9 / self.rp2040.clk_peri

    def check_interrupts(self) -> None:
        """Raise or drop the interrupt line as status and mask say."""
        self.rp2040.set_interrupt(self.irq, bool(self._interrupt_status & self._interrupt_mask))

    def read_uint32(self, offset: int) -> int:
        """A register read by the firmware or by a DMA channel."""
        if offset == UARTDR:
            return self._take()
        if offset == _UARTIFLS:
            return self._levels
        return self._dma_control if offset == _UARTDMACR else super().read_uint32(offset)

    def write_uint32(self, offset: int, value: int) -> None:
        """A register write by the firmware or by a DMA channel."""
        if offset == UARTDR:
            self._queue(value & 0xFF)
        elif offset == _UARTIFLS:
            self._set_levels(value)
        elif offset == _UARTDMACR:
            self._dma_control = value & _DMACR_MASK
        else:
            super().write_uint32(offset, value)
        self._request()

    def _set_levels(self, value: int) -> None:
        self._levels = value
        self._tx_level = _LEVELS[min(value & _LEVEL_MASK, len(_LEVELS) - 1)]
        self._rx_level = _LEVELS[min(value >> _RX_LEVEL_SHIFT & _LEVEL_MASK, len(_LEVELS) - 1)]

    def receive(self, octet: int, framed: bool = True) -> None:
        """The last bit of an octet has come in; framed: with a stop bit where one belongs."""
        if not (self.enabled and self.rx_enabled):
            return
        if not framed:
            self._interrupt_status |= _FRAMING_INTERRUPT
        if self.rx_fifo.full:
            self._interrupt_status |= _OVERRUN_INTERRUPT  # and the octet is lost
        else:
            self.rx_fifo.push(octet)
            if self.rx_fifo.item_count == self._rx_level:
                self._interrupt_status |= UARTRXINTR
        self._silent.schedule(_TIMEOUT_BITS * self.bit_ns)
        self.check_interrupts()
        self._request()

    def _take(self) -> int:
        octet = self.rx_fifo.pull()
        if self.rx_fifo.item_count < self._rx_level:
            self._interrupt_status &= ~UARTRXINTR
        if self.rx_fifo.empty:
            self._interrupt_status &= ~_TIMEOUT_INTERRUPT
            self._silent.cancel()
        self.check_interrupts()
        self._request()
        return octet

    def _line_silent(self) -> None:
        self._interrupt_status |= _TIMEOUT_INTERRUPT
        self.check_interrupts()

    def _request(self) -> None:
        dma = self.rp2040.dma
        sends = self._dma_control & _TXDMAE and self.enabled and len(self._waiting) < _FIFO_LEN
        (dma.set_dreq if sends else dma.clear_dreq)(self.dreq.tx)
        receives = self._dma_control & _RXDMAE and self.enabled and not self.rx_fifo.empty
        (dma.set_dreq if receives else dma.clear_dreq)(self.dreq.rx)

    def _queue(self, octet: int) -> None:
        # A full FIFO loses the byte, as the part does.
        if len(self._waiting) < _FIFO_LEN:
            self._waiting.append(octet)
        if len(self._waiting) > self._tx_level:
            self._interrupt_status &= ~UARTTXINTR
            self.check_interrupts()
        if self._sending is None:
            self._send_next()

    def _send_next(self) -> None:
        self._sending = self._waiting.popleft()
        self._sent.schedule(BITS_PER_OCTET * self.bit_ns)
        if len(self._waiting) == self._tx_level:
            self._interrupt_status |= UARTTXINTR
            self.check_interrupts()

    def _byte_left(self) -> None:
        octet, self._sending = self._sending, None
        if self._waiting:
            self._send_next()
        self._request()
        if self.on_byte:
            self.on_byte(octet)


def put_in_place(mcu: RP2040, number: int, uart: PacedUART) -> None:
    """Make it UART `number` (0 or 1) of the chip."""
    mcu.clk_peri = CLK_PERI_HZ
    mcu.uart[number] = mcu.peripherals[_BASE[number]] = uart


def fit_uart(mcu: RP2040, number: int, on_byte: Callable[[int], None] | None = None) -> PacedUART:
    """Put a PacedUART in the place of UART `number` (0 or 1); its bytes go to on_byte."""
    stock = mcu.uart[number]
    uart = PacedUART(mcu, stock.name, stock.irq, stock.dreq)
    uart.on_byte = on_byte
    put_in_place(mcu, number, uart)
    return uart
