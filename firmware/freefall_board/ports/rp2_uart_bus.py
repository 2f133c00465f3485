"""RP2040: a UART with one sensor that answers requests. Before sampling MicroPython's driver, then the controller itself (PL011,
RP2040 data sheet 4.2).
"""

from array import array

import machine
import micropython
from micropython import const
from uctypes import addressof

from . import segments
from .rp2_bus import Bus
from .rp2_dma import channel_registers

_BASE = (0x40034000, 0x40038000)
_DREQ_RECEIVE = (21, 23)
_FIFO_LEN = 32
_TIMED_OUT = 110  # ETIMEDOUT

# Registers, in words
_UARTDR = const(0x00 >> 2)
_UARTFR = const(0x18 >> 2)
_UARTIMSC = const(0x38 >> 2)
_UARTRIS = const(0x3C >> 2)
_UARTICR = const(0x44 >> 2)
_UARTDMACR = const(0x48 >> 2)
_BUSY = const(0x08)
_RECEIVE_EMPTY = const(0x10)
_ERRORS = const(0x780)  # framing, parity, break, overrun
_ALL = const(0x7FF)
_RECEIVE_DMA = const(0x01)

# Registers of a DMA channel, in words: those without and with the trigger
_WRITE_ADDR = const(0x04 >> 2)
_COUNT_TRIGGER = const(0x1C >> 2)

# The bus's words (rp2_bus.py)
_CURRENT = const(0)
_WAITING = const(1)
_BEGUN = const(2)
_CONTROLLER = const(5)
_SPOILT = const(8)
_SLOTS = const(11)

# A read's words: addresses, so that its handler looks nothing up
_BUS = const(0)
_NUMBER = const(1)
_UART = const(2)
_REQUEST = const(3)
_REQUEST_LEN = const(4)
_RECEIVE = const(5)
_OCTETS = const(6)
_LEN = const(7)
_TIMER = const(8)

_TIMERAWL = 0x40054028
_TICKS_MASK = const(0x3FFFFFFF)


class UARTBus(Bus):
    """See ports/__init__.py. 8 bits, no parity, one stop bit."""

    def __init__(self, plan):
        self.base = _BASE[plan["id"]]
        super().__init__(plan, self.base, _failed, _recover)
        # A read with an error in it is noticed at its end.
        self._on_received = checked_handler(self.words, self._on_received)
        # Of its milliseconds the first may be nearly over.
        timeout_ms = plan["timeout_us"] // 1000 + 2
        self.driver = machine.UART(
            plan["id"],
            plan["baud"],
            tx=machine.Pin(plan["tx"]),
            rx=machine.Pin(plan["rx"], machine.Pin.IN, machine.Pin.PULL_UP),
            timeout=timeout_ms,
            timeout_char=timeout_ms,
        )
        self.receive.config(
            read=self.base,
            ctrl=self.receive.pack_ctrl(size=0, inc_read=False, treq_sel=_DREQ_RECEIVE[plan["id"]], irq_quiet=False),
            trigger=False,
        )

    def device(self, sensor, driver):
        """See ports/__init__.py."""
        return UARTDevice(self)

    def arm(self):
        """See ports/__init__.py."""
        _use_dma(self.base)
        super().arm()


@micropython.viper
def _use_dma(base: int):
    uart = ptr32(base)
    # MicroPython's driver would take the octets in its interrupt.
    uart[_UARTIMSC] = 0
    uart[_UARTDMACR] = _RECEIVE_DMA


@micropython.viper
def _failed(words) -> int:
    return 0  # what it can tell, it tells at the end


@micropython.viper
def _recover(words, first: int) -> int:
    uart = ptr32(ptr32(words)[_CONTROLLER])
    if uart[_UARTFR] & _BUSY:
        return 0
    while uart[_UARTFR] & _RECEIVE_EMPTY == 0:
        uart[_UARTDR]
    return 1


def checked_handler(words, on_received):
    """A handler of the receiving channel's interrupt: not good is what came with an error, or before the request was out."""

    @micropython.viper
    def on_checked(channel):
        w = ptr32(words)
        uart = ptr32(w[_CONTROLLER])
        if uart[_UARTRIS] & _ERRORS or uart[_UARTFR] & _BUSY:
            w[_SPOILT] = 1
        on_received(channel)

    return on_checked


class UARTDevice:
    """The sensor at the other end."""

    def __init__(self, bus):
        self.check = None
        self._bus = bus

    def send(self, octets):
        """octets, all of which have left when it returns."""
        self._bus.driver.write(octets)
        self._bus.driver.flush()

    def receive(self, buf):
        """The next octets into buf. Raises OSError when one of them is not there in time."""
        if self._bus.driver.readinto(buf) != len(buf):
            raise OSError(_TIMED_OUT)

    def exchange(self, command, buf):
        """A request, and the answer into buf; what had come in before is forgotten. Raises OSError as receive."""
        driver = self._bus.driver
        while driver.any():
            driver.read(driver.any())
        self.send(command)
        self.receive(buf)

    def reads(self, driver, ring, ended):
        """See ports/__init__.py. Raises ValueError for what is not one request of 1 to 32 octets with its answer."""
        ((request, _),) = segments(driver, ring)
        if not 0 < len(request) <= _FIFO_LEN:
            raise ValueError("a request of %d octets" % len(request))
        bus = self._bus
        words = (
            addressof(bus.words),
            bus.next_number(),
            bus.base,
            addressof(request),
            len(request),
            channel_registers(bus.receive),
            addressof(ring.octets),
            ring.read_len,
            _TIMERAWL,
        )
        start, self.check = bus.add(start_handler(array("i", words)), ended, (request, ring))
        return start


def start_handler(read):
    """A handler that sends a request now, or leaves it to the bus until that is free. Interrupt-safe."""

    @micropython.viper
    def start(slot: int):
        r = ptr32(read)
        bus = ptr32(r[_BUS])
        number = r[_NUMBER]
        if bus[_CURRENT] >= 0:
            bus[_SLOTS + number] = slot
            bus[_WAITING] = bus[_WAITING] | 1 << number
            return
        bus[_CURRENT] = number
        bus[_BEGUN] = ptr32(r[_TIMER])[0] & _TICKS_MASK
        uart = ptr32(r[_UART])
        # What came since the last answer is no answer to this request.
        while uart[_UARTFR] & _RECEIVE_EMPTY == 0:
            uart[_UARTDR]
        uart[_UARTICR] = _ALL
        size = r[_LEN]
        receive = ptr32(r[_RECEIVE])
        receive[_WRITE_ADDR] = r[_OCTETS] + slot * size
        receive[_COUNT_TRIGGER] = size
        request = ptr8(r[_REQUEST])
        stop = r[_REQUEST_LEN]
        i = 0
        while i < stop:
            uart[_UARTDR] = request[i]
            i += 1

    return start
