"""RP2040: a UART whose octets the DMA takes from the link queue itself, without an interrupt."""

from array import array

import machine
import micropython
import rp2
from micropython import const

from .rp2_dma import channel_registers

_BASE = (0x40034000, 0x40038000)
_DREQ_SEND = (20, 22)
_UARTIMSC = const(0x38 >> 2)
_UARTDMACR = const(0x48 >> 2)
_TRANSMIT_INTERRUPT = const(0x20)
_TRANSMIT_DMA = const(0x02)

# Registers of a DMA channel, in words: those without and with the trigger
_READ_ADDR = const(0)
_COUNT = const(2)
_CTRL = const(4)
_COUNT_TRIGGER = const(7)
_BUSY = const(0x01000000)

_CHANNEL = const(0)
_BEGUN = const(1)  # octets the DMA was given
_GONE = const(2)  # of those, octets reported as sent

# So many octets sent are worth giving back their room.
_WORTH = const(256)


class UARTLink:
    """A link (ports/__init__.py)."""

    def __init__(self, plan):
        number = int(plan["transport"][-1])
        # Without a wire the line would be low: a break without end.
        rx = machine.Pin(plan["rx"], machine.Pin.IN, machine.Pin.PULL_UP)
        self._uart = machine.UART(number, plan["baud"], tx=machine.Pin(plan["tx"]), rx=rx)
        self._use_dma(_BASE[number])
        self._dma = channel = rp2.DMA()
        channel.config(
            write=_BASE[number],
            ctrl=channel.pack_ctrl(size=0, inc_write=False, treq_sel=_DREQ_SEND[number]),
            trigger=False,
        )
        self._words = array("i", (channel_registers(channel), 0, 0))
        self.take = self._take

    @micropython.native
    def receive(self, buf):
        """Put what has come into buf; returns how many octets. Never waits, and allocates nothing."""
        # Asked for more than has come, MicroPython would wait a few milliseconds for the next octet, and for each after that.
        waiting = self._uart.any()
        return self._uart.readinto(buf, min(waiting, len(buf))) if waiting else 0

    @micropython.viper
    def _use_dma(self, base: int):
        uart = ptr32(base)
        uart[_UARTIMSC] = uart[_UARTIMSC] & ~_TRANSMIT_INTERRUPT
        uart[_UARTDMACR] = _TRANSMIT_DMA

    @micropython.viper
    def _take(self, octets, start: int, size: int, waiting: int) -> int:
        words = ptr32(self._words)
        channel = ptr32(words[_CHANNEL])
        if channel[_CTRL] & _BUSY:
            gone = words[_BEGUN] - channel[_COUNT] - words[_GONE]
            if gone < _WORTH:
                return 0
            words[_GONE] += gone
            return gone
        # The DMA is done with what it was given; what the queue holds after that is next, the FIFO bridges the time between.
        gone = words[_BEGUN] - words[_GONE]
        start += gone
        size -= gone
        if size == 0:
            start = 0
            size = waiting - gone
        words[_BEGUN] = size
        words[_GONE] = 0
        if size:
            channel[_READ_ADDR] = int(ptr8(octets)) + start
            channel[_COUNT_TRIGGER] = size
        return gone
