"""Vishay VEML7700: illuminance as the eye sees it, and light of a wider range. Numbers and sections from data sheet 84286.

Above 1000 lx the part reads too little, every part alike. Application note 84323 gives a polynomial of what it reads, and has
the gains of 1 and 2 used for less light only. Here it applies to the gains of 1/4 and 1/8 at any light, so that values have no
step at 1000 lx.
"""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Calibration, Channel, Linear, Polynomial, RawWord
from ..fields import address_of, one_of
from ..inversion import nearest_word
from ..part import ModelError, Produced, Wiring
from ..periods import Periods
from ..sensor import Sensor
from ..signals import constant, drift
from ..table import BusSensorTable
from ..validity import Check, Saturated
from ..words import WordRegisters

GAINS = (1, 2, 0.125, 0.25)  # by ALS_GAIN
INTEGRATIONS_MS = {25: 0b1100, 50: 0b1000, 100: 0b0000, 200: 0b0001, 400: 0b0010, 800: 0b0011}  # ALS_IT
_LX_PER_COUNT = 0.0042  # at the highest gain and the longest integration; in inverse proportion to either
_HIGHEST_GAIN, _LONGEST_MS = 2, 800
_CORRECTION = (0.0, 1.0023, 8.1488e-5, -9.3924e-9, 6.0135e-13)
_CORRECTED_GAINS = (0.125, 0.25)
_LINEAR_LX, _BRIGHTEST_LX = 1000.0, 140_000.0
_SATURATED = 0xFFFF
START_NS = 2_500_000  # from ALS_SD = 0 to the first integration ("ALS_SD" in the application note)

_ALS_WORD = RawWord(offset=0, octets=2, order="little", shift=0, width=16, signed=False)
_WHITE_WORD = RawWord(offset=2, octets=2, order="little", shift=0, width=16, signed=False)

_CONF, _WH, _WL, _SAVING, _ALS, _WHITE, _INT, _ID = range(8)
_IDENTITY = 0xC481
_SHUT_DOWN, _INTERRUPT, _RESERVED = 0x0001, 0x0002, 0xE40C
_SETTINGS = 0x1BC0  # ALS_GAIN, ALS_IT
_MS_BY_CODE = {code: ms for ms, code in INTEGRATIONS_MS.items()}


class Veml7700Table(BusSensorTable):
    """Illuminance in lx, and the count of the white channel, which sees infrared too."""

    driver: Literal["veml7700"]
    address: Annotated[address_of(0x10), Field(description="its I2C address")] = 0x10
    gain: Annotated[one_of(float, GAINS, "{:g}".format), Field(description="more for dim light; too much saturates")] = 0.125
    integration_ms: Annotated[
        one_of(int, tuple(INTEGRATIONS_MS)), Field(description="how long it collects light for a value, in ms")
    ] = 100

    SAMPLE_LEN: ClassVar[int] = 4
    CHANNELS: ClassVar[tuple[str, ...]] = ("illuminance", "white")
    RATE_KEY: ClassVar[str] = "integration_ms"
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 2), (1, 2))

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("illuminance", "lx", _ALS_WORD, lux_calibration(self.gain, self.integration_ms)),
            Channel("white", "count", _WHITE_WORD, Linear(scale=1.0, offset=0.0)),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable."""
        return (Saturated(_ALS_WORD, _SATURATED, ("illuminance",)), Saturated(_WHITE_WORD, _SATURATED, ("white",)))

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: gain_code for ALS_GAIN, integration_code for ALS_IT."""
        return {"gain_code": GAINS.index(self.gain), "integration_code": INTEGRATIONS_MS[self.integration_ms]}

    def data_rate_hz(self) -> float:
        """See SensorTable: without the power saving modes, one integration follows the other."""
        return 1000 / self.integration_ms

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: of the illuminance, at most as far as the gain is meant for."""
        most = float(lux_calibration(self.gain, self.integration_ms).apply(_SATURATED))
        limit = _BRIGHTEST_LX if self.gain in _CORRECTED_GAINS else _LINEAR_LX
        return {"illuminance": (0.0, min(most, limit)), "white": (0.0, _SATURATED)}


def lux_calibration(gain: float, integration_ms: int) -> Calibration:
    """From ALS counts to lx."""
    resolution = _LX_PER_COUNT * (_HIGHEST_GAIN / gain) * (_LONGEST_MS / integration_ms)
    if gain not in _CORRECTED_GAINS:
        return Linear(scale=resolution, offset=0.0)
    return Polynomial(tuple(factor * resolution**power for power, factor in enumerate(_CORRECTION)))


class Veml7700(WordRegisters):
    """A VEML7700 after its power-up: shut down, every register at its reset value.

    Feels "illuminance" in lx, of light that gives "white_ratio" white counts for each ALS count. Counts are those of the middle
    of an integration plus noise of half a count, and saturate. Both appear together. Faults: `absent`, `fail_next`,
    `power_cycle`.
    """

    part = "VEML7700"
    words = frozenset(range(8))
    access = "I2C Interface"
    order = "little"

    def __init__(self, wiring: Wiring):
        if wiring.address != 0x10:
            raise ModelError(self.part, f"its address is 0x10, not {wiring.address}", self.access)
        if wiring.lines:
            raise ModelError(self.part, "it has no line but its bus", "Pin Description")
        super().__init__(wiring.address, wiring.clock)
        self._illuminance, self._white_ratio = wiring.signals["illuminance"], wiring.signals["white_ratio"]
        self._gauss = Random(f"veml7700 {wiring.seed}").gauss
        self._integrations = Periods(wiring.clock, self._finish)
        self._power_up()

    # Registers ----------------------------------------------------------------------------------------------

    def _on_write(self, octet: int) -> None:
        super()._on_write(octet)
        self._names_register = len(self._octets) == 1

    def _read_word(self, register: int) -> int:
        if not self._names_register:
            raise self._error("a read is preceded by its command code", self.access)
        self._names_register = False
        return _IDENTITY if register == _ID else self._values[register]

    def _on_word_read(self, register: int, word: int) -> None:
        octets = word.to_bytes(2, self.order)
        if register == _WHITE and self._als_octets:
            self.read_out.append(Produced(self.clock.now_ns(), self._als_octets + octets))
        self._als_octets = octets if register == _ALS else b""

    def _write_word(self, register: int, value: int) -> None:
        if register in (_ALS, _WHITE, _INT, _ID):
            raise self._error("the register is read-only", "Command Register Format", value)
        if register == _SAVING and value:
            what = "the power saving modes are not modelled yet" if value < 8 else "reserved bits are set"
            raise self._error(what, "Power Saving Modes", value)
        if register == _CONF:
            self._configure(value)
        self._values[register] = value

    def _configure(self, value: int) -> None:
        if value & _RESERVED:
            raise self._error("reserved bits are set", "Configuration Register #0", value)
        if value >> 6 & 0x0F not in _MS_BY_CODE:
            raise self._error("there is no such integration time", "Configuration Register #0", value)
        if value & _INTERRUPT:
            raise self._error("interrupts are not modelled yet", "Configuration Register #0", value)
        before = self._values[_CONF]
        if value & _SHUT_DOWN:
            self._integrations.stop()  # the last counts stay ("Auto-Memorization")
        elif before & _SHUT_DOWN:
            period_ns = _MS_BY_CODE[value >> 6 & 0x0F] * 1_000_000
            self._integrations.begin(period_ns, first_ns=START_NS + period_ns)
        elif (value ^ before) & _SETTINGS:
            raise self._error("gain and integration time are set while it is shut down", "ALS_SD", value)

    # Integrations -------------------------------------------------------------------------------------------

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._integrations.stop()
        self._pointer = self._given = 0
        self._octets = bytearray()
        self._names_register = False
        self._als_octets = b""
        self._values = {**dict.fromkeys(range(_ID), 0x0000), _CONF: _SHUT_DOWN}

    def _finish(self, time_ns: int) -> None:
        gain, ms = GAINS[self._values[_CONF] >> 11 & 0x03], _MS_BY_CODE[self._values[_CONF] >> 6 & 0x0F]
        t_s = time_ns * 1e-9 - ms / 2000
        als = nearest_word(lux_calibration(gain, ms).apply, self._illuminance(t_s), range(_SATURATED + 1))
        for register, count in ((_ALS, als), (_WHITE, als * self._white_ratio(t_s))):
            self._values[register] = max(0, min(_SATURATED, round(count + self._gauss(0.0, 0.5))))
        octets = b"".join(self._values[register].to_bytes(2, self.order) for register in (_ALS, _WHITE))
        self.produced.append(Produced(time_ns, octets))


SENSOR = Sensor(Veml7700Table, Veml7700, {"illuminance": drift(300.0, 120.0), "white_ratio": constant(1.6)})
