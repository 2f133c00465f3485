"""Register-level models of the sensors, one library for the virtual board and the emulated RP2040.

`MODELS` finds a model by its driver's name. Models are strict: an access the real part would not answer
sensibly raises ModelError, because a fake that forgives hides the bug.
"""

from collections.abc import Callable

from .adxl355 import Adxl355
from .signals import station_vibration, temperature_drift
from .target import Clock, I2CTarget, ModelError, Pin, Produced, Signal
from .tmp117 import Tmp117

__all__ = [
    "MODELS", "Adxl355", "Clock", "I2CTarget", "ModelError", "Pin", "Produced", "Signal", "Tmp117",
]  # fmt: skip

Factory = Callable[[int, Clock, "Pin | None", int], I2CTarget]


def _adxl355(address: int, clock: Clock, data_ready: Pin | None, seed: int) -> I2CTarget:
    return Adxl355(address, clock, data_ready, station_vibration(), seed)


def _tmp117(address: int, clock: Clock, data_ready: Pin | None, seed: int) -> I2CTarget:
    if data_ready is not None:
        raise ModelError("TMP117", "data ready on the ALERT pin is not modelled yet", "Table 7-6, DR/Alert")
    return Tmp117(address, clock, temperature_drift(), seed)


# Driver name -> factory(address, clock, data-ready pin or None, seed), with the default signal.
MODELS: dict[str, Factory] = {"adxl355": _adxl355, "tmp117": _tmp117}
