"""RP2040: an SPI bus. Before sampling MicroPython's driver, then the controller itself (PL022, RP2040 data sheet 4.4)."""

from array import array

import machine
import micropython
import rp2
from micropython import const
from uctypes import addressof

from . import segments
from .rp2_bus import Bus
from .rp2_dma import channel_registers

_BASE = (0x4003C000, 0x40040000)
_DREQ_SEND = (16, 18)
_DREQ_RECEIVE = (17, 19)

# Registers, in words
_SSPDR = const(0x08 >> 2)
_SSPSR = const(0x0C >> 2)
_SSPDMACR = const(0x24 >> 2)
_RECEIVE_NOT_EMPTY = const(0x04)
_BUSY = const(0x10)

# Chip selects are plain outputs: SIO GPIO_OUT_CLR (2.3.1.7)
_OUT_CLR = const(0x18 >> 2)

# Registers of a DMA channel, in words: those without and with the trigger
_WRITE_ADDR = const(0x04 >> 2)
_COUNT_TRIGGER = const(0x1C >> 2)

# The bus's words (rp2_bus.py)
_CURRENT = const(0)
_WAITING = const(1)
_BEGUN = const(2)
_RELEASE = const(3)
_SIO = const(4)
_CONTROLLER = const(5)
_SLOTS = const(11)

# A read's words: addresses, so that its handler looks nothing up
_BUS = const(0)
_NUMBER = const(1)
_SPI = const(2)
_COMMAND = const(3)  # -1: none is sent
_RECEIVE = const(4)
_SEND = const(5)
_SELECT = const(6)
_OCTETS = const(7)
_LEN = const(8)
_TIMER = const(9)

_TIMERAWL = 0x40054028
_TICKS_MASK = const(0x3FFFFFFF)


class SPIBus(Bus):
    """See ports/__init__.py. Octets of 8 bits, the most significant first, in the plan's mode."""

    def __init__(self, plan):
        self.base = _BASE[plan["id"]]
        send = rp2.DMA()
        super().__init__(plan, self.base, _failed, _recover, send=send)
        self.driver = machine.SPI(
            plan["id"],
            baudrate=plan["freq_hz"],
            polarity=plan["mode"] >> 1,
            phase=plan["mode"] & 1,
            sck=machine.Pin(plan["sck"]),
            mosi=machine.Pin(plan["mosi"]),
            miso=machine.Pin(plan["miso"]),
        )
        data = self.base + 4 * _SSPDR
        self._zero = bytearray(1)  # sent while the target's octets are clocked in
        receive = self.receive
        receive.config(
            read=data,
            ctrl=receive.pack_ctrl(size=0, inc_read=False, treq_sel=_DREQ_RECEIVE[plan["id"]], irq_quiet=False),
            trigger=False,
        )
        send.config(
            read=addressof(self._zero),
            write=data,
            ctrl=send.pack_ctrl(size=0, inc_read=False, inc_write=False, treq_sel=_DREQ_SEND[plan["id"]]),
            trigger=False,
        )

    def device(self, sensor, driver):
        """See ports/__init__.py."""
        return SPIDevice(self, sensor["cs"], driver)

    def arm(self):
        """See ports/__init__.py."""
        machine.mem32[self.base + 4 * _SSPDMACR] = 3
        super().arm()


@micropython.viper
def _failed(words) -> int:
    return 0  # no controller of this bus can tell that nobody is there


@micropython.viper
def _recover(words, first: int) -> int:
    spi = ptr32(ptr32(words)[_CONTROLLER])
    while spi[_SSPSR] & (_BUSY | _RECEIVE_NOT_EMPTY):
        spi[_SSPDR]
    return 1


class SPIDevice:
    """One chip select of a bus."""

    def __init__(self, bus, cs, driver):
        self.check = None
        self._bus = bus
        self._cs = cs
        self._select = machine.Pin(cs, machine.Pin.OUT, value=1)
        self._shift = getattr(driver, "SPI_SHIFT", 0)
        self._read_bit = getattr(driver, "SPI_READ", 0)
        self._write_bit = getattr(driver, "SPI_WRITE", 0)

    def read(self, register, buf):
        """Registers from `register` on into buf."""
        self.exchange(bytes((self._command(register),)), buf)

    def write(self, register, data):
        """data into registers from `register` on."""
        self.send(bytes((register << self._shift | self._write_bit,)) + bytes(data))

    def send(self, octets):
        """octets while it is selected."""
        self._select(0)
        self._bus.driver.write(octets)
        self._select(1)

    def receive(self, buf):
        """Octets into buf while it is selected and is sent zeros."""
        self.exchange(b"", buf)

    def exchange(self, command, buf):
        """send and receive while it is selected."""
        self._select(0)
        if command:
            self._bus.driver.write(command)
        self._bus.driver.readinto(buf)
        self._select(1)

    def reads(self, driver, ring, ended):
        """See ports/__init__.py. Raises ValueError for what is not one read with a command of at most one octet."""
        ((command, _),) = segments(driver, ring)
        if len(command) > 1:
            raise ValueError("a command of %d octets" % len(command))
        bus = self._bus
        words = (
            addressof(bus.words),
            bus.next_number(),
            bus.base,
            self._command(command[0]) if command else -1,
            channel_registers(bus.receive),
            channel_registers(bus.send),
            1 << self._cs,
            addressof(ring.octets),
            ring.read_len,
            _TIMERAWL,
        )
        start, self.check = bus.add(start_handler(array("i", words)), ended, ring)
        return start

    def _command(self, register):
        return register << self._shift | self._read_bit


def start_handler(read):
    """A handler that begins a read now, or leaves it to the bus until that is free. Interrupt-safe; waits for the command."""

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
        bus[_RELEASE] = r[_SELECT]
        bus[_BEGUN] = ptr32(r[_TIMER])[0] & _TICKS_MASK
        ptr32(bus[_SIO])[_OUT_CLR] = r[_SELECT]
        command = r[_COMMAND]
        if command >= 0:
            # What comes back with the command is no sample, so the DMA begins after it.
            spi = ptr32(r[_SPI])
            spi[_SSPDR] = command
            while spi[_SSPSR] & _BUSY:
                pass
            spi[_SSPDR]
        size = r[_LEN]
        receive = ptr32(r[_RECEIVE])
        receive[_WRITE_ADDR] = r[_OCTETS] + slot * size
        receive[_COUNT_TRIGGER] = size
        ptr32(r[_SEND])[_COUNT_TRIGGER] = size

    return start
