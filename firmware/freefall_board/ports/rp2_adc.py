"""RP2040: the analog inputs, one conversion a sample (data sheet 4.9). MicroPython's object only sets the pin up."""

from array import array

import machine
import micropython
from micropython import const
from uctypes import addressof

_BASE = 0x4004C000
_FIRST_PIN = 26
_ENABLE = 0x01
_START_ONCE = 0x04
_AINSEL_SHIFT = 12
_READY = const(0x100)

# Registers, in words
_CS = const(0x00)
_RESULT = const(0x04 >> 2)

# A read's words: addresses, so that its handler looks nothing up
_ADC = const(0)
_BEGIN = const(1)
_OCTETS = const(2)


class ADC:
    """A device (ports/__init__.py): a pin's voltage, which takes the interrupt 2 us to measure."""

    def __init__(self, pin):
        machine.ADC(machine.Pin(pin))
        self._begin = _ENABLE | _START_ONCE | (pin - _FIRST_PIN) << _AINSEL_SHIFT
        self._pinned = []

    def check(self):
        """Nothing: a read is over at once."""

    def reads(self, driver, ring, ended):
        """See ports/__init__.py; the read is over at once."""
        self._pinned.append(ring)
        return start_handler(array("i", (_BASE, self._begin, addressof(ring.octets))), ended)


def start_handler(read, ended):
    """A handler that makes one conversion. Interrupt-safe: interrupts do not break into each other's."""

    @micropython.viper
    def start(slot: int):
        r = ptr32(read)
        adc = ptr32(r[_ADC])
        adc[_CS] = r[_BEGIN]
        while adc[_CS] & _READY == 0:
            pass
        ptr16(r[_OCTETS])[slot] = adc[_RESULT]
        ended(1)

    return start
