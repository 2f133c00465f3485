"""Maxim MAX30102: pulse oximeter, red and infrared light. Numbers from data sheet 19-7740 Rev. 1."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from ...channels import Channel, Linear, RawWord
from ...fields import address_of, one_of, refused
from ...table import BusSensorTable
from ...validity import Check, Forbidden

SAMPLE_RATES_HZ = (50, 100, 200, 400, 800, 1000, 1600)  # SPO2_SR[2:0] is the position
AVERAGINGS = (1, 2, 4, 8, 16, 32)  # SMP_AVE[2:0] is the position
PULSE_WIDTHS_US = (69, 118, 215, 411)  # LED_PW[1:0] is the position
FASTEST_HZ = (1600, 1000, 800, 400)  # by pulse width, with two LEDs (Table 11)
ADC_BITS = (15, 16, 17, 18)  # by pulse width (Table 7)
ADC_RANGES_NA = (2048, 4096, 8192, 16384)  # SPO2_ADC_RGE[1:0] is the position
MA_PER_STEP = 0.2  # Table 8
WORD_BITS = 18  # all resolutions are left-justified in so many
_MOST_MA = 51.0


def _fits_pulse(rate_hz: int, info: ValidationInfo) -> int:
    width_us = info.data.get("pulse_width_us")
    if width_us is not None:
        fastest_hz = FASTEST_HZ[PULSE_WIDTHS_US.index(width_us)]
        if rate_hz > fastest_hz:
            raise refused(f"is too fast for pulses of {width_us} us from two LEDs: the most is {fastest_hz}")
    return rate_hz


_LedMa = Annotated[float, Field(ge=0, le=_MOST_MA, description="current of its pulses in mA, in steps of 0.2")]


class Max30102Table(BusSensorTable):
    """Photocurrents in nA while the red and the infrared LED pulse, ambient light subtracted by the part.

    Every sample comes out of the part's FIFO. With trigger "periodic" all are as old as the FIFO is deep, for slower than the
    part. Where it matters when a sample was, use "fifo_watermark" or "data_ready".
    """

    driver: Literal["max30102"]
    address: Annotated[address_of(0x57), Field(description="its I2C address")] = 0x57
    pulse_width_us: Annotated[
        one_of(int, PULSE_WIDTHS_US), Field(description="of the LEDs' pulses; 15, 16, 17 and 18 bits of resolution")
    ] = 411
    sample_rate_hz: Annotated[
        one_of(int, SAMPLE_RATES_HZ), AfterValidator(_fits_pulse), Field(description="pulses of each LED per second")
    ]
    averaging: Annotated[one_of(int, AVERAGINGS), Field(description="pulses that make one sample")] = 1
    adc_range_na: Annotated[one_of(int, ADC_RANGES_NA), Field(description="full scale of the photocurrent")] = 4096
    red_ma: _LedMa = 7.0
    ir_ma: _LedMa = 7.0

    SAMPLE_LEN: ClassVar[int] = 6
    CHANNELS: ClassVar[tuple[str, ...]] = ("red", "ir")
    RATE_KEY: ClassVar[str] = "sample_rate_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "fifo_watermark", "periodic")
    FIFO_SAMPLES: ClassVar[int] = 32
    LEAST_WATERMARK: ClassVar[int] = 17  # FIFO_A_FULL leaves at most 15 free
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 1), (1, SAMPLE_LEN))
    READ_HEAD: ClassVar[int] = 1

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        calibration = Linear(scale=self.adc_range_na / (1 << WORD_BITS), offset=0.0)
        return tuple(Channel(name, "nA", _word(at), calibration) for at, name in enumerate(self.CHANNELS))

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        bits = ADC_BITS[PULSE_WIDTHS_US.index(self.pulse_width_us)]
        saturated = ((1 << bits) - 1) << WORD_BITS - bits
        return tuple(
            Forbidden(_word(at), (value,), (name,), reason)
            for at, name in enumerate(self.CHANNELS)
            for value, reason in ((0, "no light, or no sample"), (saturated, "more light than adc_range_na"))
        )

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: SMP_AVE, the SpO2 configuration and the LEDs' pulse amplitudes as the registers hold them."""
        ranges, rates = ADC_RANGES_NA.index(self.adc_range_na), SAMPLE_RATES_HZ.index(self.sample_rate_hz)
        return {
            "averaging_code": AVERAGINGS.index(self.averaging),
            "spo2_code": ranges << 5 | rates << 2 | PULSE_WIDTHS_US.index(self.pulse_width_us),
            "red_code": round(self.red_ma / MA_PER_STEP),
            "ir_code": round(self.ir_ma / MA_PER_STEP),
            "watermark": watermark,
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return self.sample_rate_hz / self.averaging

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        return dict.fromkeys(self.CHANNELS, (0.0, float(self.adc_range_na)))


def _word(at: int) -> RawWord:
    return RawWord(offset=3 * at, octets=3, order="big", shift=0, width=WORD_BITS, signed=False)
