"""Texas Instruments ADS1115: a voltage, 16 bits. Numbers and sections from data sheet SBAS444E."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Linear, RawWord
from ..fields import address_of, one_of
from ..part import ModelError, Produced, Wiring
from ..periods import Line, Paced, Periods
from ..sensor import Sensor
from ..signals import drift
from ..table import BusSensorTable
from ..validity import Check, Forbidden
from ..words import WordRegisters

INPUTS = ("a0-a1", "a0-a3", "a1-a3", "a2-a3", "a0", "a1", "a2", "a3")  # by MUX[2:0]
RANGES_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256)  # by PGA[2:0]
RATES_HZ = (8, 16, 32, 64, 128, 250, 475, 860)  # by DR[2:0]
# Noise from peak to peak in uV, by PGA and DR (Table 6-1). Where it is the step of the range, it is no more than that.
NOISE_UVPP = (
    (187.5, 187.5, 187.5, 187.5, 187.5, 252.09, 266.92, 430.06),
    (125.0, 125.0, 125.0, 125.0, 125.0, 148.28, 227.38, 266.93),
    (62.5, 62.5, 62.5, 62.5, 62.5, 84.03, 79.08, 118.63),
    (31.25, 31.25, 31.25, 31.25, 31.25, 39.54, 56.84, 64.26),
    (15.62, 15.62, 15.62, 15.62, 15.62, 16.06, 32.13, 40.78),
    (7.81, 7.81, 7.81, 7.81, 12.35, 18.53, 25.95, 35.83),
)
_PEAK_TO_PEAK_SIGMAS = 6.6  # as the data sheets of the maker have it
_WORD = RawWord(offset=0, octets=2, order="big", shift=0, width=16, signed=True)

CONVERSION, CONFIG, LO_THRESH, HI_THRESH = range(4)
_RESETS = {CONFIG: 0x8583, LO_THRESH: 0x8000, HI_THRESH: 0x7FFF}
_OS, _SINGLE_SHOT, _ACTIVE_HIGH, _QUEUE = 0x8000, 0x0100, 0x0008, 0x0003
_PULSE_NS = 8_000


class Ads1115Table(BusSensorTable):
    """The voltage at one input, or between two; the ALERT/RDY pin tells of every conversion.

    range_v is the converter's: no input may be more than its supply above ground, whatever the range.
    """

    driver: Literal["ads1115"]
    address: Annotated[address_of(0x48, 0x49, 0x4A, 0x4B), Field(description="its I2C address, by the ADDR pin")]
    input: Annotated[one_of(str, INPUTS), Field(description="the input it measures, or the two between which it does")]
    range_v: Annotated[
        one_of(float, RANGES_V, "{:g}".format), Field(description="the largest voltage that it measures, in V; less is finer")
    ] = 2.048
    rate_hz: Annotated[one_of(int, RATES_HZ), Field(description="conversions per second; fewer are quieter")] = 128

    SAMPLE_LEN: ClassVar[int] = 2
    CHANNELS: ClassVar[tuple[str, ...]] = ("voltage",)
    RATE_KEY: ClassVar[str] = "rate_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (Channel("voltage", "V", _WORD, Linear(scale=self.range_v / 0x8000, offset=0.0), transducer=True),)

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: a word at the end of its range may stand for anything beyond."""
        return (Forbidden(_WORD, (0x7FFF, -0x8000), ("voltage",), "voltage out of range"),)

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: input_code for MUX, range_code for PGA, rate_code for DR."""
        return {
            "input_code": INPUTS.index(self.input),
            "range_code": RANGES_V.index(self.range_v),
            "rate_code": RATES_HZ.index(self.rate_hz),
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.rate_hz)

    def noise(self) -> dict[str, float]:
        """See SensorTable: with that of the steps, which is the greater at most settings."""
        sigma = noise_v(RANGES_V.index(self.range_v), RATES_HZ.index(self.rate_hz))
        step = self.range_v / 0x8000
        return {"voltage": ((sigma**2 + step**2 / 12) / (self.rate_hz / 2)) ** 0.5}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: an input alone is measured against ground and cannot be below."""
        return {"voltage": (-self.range_v if "-" in self.input else 0.0, self.range_v)}


def noise_v(range_code: int, rate_code: int) -> float:
    """Standard deviation of a conversion before it is rounded."""
    return NOISE_UVPP[range_code][rate_code] * 1e-6 / _PEAK_TO_PEAK_SIGMAS


class Ads1115(Paced, WordRegisters):
    """An ADS1115 after its power-up: powered down.

    A result is the voltage's mean over its conversion (its middle stands for it) plus noise, and saturates. Settings that are
    written during a conversion are those of the next. `data_ready` is ALERT/RDY, an open drain: high while it rests. Faults:
    `absent`, `fail_next`, `power_cycle`.
    """

    part = "ADS1115"
    words = frozenset(range(4))
    access = "7.5.3"

    def __init__(self, wiring: Wiring):
        if wiring.address not in range(0x48, 0x4C):
            raise ModelError(self.part, f"its address is 0x48 to 0x4b, not {wiring.address}", "7.5.1.1")
        super().__init__(wiring.address, wiring.clock)
        self._voltage = wiring.signals["voltage"]
        self._gauss = Random(f"ads1115 {wiring.address} {wiring.seed}").gauss
        self._conversions = Periods(wiring.clock, self._finish)
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), True)
        self._power_up()

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._conversions.stop()
        self._pointer = self._given = 0
        self._octets = bytearray()
        self._values = dict(_RESETS)
        self._result = 0
        self._converts: int | None = None  # the settings of the conversion under way
        self._line.set(True)

    # Registers ----------------------------------------------------------------------------------------------

    def _read_word(self, register: int) -> int:
        if register == CONVERSION:
            return self._result
        if register == CONFIG:
            return self._values[CONFIG] & ~_OS | (_OS if self._converts is None else 0)
        return self._values[register]

    def _on_word_read(self, register: int, word: int) -> None:
        if register == CONVERSION:
            self.read_out.append(Produced(self.clock.now_ns(), word.to_bytes(2, "big")))

    def _write_word(self, register: int, value: int) -> None:
        if register == CONVERSION:
            raise self._error("the register is read-only", "8.1", value)
        if register == CONFIG:
            self._configure(value)
        else:
            self._values[register] = value

    def _configure(self, value: int) -> None:
        if value >> 9 & 7 >= len(RANGES_V):
            raise self._error("range codes above 5 are not modelled yet", "8.1.3", value)
        tells_ready = self._values[HI_THRESH] & 0x8000 and not self._values[LO_THRESH] & 0x8000
        if value & _QUEUE != _QUEUE and not tells_ready:
            raise self._error("the comparator is not modelled yet, only its pin as conversion ready", "7.3.8", value)
        self._values[CONFIG] = value
        starts = not value & _SINGLE_SHOT or value & _OS
        if self._converts is None:
            if starts:
                self._begin(value, self.clock.now_ns())
            else:
                self._rest()

    # Conversions --------------------------------------------------------------------------------------------

    def _begin(self, settings: int, began_ns: int) -> None:
        self._converts = settings
        self._conversions.begin(self._duration_ns(), began_ns=began_ns)

    def _duration_ns(self) -> float:
        return self._paced(1e9 / RATES_HZ[self._converts >> 5 & 7])  # type: ignore[operator]

    def _finish(self, time_ns: int) -> None:
        converted = self._converts
        range_code = converted >> 9 & 7  # type: ignore[operator]
        volts = self._voltage((time_ns - self._duration_ns() / 2) * 1e-9)
        volts += self._gauss(0.0, noise_v(range_code, converted >> 5 & 7))  # type: ignore[operator]
        word = max(-0x8000, min(0x7FFF, round(volts / RANGES_V[range_code] * 0x8000)))
        self._result = word & 0xFFFF
        self.produced.append(Produced(time_ns, self._result.to_bytes(2, "big")))
        settings = self._values[CONFIG]
        if settings & _SINGLE_SHOT:
            self._conversions.stop()
            self._converts = None
        elif settings != converted:
            self._begin(settings, time_ns)
        self._tell(settings)

    def _tell(self, settings: int) -> None:
        if settings & _QUEUE == _QUEUE:
            self._line.set(True)  # high impedance
            return
        active = bool(settings & _ACTIVE_HIGH)
        if settings & _SINGLE_SHOT:
            self._line.set(active)
        else:
            self._line.pulse(active, self.clock.now_ns() + _PULSE_NS)

    def _rest(self) -> None:
        settings = self._values[CONFIG]
        self._line.set(settings & _QUEUE == _QUEUE or not settings & _ACTIVE_HIGH)


SENSOR = Sensor(Ads1115Table, Ads1115, {"voltage": drift(0.11, 0.04, 90.0)})
