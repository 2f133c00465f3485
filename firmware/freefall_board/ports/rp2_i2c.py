"""RP2040: an I2C bus. Before sampling MicroPython's driver, then the controller itself (DW_apb_i2c, RP2040 data sheet 4.3)."""

import time
from array import array

import machine
import micropython
import rp2
from micropython import const
from uctypes import addressof

from . import segments
from .rp2_bus import Bus
from .rp2_dma import channel_registers

_BASE = (0x40044000, 0x40048000)
_DREQ_SEND = (32, 34)
_DREQ_RECEIVE = (33, 35)
_HALF_CLOCK_US = 5

# Registers, in words
_IC_TAR = const(0x04 >> 2)
_IC_DATA_CMD = const(0x10 >> 2)
_IC_RAW_INTR_STAT = const(0x34 >> 2)
_IC_CLR_INTR = const(0x40 >> 2)
_IC_CLR_TX_ABRT = const(0x54 >> 2)
_IC_ENABLE = const(0x6C >> 2)
_IC_DMA_CR = const(0x88 >> 2)
_IC_DMA_TDLR = const(0x8C >> 2)
_IC_DMA_RDLR = const(0x90 >> 2)
_TX_ABRT = const(0x40)
_IC_STATUS = const(0x70 >> 2)
_SEND_EMPTY = const(0x04)
_MASTER_ACTIVE = const(0x20)
_FIFO_LEN = 16
_MOST_TRIES = const(400)  # about 25 us
_ENABLE = const(1)
_ABORT = const(2)

# Commands
_READ = const(0x100)
_STOP = const(0x200)
_RESTART = const(0x400)

# Registers of a DMA channel, in words: writing an address here begins the transfer
_WRITE_ADDR_TRIGGER = const(0x2C >> 2)
_READ_ADDR_TRIGGER = const(0x3C >> 2)
_COUNT = const(0x08 >> 2)

# The bus's words (rp2_bus.py)
_CURRENT = const(0)
_WAITING = const(1)
_BEGUN = const(2)
_CONTROLLER = const(5)
_PHASE = const(9)
_SETTLE_US = const(10)
_SLOTS = const(11)
_READING = const(0)
_SENDING = const(1)
_SETTLED = const(3)

# A read's words: addresses, so that its handler looks nothing up
_BUS = const(0)
_NUMBER = const(1)
_I2C = const(2)
_ADDRESS = const(3)
_RECEIVE = const(4)
_SEND = const(5)
_COMMANDS = const(6)
_COMMANDS_LEN = const(7)
_OCTETS = const(8)
_LEN = const(9)
_TIMER = const(10)
_FIRST = const(11)  # what goes before the part settles
_FIRST_LEN = const(12)  # 0: nothing does
_SETTLES_US = const(13)

_TIMERAWL = 0x40054028
_TICKS_MASK = const(0x3FFFFFFF)


class I2CBus(Bus):
    """See ports/__init__.py."""

    def __init__(self, plan):
        self.base = _BASE[plan["id"]]
        send = rp2.DMA()
        super().__init__(plan, self.base, _failed, _recover, _busy, send)
        _free_bus(plan["scl"], plan["sda"])
        self.driver = machine.I2C(  # pyright: ignore[reportCallIssue]: the stubs lack timeout
            plan["id"],
            scl=machine.Pin(plan["scl"]),
            sda=machine.Pin(plan["sda"]),
            freq=plan["freq_hz"],
            timeout=plan["timeout_us"],
        )
        data = self.base + 4 * _IC_DATA_CMD
        receive = self.receive
        receive.config(
            read=data,
            ctrl=receive.pack_ctrl(size=0, inc_read=False, treq_sel=_DREQ_RECEIVE[plan["id"]], irq_quiet=False),
            trigger=False,
        )
        send.config(write=data, ctrl=send.pack_ctrl(size=2, inc_write=False, treq_sel=_DREQ_SEND[plan["id"]]), trigger=False)

    def device(self, sensor, driver):
        """See ports/__init__.py."""
        return I2CDevice(self, sensor["address"])

    def arm(self):
        """See ports/__init__.py."""
        _use_dma(self.base)
        super().arm()


@micropython.viper
def _use_dma(base: int):
    i2c = ptr32(base)
    i2c[_IC_DMA_TDLR] = 8
    i2c[_IC_DMA_RDLR] = 0
    i2c[_IC_DMA_CR] = 3


@micropython.viper
def _failed(words) -> int:
    return ptr32(ptr32(words)[_CONTROLLER])[_IC_RAW_INTR_STAT] & _TX_ABRT


@micropython.viper
def _busy(words) -> int:
    return (ptr32(ptr32(words)[_CONTROLLER])[_IC_STATUS] ^ _SEND_EMPTY) & (_SEND_EMPTY | _MASTER_ACTIVE)


@micropython.viper
def _recover(words, first: int) -> int:
    i2c = ptr32(ptr32(words)[_CONTROLLER])
    # A read that was not acknowledged is over; any other ends with a stop condition as soon as nobody holds the clock line.
    if first == 0 or i2c[_IC_RAW_INTR_STAT] & _TX_ABRT == 0:
        if first:
            i2c[_IC_ENABLE] = _ENABLE | _ABORT
        if i2c[_IC_ENABLE] & _ABORT:
            return 0
        # Off, it forgets what its FIFOs still hold of that read.
        i2c[_IC_ENABLE] = 0
        i2c[_IC_ENABLE] = _ENABLE
    # Only then the controller takes commands again (IC_TX_ABRT_SOURCE).
    i2c[_IC_CLR_TX_ABRT]
    i2c[_IC_CLR_INTR]
    return 1


class I2CDevice:
    """One address of a bus."""

    def __init__(self, bus, address):
        self.check = None
        self._bus = bus
        self._address = address

    def read(self, register, buf):
        """Registers from `register` on into buf. Raises OSError."""
        self._bus.driver.readfrom_mem_into(self._address, register, buf)

    def write(self, register, data):
        """data into registers from `register` on. Raises OSError."""
        self._bus.driver.writeto_mem(self._address, register, data)

    def send(self, octets):
        """octets in a transaction of their own. Raises OSError."""
        self._bus.driver.writeto(self._address, octets)

    def receive(self, buf):
        """Octets into buf, in a transaction of their own. Raises OSError."""
        self._bus.driver.readfrom_into(self._address, buf)

    def exchange(self, command, buf):
        """send and receive in one transaction, with a repeated start in between. Raises OSError."""
        self._bus.driver.writeto(self._address, command, False)
        self._bus.driver.readfrom_into(self._address, buf)

    def reads(self, driver, ring, ended):
        """See ports/__init__.py."""
        settles_us = getattr(driver, "SETTLE_US", 0)
        parts = segments(driver, ring)
        commands = array("i", _commands(parts))
        first_len = 0
        if settles_us:
            first_len = len(parts[0][0])
            if not 0 < first_len <= _FIFO_LEN:
                raise ValueError("a command of %d octets" % first_len)
            commands[first_len - 1] |= _STOP
        bus = self._bus
        words = (
            addressof(bus.words),
            bus.next_number(),
            bus.base,
            self._address,
            channel_registers(bus.receive),
            channel_registers(bus.send),
            addressof(commands) + 4 * first_len,
            len(commands) - first_len,
            addressof(ring.octets),
            ring.read_len,
            _TIMERAWL,
            addressof(commands),
            first_len,
            settles_us,
        )
        start, self.check = bus.add(start_handler(array("i", words), bus.check), ended, (commands, ring))
        return start


def _commands(parts):
    """What the controller is told to make one transaction of those (octets sent, count received)."""
    commands = []
    for sent, count in parts:
        # At the first too: after an aborted transfer the controller may still hold the bus.
        mark = _RESTART
        for octet in sent:
            commands.append(octet | mark)
            mark = 0
        commands.append(_READ | _RESTART)
        commands += [_READ] * (count - 1)
    commands[-1] |= _STOP
    return commands


def start_handler(read, check):
    """A handler that begins a read now, or leaves it to the bus until that is free. Interrupt-safe."""

    @micropython.viper
    def start(slot: int):
        r = ptr32(read)
        bus = ptr32(r[_BUS])
        number = r[_NUMBER]
        if bus[_CURRENT] >= 0:
            bus[_SLOTS + number] = slot
            bus[_WAITING] = bus[_WAITING] | 1 << number
            # A neighbour that was not acknowledged is off the wires already, but nobody has noticed.
            if ptr32(r[_I2C])[_IC_RAW_INTR_STAT] & _TX_ABRT:
                check()
            return
        bus[_CURRENT] = number
        bus[_BEGUN] = ptr32(r[_TIMER])[0] & _TICKS_MASK
        i2c = ptr32(r[_I2C])
        if i2c[_IC_TAR] != r[_ADDRESS]:
            # The stop of the read before may still be on the wires, for two bits.
            tries = 0
            while i2c[_IC_STATUS] & _MASTER_ACTIVE and tries < _MOST_TRIES:
                tries += 1
            i2c[_IC_ENABLE] = 0
            i2c[_IC_TAR] = r[_ADDRESS]
            i2c[_IC_ENABLE] = 1
        first_len = r[_FIRST_LEN]
        if first_len:
            if bus[_PHASE] != _SETTLED:
                bus[_PHASE] = _SENDING
                bus[_SETTLE_US] = r[_SETTLES_US]
                bus[_SLOTS + number] = slot
                first = ptr32(r[_FIRST])
                i = 0
                while i < first_len:
                    i2c[_IC_DATA_CMD] = first[i]
                    i += 1
                return
            bus[_PHASE] = _READING
        size = r[_LEN]
        receive = ptr32(r[_RECEIVE])
        receive[_COUNT] = size
        receive[_WRITE_ADDR_TRIGGER] = r[_OCTETS] + slot * size
        send = ptr32(r[_SEND])
        send[_COUNT] = r[_COMMANDS_LEN]
        send[_READ_ADDR_TRIGGER] = r[_COMMANDS]

    return start


def _free_bus(scl, sda):
    # A reset in mid-transfer leaves the target holding SDA until it has been clocked through its octet (I2C-bus spec. 3.1.16).
    clock = machine.Pin(scl, machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    data = machine.Pin(sda, machine.Pin.IN, machine.Pin.PULL_UP)
    for _ in range(9):
        if data.value():
            return
        clock.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        clock.value(1)
        time.sleep_us(_HALF_CLOCK_US)
