"""Texas Instruments ADS1256: a voltage, 24 bits. Numbers from data sheet SBAS288K, at a clock of 7.68 MHz."""

from math import ceil
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...channels import Channel, Linear, RawWord
from ...fields import Pin, one_of
from ...table import BusSensorTable
from ...validity import Check, Forbidden

_COMMON = 8  # of PSEL and NSEL: AINCOM
INPUTS = {
    **{f"a{n}-a{n + 1}": n << 4 | n + 1 for n in (0, 2, 4, 6)},
    **{f"a{n}": n << 4 | _COMMON for n in range(8)},
}  # MUX
GAINS = (1, 2, 4, 8, 16, 32, 64)  # by PGA[2:0]
# By rate: DRATE; how long a self-calibration takes in ms, at the gain where it is longest (tables 21 and 22). A calibration for
# 2.5 Hz, which the part has too, takes 1.2 s, longer than a board may be busy with a sensor.
RATES = {
    30000: (0xF0, 0.9), 15000: (0xE0, 0.9), 7500: (0xD0, 1.0), 3750: (0xC0, 1.4), 2000: (0xB0, 2.0), 1000: (0xA1, 3.6),
    500: (0x92, 6.6), 100: (0x82, 31.2), 60: (0x72, 50.9), 50: (0x63, 61.8), 30: (0x53, 101.3), 25: (0x43, 123.2),
    15: (0x33, 202.1), 10: (0x23, 307.2), 5: (0x13, 613.8),
}  # fmt: skip
# Noise of a conversion in uV by rate and gain, with the input buffer on; without it, it is a little less (table 4).
_NOISE_UV = {
    5: (0.301, 0.175, 0.102, 0.076, 0.061, 0.045, 0.044), 10: (0.339, 0.214, 0.138, 0.106, 0.082, 0.061, 0.061),
    15: (0.401, 0.264, 0.169, 0.126, 0.107, 0.085, 0.073), 25: (0.494, 0.305, 0.224, 0.149, 0.134, 0.102, 0.093),
    30: (0.533, 0.335, 0.245, 0.176, 0.138, 0.104, 0.106), 50: (0.629, 0.393, 0.292, 0.216, 0.168, 0.136, 0.122),
    60: (0.692, 0.438, 0.321, 0.233, 0.184, 0.146, 0.131), 100: (0.875, 0.589, 0.409, 0.305, 0.229, 0.170, 0.169),
    500: (1.946, 1.250, 0.630, 0.648, 0.497, 0.390, 0.367), 1000: (2.931, 1.891, 1.325, 1.070, 0.689, 0.512, 0.486),
    2000: (4.173, 2.589, 1.827, 1.492, 0.943, 0.692, 0.654), 3750: (5.394, 3.460, 2.376, 1.865, 1.224, 0.912, 0.906),
    7500: (7.249, 4.593, 3.149, 2.436, 1.691, 1.234, 1.187), 15000: (9.074, 5.921, 3.961, 2.984, 2.125, 1.517, 1.515),
    30000: (10.728, 6.705, 4.446, 3.280, 2.416, 1.785, 1.742),
}  # fmt: skip
STEPS = (1 << 23) - 1  # from 0 to the full scale of 2 VREF / PGA (table 16)
_WORD = RawWord(offset=0, octets=3, order="big", shift=0, width=24, signed=True)


class Ads1256Table(BusSensorTable):
    """The voltage between two inputs, or between one and AINCOM.

    The part's bus must not be faster than 1.92 MHz, a quarter of its clock. Samples are read when DRDY falls, and only then: a
    read at another time could fall together with the next conversion and be of two.
    """

    driver: Literal["ads1256"]
    cs: Annotated[Pin, Field(description="the pin that its chip select is wired to")]
    input: Annotated[one_of(str, tuple(INPUTS)), Field(description="the input it measures, or the two between which it does")]
    rate_hz: Annotated[one_of(int, tuple(RATES)), Field(description="samples per second of the converter; fewer are quieter")]
    gain: Annotated[one_of(int, GAINS), Field(description="of its amplifier; more is finer, for smaller voltages")] = 1
    reference_v: Annotated[float, Field(ge=0.5, le=2.6, description="between VREFP and VREFN")] = 2.5
    buffer: Annotated[bool, Field(description="whether the inputs' buffer is on; they must then be 2 V below the supply")] = False

    FASTEST_HZ: ClassVar[dict[str, int]] = {"spi": 1_920_000}
    SAMPLE_LEN: ClassVar[int] = 3
    CHANNELS: ClassVar[tuple[str, ...]] = ("voltage",)
    RATE_KEY: ClassVar[str] = "rate_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready",)
    BUSES: ClassVar[tuple[str, ...]] = ("spi",)
    SPI_MODE: ClassVar[int] = 1
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((0, 3),)
    RATE_TOLERANCE: ClassVar[float] = 0.001  # a crystal

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        scale = 2 * self.reference_v / self.gain / STEPS
        return (Channel("voltage", "V", _WORD, Linear(scale=scale, offset=0.0), transducer=True),)

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: a word at the end of its range may stand for anything beyond."""
        return (Forbidden(_WORD, (STEPS, -STEPS - 1), ("voltage",), "voltage out of range"),)

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: mux, gain_code and rate_code for MUX, PGA and DRATE, buffer for BUFEN, and how long SELFCAL takes."""
        rate_code, calibration_ms = RATES[self.rate_hz]
        return {
            "mux": INPUTS[self.input],
            "gain_code": GAINS.index(self.gain),
            "rate_code": rate_code,
            "buffer": int(self.buffer),
            "calibration_ms": ceil(calibration_ms * 1.01) + 1,
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.rate_hz)

    def noise(self) -> dict[str, float]:
        """See SensorTable."""
        return {"voltage": noise_v(self.rate_hz, GAINS.index(self.gain)) / (self.rate_hz / 2) ** 0.5}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: of the converter; no input may be beyond the supplies."""
        end = 2 * self.reference_v / self.gain
        return {"voltage": (-end, end)}


def noise_v(rate_hz: int, gain_code: int) -> float:
    """Standard deviation of a conversion."""
    return _NOISE_UV[rate_hz][gain_code] * 1e-6
