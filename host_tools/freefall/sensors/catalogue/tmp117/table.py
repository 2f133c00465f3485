"""Texas Instruments TMP117: temperature, 16 bits. Numbers from data sheet SNOSD82."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Linear, RawWord
from ...fields import address_of, one_of
from ...table import BusSensorTable
from ...validity import Check, Forbidden

_AVERAGES = (1, 8, 32, 64)  # CONFIG AVG[1:0] is the position
_CONVERSION_MS = (15.5, 125, 500, 1000)  # by AVG[1:0], Table 7-7 with CONV = 000
_WORD = RawWord(offset=0, octets=2, order="big", shift=0, width=16, signed=True)
_NO_RESULT = -0x8000  # -256 degC: after a start, until the first conversion has ended (7.6.1.2)


class Tmp117Table(BusSensorTable):
    """Temperature in degC; its alert pin is not used, so streams of it are periodic."""

    driver: Literal["tmp117"]
    address: Annotated[address_of(0x48, 0x49, 0x4A, 0x4B), Field(description="its I2C address, by the sensor's ADD0 pin")]
    averages: Annotated[one_of(int, _AVERAGES), Field(description="conversions in one value; more are quieter and slower")] = 8

    SAMPLE_LEN: ClassVar[int] = 2
    CHANNELS: ClassVar[tuple[str, ...]] = ("temperature",)
    RATE_KEY: ClassVar[str] = "averages"

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (Channel(self.CHANNELS[0], "degC", _WORD, Linear(scale=0.0078125, offset=0.0)),)

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: a part that lost its power begins anew."""
        return (Forbidden(_WORD, (_NO_RESULT,), self.CHANNELS, "no conversion yet"),)

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: averages_code for CONFIG AVG[1:0]."""
        return {"averages_code": _AVERAGES.index(self.averages)}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return 1000 / _CONVERSION_MS[_AVERAGES.index(self.averages)]

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: the operating range, by the data sheet's first page."""
        return {"temperature": (-55.0, 150.0)}
