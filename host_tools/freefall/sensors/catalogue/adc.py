"""The board's own analog input: a voltage on one of its pins, by the RP2040's converter (its data sheet, section 4.9)."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..analog import AnalogSource
from ..channels import Channel, Linear, RawWord
from ..fields import AdcPin, Positive
from ..part import Clock, Signal, Wiring
from ..sensor import Sensor
from ..signals import drift
from ..table import SensorTable
from ..validity import Check, Forbidden

__all__ = ["NOISE_STEPS", "SENSOR", "STEPS", "AdcTable", "VoltageSource"]

STEPS = 4096
_ENOB = 8.7
# RMS of one conversion: that of the rounding of a converter with so many bits.
NOISE_STEPS = STEPS / 2**_ENOB / 12**0.5
_CONVERSIONS_HZ = 500_000.0
_WORD = RawWord(offset=0, octets=2, order="little", shift=0, width=12, signed=False)
_REFERENCE_V = 3.3


class AdcTable(SensorTable):
    """The voltage on a pin in V, from 0 to the board's reference; a calibration makes it what it stands for."""

    driver: Literal["adc"]
    pin: Annotated[AdcPin, Field(description="the pin that the voltage comes to")]
    reference_v: Annotated[Positive, Field(description="the board's reference, ADC_VREF: its 3.3 V unless you wired another")] = (
        _REFERENCE_V
    )

    SAMPLE_LEN: ClassVar[int] = 2
    CHANNELS: ClassVar[tuple[str, ...]] = ("voltage",)
    RATE_KEY: ClassVar[str] = ""

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (Channel("voltage", "V", _WORD, Linear(scale=self.reference_v / STEPS, offset=0.0), transducer=True),)

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        return (Forbidden(_WORD, (STEPS - 1,), self.CHANNELS, "a voltage beyond the reference"),)

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable."""
        return {"pin": self.pin}

    def data_rate_hz(self) -> float:
        """See SensorTable: as fast as it converts."""
        return _CONVERSIONS_HZ

    def noise(self) -> dict[str, float]:
        """See SensorTable: that of 8.7 effective bits, over the band up to half the fastest rate."""
        return {"voltage": NOISE_STEPS * self.reference_v / STEPS / (_CONVERSIONS_HZ / 2) ** 0.5}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        return {"voltage": (0.0, self.reference_v)}


class VoltageSource(AnalogSource):
    """A voltage without resistance. voltage: seconds -> V; the converter's noise is drawn from `seed`."""

    part = "voltage source"

    def __init__(self, clock: Clock, voltage: Signal, reference_v: float, seed: int):
        super().__init__(clock)
        self._voltage = voltage
        self._steps_per_v = STEPS / reference_v
        self._gauss = Random(f"adc {seed}").gauss

    def _on_convert(self) -> int:
        volts = self._voltage(self.clock.now_ns() * 1e-9)
        steps = volts * self._steps_per_v + self._gauss(0.0, NOISE_STEPS)  # type: ignore[operator]
        return round(max(0.0, min(STEPS - 1.0, steps)))


def _model(wiring: Wiring) -> VoltageSource:
    reference_v = getattr(wiring.options, "reference_v", _REFERENCE_V)
    return VoltageSource(wiring.clock, wiring.signals["voltage"], reference_v, wiring.seed)


SENSOR = Sensor(AdcTable, _model, {"voltage": drift(1.4, 0.3, 30.0)})
