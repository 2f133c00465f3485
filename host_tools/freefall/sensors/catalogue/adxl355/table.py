"""Analog Devices ADXL355: 3-axis accelerometer, 20 bits. Numbers from data sheet Rev. D."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Linear, RawWord
from ...fields import Pin, address_of, one_of
from ...table import BusSensorTable
from ...validity import Check, Expected, silence

_RANGES_G = (2, 4, 8)  # RANGE[1:0] is the position + 1
_ODRS_HZ = (4000, 2000, 1000, 500, 250, 125, 62.5, 31.25, 15.625, 7.813, 3.906)  # FILTER[3:0] is the position
_G_PER_LSB_2G = 1 / 256_000  # Table 1, sensitivity; grows with the range
_NOISE_G_PER_RTHZ = 22.5e-6  # Table 1, ultralow noise density
_X = RawWord(offset=0, octets=3, order="big", shift=4, width=20, signed=True)  # y and z follow
# The two lowest bits of an entry of the FIFO: 1 marks an x, 2 that there was no entry ("FIFO").
_X_MARKS = RawWord(offset=2, octets=1, order="big", shift=0, width=2, signed=False)


class Adxl355Table(BusSensorTable):
    """Acceleration along x, y and z in g."""

    driver: Literal["adxl355"]
    address: Annotated[address_of(0x1D, 0x53) | None, Field(description="its I2C address, by the sensor's ASEL pin")] = None
    cs: Annotated[Pin | None, Field(description="the pin that its chip select is wired to")] = None
    range_g: Annotated[one_of(int, _RANGES_G), Field(description="full scale in g; less is finer")]
    odr_hz: Annotated[
        one_of(float, _ODRS_HZ, "{:g}".format),
        Field(description="samples per second of the sensor; it passes vibration up to a quarter of that"),
    ]

    FASTEST_HZ: ClassVar[dict[str, int]] = {"i2c": 1_000_000, "spi": 10_000_000}
    SAMPLE_LEN: ClassVar[int] = 9
    CHANNELS: ClassVar[tuple[str, ...]] = ("x", "y", "z")
    RATE_KEY: ClassVar[str] = "odr_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "fifo_watermark", "periodic")
    FIFO_SAMPLES: ClassVar[int] = 32  # 96 entries of one axis
    BUSES: ClassVar[tuple[str, ...]] = ("i2c", "spi")

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        calibration = Linear(scale=_G_PER_LSB_2G * self.range_g / 2, offset=0.0)
        return tuple(
            Channel(name, "g", replace(_X, offset=_X.octets * axis), calibration) for axis, name in enumerate(self.CHANNELS)
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: the registers of a part that does not measure read 0, which weightlessness could."""
        return silence(self.SAMPLE_LEN, self.CHANNELS)

    def fifo_checks(self) -> tuple[Check, ...]:
        """See SensorTable: a read that was cut off leaves the axes out of step for those after it."""
        return tuple(
            Expected(replace(_X_MARKS, offset=_X_MARKS.offset + _X.octets * axis), (mark,), self.CHANNELS, "axes out of step")
            for axis, mark in enumerate((1, 0, 0))
        )

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: range_code for RANGE[1:0], odr_code for FILTER[3:0]."""
        range_code, odr_code = _RANGES_G.index(self.range_g) + 1, _ODRS_HZ.index(self.odr_hz)
        return {"range_code": range_code, "odr_code": odr_code, "watermark": watermark}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.odr_hz)

    def noise(self) -> dict[str, float]:
        """See SensorTable."""
        return dict.fromkeys(self.CHANNELS, _NOISE_G_PER_RTHZ)

    def bandwidth_hz(self) -> dict[str, float]:
        """See SensorTable: the corner of the low-pass filter (FILTER[3:0])."""
        return dict.fromkeys(self.CHANNELS, self.odr_hz / 4)

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        return dict.fromkeys(self.CHANNELS, (-float(self.range_g), float(self.range_g)))
