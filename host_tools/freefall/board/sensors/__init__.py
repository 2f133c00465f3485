"""Register-level models of the sensors, one library for the virtual board and the emulated RP2040.

`MODELS` finds the model of a part on a bus by its driver's name. Models are strict: an access the real part would
not answer sensibly raises ModelError, because a fake that forgives hides the bug.
"""

from typing import Protocol

from .adxl355 import Adxl355
from .i2c import I2CTarget
from .part import Clock, ModelError, Part, Pin, Produced, Signal
from .pulses import PulseSource
from .signals import station_vibration, temperature_drift
from .spi import SPITarget
from .tmp117 import Tmp117

__all__ = [
    "MODELS", "Adxl355", "Clock", "I2CTarget", "ModelError", "Part", "Pin", "Produced", "PulseSource", "SPITarget", "Signal",
    "Tmp117",
]  # fmt: skip


class Factory(Protocol):
    """Makes the model of one kind of part, with the default signal."""

    def __call__(
        self, address: int | None, clock: Clock, data_ready: Pin | None, seed: int, watermark: Pin | None = None
    ) -> Part:
        """address: None on SPI; data_ready, watermark: the pins of the board that those lines of the part are wired to."""
        ...


def _adxl355(address: int | None, clock: Clock, data_ready: Pin | None, seed: int, watermark: Pin | None = None) -> Adxl355:
    return Adxl355(address, clock, data_ready, station_vibration(), seed, int1=watermark)


def _tmp117(address: int | None, clock: Clock, data_ready: Pin | None, seed: int, watermark: Pin | None = None) -> Tmp117:
    if address is None:
        raise ModelError("TMP117", "it has an address and no SPI", "7.5.3.1.2")
    if data_ready is not None or watermark is not None:
        raise ModelError("TMP117", "data ready on the ALERT pin is not modelled yet, and it has no FIFO", "Table 7-6, DR/Alert")
    return Tmp117(address, clock, temperature_drift(), seed)


MODELS: dict[str, Factory] = {"adxl355": _adxl355, "tmp117": _tmp117}
