"""Bosch BMP390: pressure and temperature. Numbers from data sheet BST-BMP390-DS002."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from ...channels import Channel, Compensated, RawWord
from ...fields import address_of, not_allowed, one_of
from ...table import BusSensorTable
from ...validity import Blank, Check
from .compensation import OCTETS, Trimming, pressure_pa, temperature_degc

if TYPE_CHECKING:
    import numpy as np

OVERSAMPLINGS = (1, 2, 4, 8, 16, 32)  # osr_p and osr4_t are the position
RATES_HZ = tuple(200 / 2**code for code in range(13))  # odr_sel is the position; it goes on to 0x11
_FILTERS = (1, 2, 4, 8, 16, 32, 64, 128)  # iir_filter is the position; the coefficient of the data sheet and 1
# Pressure and temperature as the registers have them after power-up. A single word of them is no sign: 0x800000 is a temperature
# of some 20 degC.
BLANK = b"\x00\x00\x80" * 2


def conversion_us(pressure: int, temperature: int) -> int:
    """The time of a conversion of both with these oversamplings (3.9.2)."""
    return 234 + (392 + pressure * 2020) + (163 + temperature * 2020)


class Bmp390Table(BusSensorTable):
    """Pressure in Pa and temperature in degC, of one conversion. Its INT pin tells of new data."""

    driver: Literal["bmp390"]
    address: Annotated[address_of(0x76, 0x77), Field(description="its I2C address, by the sensor's SDO pin")]
    pressure_oversampling: Annotated[
        one_of(int, OVERSAMPLINGS), Field(description="pressure measurements in one value; more are quieter and slower")
    ] = 1
    temperature_oversampling: Annotated[
        one_of(int, OVERSAMPLINGS), Field(description="temperature measurements in one value; more are quieter and slower")
    ] = 1
    filter: Annotated[one_of(int, _FILTERS), Field(description="samples that its low-pass filter weighs; 1: none")] = 1
    odr_hz: Annotated[one_of(float, RATES_HZ, "{:.10g}".format), Field(description="values per second of the sensor")]

    FASTEST_HZ: ClassVar[dict[str, int]] = {"i2c": 1_000_000}
    SAMPLE_LEN: ClassVar[int] = 6
    CHANNELS: ClassVar[tuple[str, ...]] = ("pressure", "temperature")
    RATE_KEY: ClassVar[str] = "odr_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 6),)
    COEFFICIENTS: ClassVar[int] = OCTETS

    @field_validator("odr_hz")
    @classmethod
    def _time_to_convert(cls, odr_hz: float, info: ValidationInfo) -> float:
        oversamplings = [info.data.get(key) for key in ("pressure_oversampling", "temperature_oversampling")]
        if None not in oversamplings:
            converting_us = conversion_us(*oversamplings)
            if converting_us * odr_hz >= 1e6:
                fastest_hz = next(hz for hz in RATES_HZ if converting_us * hz < 1e6)
                raise not_allowed(f"at most {fastest_hz:g}, for a conversion with these oversamplings takes {converting_us} us")
        return odr_hz

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("pressure", "Pa", RawWord(0, 3, "little", shift=0, width=24, signed=False), Compensated()),
            Channel("temperature", "degC", RawWord(3, 3, "little", shift=0, width=24, signed=False), Compensated()),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        return (Blank(0, BLANK, self.CHANNELS),)

    def compensate(self, raw: "Mapping[str, np.ndarray]", coefficients: bytes | None) -> "Mapping[str, np.ndarray]":
        """See SensorTable: the formulas in floating point."""
        import numpy as np

        if coefficients is None or len(coefficients) != OCTETS:
            return {name: np.full(len(raw[name]), np.nan) for name in self.CHANNELS}
        trim = Trimming.from_octets(coefficients)
        degc = temperature_degc(raw["temperature"], trim)
        return {"pressure": pressure_pa(raw["pressure"], degc, trim), "temperature": degc}

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: pressure_code, temperature_code for OSR, filter_code for CONFIG, odr_code for ODR."""
        return {
            "pressure_code": OVERSAMPLINGS.index(self.pressure_oversampling),
            "temperature_code": OVERSAMPLINGS.index(self.temperature_oversampling),
            "filter_code": _FILTERS.index(self.filter),
            "odr_code": RATES_HZ.index(self.odr_hz),
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.odr_hz)

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: the operating ranges of Table 2."""
        return {"pressure": (30_000.0, 125_000.0), "temperature": (-40.0, 85.0)}
