"""The ADC of rp2040py with something to measure on its pins.

The stock model of rp2040py 0.3.6 converts in the right time, 96 cycles of 48 MHz, but what it reads is a number in a list; a
conversion started once is started again by whatever next writes CS, because START_ONCE is kept; and it measures a pin that the
firmware never made an analog one. This one stands in its place (data sheet of the RP2040, 4.9). The chip's thermometer reads 0.
"""

from collections.abc import Callable, Mapping

from rp2040py.peripherals.adc import CS, CS_START_ONE, RPADC
from rp2040py.rp2040 import RP2040

from ...sensors.part import ModelError

_FIRST_PIN = 26
_PINS = 4
_BASE = 0x4004C


class WiredADC(RPADC):
    """The converter and what is wired to its pins. An input that is not there, or pulled by the chip, is a ModelError."""

    def __init__(self, mcu: RP2040, sources: Mapping[int, Callable[[], int]]):
        """sources: by the GPIO of their pin, 26 to 29: what a conversion that begins now reads, 0 to 4095."""
        super().__init__(mcu, "ADC")
        self._sources = dict(sources)
        self.on_adc_read = self._begin

    def write_uint32(self, offset: int, value: int) -> None:
        """A register write by the firmware."""
        super().write_uint32(offset, value)
        if offset == CS:
            self.cs &= ~CS_START_ONE

    def _begin(self, channel: int) -> None:
        if channel < _PINS:
            self.channel_values[channel] = self._measured(_FIRST_PIN + channel)
        elif channel > _PINS:
            raise ModelError(self.name, f"there is no input {channel}", "4.9.1", CS, channel)
        self._default_on_adc_read(channel)

    def _measured(self, pin: int) -> int:
        pad = self.rp2040.gpio[pin]
        if pin not in self._sources:
            raise ModelError(self.name, f"nothing is wired to GP{pin}", "4.9.1")
        if pad.pullup_enabled or pad.pulldown_enabled or pad.input_enable:
            raise ModelError(self.name, f"GP{pin} is pulled or its digital input is on", "4.9.1")
        return self._sources[pin]()


def fit_adc(mcu: RP2040, sources: Mapping[int, Callable[[], int]]) -> None:
    """Put a WiredADC in the place of the ADC."""
    mcu.adc = mcu.peripherals[_BASE] = WiredADC(mcu, sources)
