"""Bosch BME280: temperature, pressure and relative humidity. Numbers from data sheet BST-BME280-DS002."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Compensated, RawWord
from ...fields import address_of, one_of
from ...table import BusSensorTable
from ...validity import Blank, Check
from .compensation import OCTETS, Trimming, fine_temperature, humidity_percent, pressure_pa

if TYPE_CHECKING:
    import numpy as np

OVERSAMPLINGS = (1, 2, 4, 8, 16)  # osrs_h, osrs_p, osrs_t are the position + 1
_FILTERS = (1, 2, 4, 8, 16)  # config filter[2:0] is the position; 1 is off
STANDBYS_MS = (0.5, 62.5, 125, 250, 500, 1000, 10, 20)  # config t_sb[2:0] is the position
# RMS of a sample without the filter, by oversampling: section 3.6
NOISE_DEGC = (0.005, 0.004, 0.003, 0.003, 0.002)
NOISE_PA = (3.3, 2.6, 2.1, 1.6, 1.3)
NOISE_PERCENT = (0.07, 0.05, 0.04, 0.03, 0.02)
# Pressure and temperature as every register has them after power-up (Table 18), or while a measurement is skipped. A single
# word of them is no sign: 0x80000 is a temperature of 20 to 27 degC, depending on the part.
BLANK = b"\x80\x00\x00" * 2


def measuring_ms(temperature: int, pressure: int, humidity: int) -> float:
    """The typical time of a measurement with these oversamplings, 0 where it is skipped (appendix 9.1)."""
    return 1 + 2 * temperature + (pressure and 2 * pressure + 0.5) + (humidity and 2 * humidity + 0.5)


class Bme280Table(BusSensorTable):
    """Temperature in degC, pressure in Pa and relative humidity in %RH, all of one measurement."""

    driver: Literal["bme280"]
    address: Annotated[address_of(0x76, 0x77), Field(description="its I2C address, by the sensor's SDO pin")]
    temperature_oversampling: Annotated[
        one_of(int, OVERSAMPLINGS), Field(description="temperature measurements in one value; more are quieter and slower")
    ] = 1
    pressure_oversampling: Annotated[
        one_of(int, OVERSAMPLINGS), Field(description="pressure measurements in one value; more are quieter and slower")
    ] = 1
    humidity_oversampling: Annotated[
        one_of(int, OVERSAMPLINGS), Field(description="humidity measurements in one value; more are quieter and slower")
    ] = 1
    filter: Annotated[
        one_of(int, _FILTERS), Field(description="the coefficient of its low-pass filter for temperature and pressure; 1: none")
    ] = 1
    standby_ms: Annotated[
        one_of(float, STANDBYS_MS, "{:g}".format), Field(description="pause between two measurements, in ms")
    ] = 0.5

    FASTEST_HZ: ClassVar[dict[str, int]] = {"i2c": 1_000_000}
    SAMPLE_LEN: ClassVar[int] = 8
    CHANNELS: ClassVar[tuple[str, ...]] = ("temperature", "pressure", "humidity")
    RATE_KEY: ClassVar[str] = "standby_ms"
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 8),)
    COEFFICIENTS: ClassVar[int] = OCTETS

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("temperature", "degC", RawWord(3, 3, "big", shift=4, width=20, signed=False), Compensated()),
            Channel("pressure", "Pa", RawWord(0, 3, "big", shift=4, width=20, signed=False), Compensated()),
            Channel("humidity", "%RH", RawWord(6, 2, "big", shift=0, width=16, signed=False), Compensated()),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        return (Blank(0, BLANK, self.CHANNELS),)

    def compensate(self, raw: "Mapping[str, np.ndarray]", coefficients: bytes | None) -> "Mapping[str, np.ndarray]":
        """See SensorTable: the formulas in double precision."""
        import numpy as np

        if coefficients is None or len(coefficients) != OCTETS:
            return {name: np.full(len(raw[name]), np.nan) for name in self.CHANNELS}
        trim = Trimming.from_octets(coefficients)
        fine = fine_temperature(raw["temperature"], trim)
        t_fine = np.trunc(fine)
        with np.errstate(divide="ignore", invalid="ignore"):
            pressure = pressure_pa(raw["pressure"], t_fine, trim)
        return {
            "temperature": fine / 5120.0,
            "pressure": np.where(np.isfinite(pressure), pressure, np.nan),
            "humidity": np.clip(humidity_percent(raw["humidity"], t_fine, trim), 0.0, 100.0),
        }

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: temperature_code, pressure_code, humidity_code for osrs_*, filter_code and standby_code for config."""
        return {
            "temperature_code": OVERSAMPLINGS.index(self.temperature_oversampling) + 1,
            "pressure_code": OVERSAMPLINGS.index(self.pressure_oversampling) + 1,
            "humidity_code": OVERSAMPLINGS.index(self.humidity_oversampling) + 1,
            "filter_code": _FILTERS.index(self.filter),
            "standby_code": STANDBYS_MS.index(self.standby_ms),
        }

    def data_rate_hz(self) -> float:
        """See SensorTable; appendix 9.3."""
        oversamplings = self.temperature_oversampling, self.pressure_oversampling, self.humidity_oversampling
        return 1000 / (measuring_ms(*oversamplings) + self.standby_ms)

    def noise(self) -> dict[str, float]:
        """See SensorTable: a sample's noise spread over half the data rate; the filter leaves it so in its pass band."""
        root_hz = (self.data_rate_hz() / 2) ** 0.5
        return {
            "temperature": NOISE_DEGC[OVERSAMPLINGS.index(self.temperature_oversampling)] / root_hz,
            "pressure": NOISE_PA[OVERSAMPLINGS.index(self.pressure_oversampling)] / root_hz,
            "humidity": NOISE_PERCENT[OVERSAMPLINGS.index(self.humidity_oversampling)] / root_hz,
        }

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: the operating ranges of Tables 1 to 4."""
        return {"temperature": (-40.0, 85.0), "pressure": (30_000.0, 110_000.0), "humidity": (0.0, 100.0)}
