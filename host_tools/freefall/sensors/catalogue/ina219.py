"""Texas Instruments INA219: current through a shunt and bus voltage, 12 bits. Numbers and sections from data sheet SBOS448G."""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Linear, RawWord
from ..fields import address_of, one_of
from ..part import ModelError, Produced, Wiring
from ..periods import Paced, Periods
from ..sensor import Sensor
from ..signals import drift
from ..table import BusSensorTable
from ..validity import Check, Expected, Forbidden
from ..words import WordRegisters

AVERAGES = (1, 2, 4, 8, 16, 32, 64, 128)  # BADC and SADC are 8 + the position
CONVERSIONS_US = (532, 1060, 2130, 4260, 8510, 17_020, 34_050, 68_100)  # by averages, Table 5
SHUNT_RANGES_MV = (40, 80, 160, 320)  # by PG[1:0]
BUS_RANGES_V = (16, 32)  # by BRNG
SHUNT_V_PER_LSB, BUS_V_PER_LSB = 10e-6, 4e-3
_HIGHEST_BUS_V = 26.0

_SHUNT = RawWord(offset=0, octets=2, order="big", shift=0, width=16, signed=True)
_BUS = RawWord(offset=2, octets=2, order="big", shift=3, width=13, signed=False)
_READY_BIT = RawWord(offset=2, octets=2, order="big", shift=1, width=1, signed=False)
_OVERFLOW_BIT = RawWord(offset=2, octets=2, order="big", shift=0, width=1, signed=False)

CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION = range(6)
_CONFIG_RESET = 0x399F  # 32 V, 320 mV, 12 bits, both continuously
_RESET, _CONFIG_RESERVED = 0x8000, 0x4000
_READY, _OVERFLOW = 0x02, 0x01  # of the bus voltage register
_TWELVE_BITS = 3  # BADC and SADC 0X11, as 1000 is too


class Ina219Table(BusSensorTable):
    """Current in A through a shunt of `shunt_ohm`, the voltage across that, and the bus voltage, in V.

    The part has no pin that tells of a conversion, so its streams are periodic.
    """

    driver: Literal["ina219"]
    address: Annotated[address_of(*range(0x40, 0x50)), Field(description="its I2C address, by the sensor's A0 and A1 pins")]
    shunt_ohm: Annotated[float, Field(gt=0, examples=[0.1], description="the resistor that the current flows through")]
    shunt_range_mv: Annotated[
        one_of(int, SHUNT_RANGES_MV),
        Field(description="the largest voltage across the shunt that it measures, in mV; less is finer"),
    ] = 320
    bus_range_v: Annotated[one_of(int, BUS_RANGES_V), Field(description="the largest supply voltage that it measures, in V")] = 32
    averages: Annotated[one_of(int, AVERAGES), Field(description="conversions in one value; more are quieter and slower")] = 1

    SAMPLE_LEN: ClassVar[int] = 4
    CHANNELS: ClassVar[tuple[str, ...]] = ("current", "bus_voltage", "shunt_voltage")
    RATE_KEY: ClassVar[str] = "averages"
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 2), (1, 2))

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("current", "A", _SHUNT, Linear(scale=SHUNT_V_PER_LSB / self.shunt_ohm, offset=0.0)),
            Channel("bus_voltage", "V", _BUS, Linear(scale=BUS_V_PER_LSB, offset=0.0)),
            Channel("shunt_voltage", "V", _SHUNT, Linear(scale=SHUNT_V_PER_LSB, offset=0.0)),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: two flags, and a word at the end of its range, which may stand for anything beyond."""
        full_shunt, full_bus = full_words(self.shunt_range_mv, self.bus_range_v)
        return (
            Expected(_READY_BIT, (1,), self.CHANNELS, "no conversion yet"),
            Expected(_OVERFLOW_BIT, (0,), self.CHANNELS, "math overflow"),
            Forbidden(_SHUNT, (full_shunt, -full_shunt), ("current", "shunt_voltage"), "shunt voltage out of range"),
            Forbidden(_BUS, (full_bus,), ("bus_voltage",), "bus voltage out of range"),
        )

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: shunt_code for PG, bus_code for BRNG, adc_code for BADC and SADC."""
        return {
            "shunt_code": SHUNT_RANGES_MV.index(self.shunt_range_mv),
            "bus_code": BUS_RANGES_V.index(self.bus_range_v),
            "adc_code": 8 + AVERAGES.index(self.averages),
        }

    def data_rate_hz(self) -> float:
        """See SensorTable: the two voltages are converted one after the other."""
        return 1e6 / (2 * CONVERSIONS_US[AVERAGES.index(self.averages)])

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: of the bus, what the part may be given."""
        shunt_v = self.shunt_range_mv / 1000
        return {
            "current": (-shunt_v / self.shunt_ohm, shunt_v / self.shunt_ohm),
            "bus_voltage": (0.0, min(float(self.bus_range_v), _HIGHEST_BUS_V)),
            "shunt_voltage": (-shunt_v, shunt_v),
        }


def full_words(shunt_range_mv: int, bus_range_v: int) -> tuple[int, int]:
    """The largest raw values of shunt and bus voltage in their ranges; the steps are the same in all of them."""
    return shunt_range_mv * 100, bus_range_v * 250


class Ina219(Paced, WordRegisters):
    """An INA219 after its power-up: it converts both voltages over and over, 532 us each.

    A result is the mean over its conversion (its middle stands for it) plus noise of one LSB a conversion, less with averages; it
    saturates at the ends of its range. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "INA219"
    words = frozenset(range(6))
    access = "8.5.6"

    def __init__(self, wiring: Wiring):
        if wiring.address not in range(0x40, 0x50):
            raise ModelError(self.part, f"its address is 0x40 to 0x4f, not {wiring.address}", "8.5.5.1")
        super().__init__(wiring.address, wiring.clock)
        self._current, self._bus_voltage = wiring.signals["current"], wiring.signals["bus_voltage"]
        self._shunt_ohm = wiring.options.shunt_ohm  # type: ignore[attr-defined]
        self._gauss = Random(f"ina219 {wiring.address} {wiring.seed}").gauss
        self._conversions = Periods(wiring.clock, self._finish)
        self._power_up(wiring.clock.now_ns())

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up(self.clock.now_ns() + off_ns)

    def _power_up(self, on_ns: int) -> None:
        self._pointer = self._given = 0
        self._octets = bytearray()
        self._values = dict.fromkeys(self.words, 0)
        self._shunt_octets = b""
        self._configure(_CONFIG_RESET, on_ns)

    # Registers ----------------------------------------------------------------------------------------------

    def _read_word(self, register: int) -> int:
        value = self._values[register]
        if register == POWER:
            self._values[BUS] &= ~_READY
        return value

    def _on_word_read(self, register: int, word: int) -> None:
        octets = word.to_bytes(2, "big")
        if register == BUS and self._shunt_octets:
            self.read_out.append(Produced(self.clock.now_ns(), self._shunt_octets + octets))
        self._shunt_octets = octets if register == SHUNT else b""

    def _write_word(self, register: int, value: int) -> None:
        if register == CONFIG:
            if value & _CONFIG_RESERVED:
                raise self._error("bit 14 is reserved", "8.6.2.1", value)
            if value & _RESET:
                self._power_up(self.clock.now_ns())
            else:
                self._configure(value, self.clock.now_ns())
        elif register == CALIBRATION:
            if value & 1:
                raise self._error("bit 0 cannot be set", "8.6.4.1", value)
            self._values[CALIBRATION] = value
        else:
            raise self._error("the register is read-only", "8.6.1", value)

    # Conversions --------------------------------------------------------------------------------------------

    def _configure(self, settings: int, now_ns: int) -> None:
        shunt_code, bus_code = settings >> 3 & 0xF, settings >> 7 & 0xF
        for code in (shunt_code, bus_code):
            if not code & 8 and code & 3 != _TWELVE_BITS:
                raise self._error("fewer than 12 bits are not modelled yet", "8.6.2.1", settings)
        self._values[CONFIG] = settings
        self._full_shunt, self._full_bus = full_words(SHUNT_RANGES_MV[settings >> 11 & 3], BUS_RANGES_V[settings >> 13 & 1])
        self._measures_shunt, self._measures_bus, continuous = settings & 1, settings & 2, settings & 4
        # 1000 is as 0X11: 12 bits, no averages.
        self._shunt_step = (shunt_code & 7) * (shunt_code >> 3)
        self._bus_step = (bus_code & 7) * (bus_code >> 3)
        if not self._measures_shunt and not self._measures_bus:
            self._conversions.stop()
            return
        self._values[BUS] &= ~_READY
        shunt_us, bus_us = CONVERSIONS_US[self._shunt_step], CONVERSIONS_US[self._bus_step]
        self._period_ns = self._paced(1000 * (shunt_us * bool(self._measures_shunt) + bus_us * bool(self._measures_bus)))
        self._conversions.begin(self._period_ns, began_ns=now_ns, once=not continuous)

    def _finish(self, time_ns: int) -> None:
        middle_s = (time_ns - self._period_ns / 2) * 1e-9
        values = self._values
        if self._measures_shunt:
            lsb = self._current(middle_s) * self._shunt_ohm / SHUNT_V_PER_LSB
            values[SHUNT] = self._converted(lsb, self._shunt_step, -self._full_shunt, self._full_shunt) & 0xFFFF
        bus = values[BUS] >> 3
        if self._measures_bus:
            bus = self._converted(self._bus_voltage(middle_s) / BUS_V_PER_LSB, self._bus_step, 0, self._full_bus)
        current = (values[SHUNT] - (values[SHUNT] >> 15 << 16)) * values[CALIBRATION] // 4096
        power = abs(current) * bus // 5000
        overflows = not -0x8000 <= current <= 0x7FFF or power > 0xFFFF
        values[CURRENT], values[POWER] = current & 0xFFFF, power & 0xFFFF
        values[BUS] = bus << 3 | _READY | (_OVERFLOW if overflows else 0)
        self.produced.append(Produced(time_ns, (values[SHUNT] << 16 | values[BUS]).to_bytes(4, "big")))

    def _converted(self, lsb: float, step: int, lowest: int, highest: int) -> int:
        return max(lowest, min(highest, round(lsb + self._gauss(0.0, 1 / AVERAGES[step] ** 0.5))))


SENSOR = Sensor(Ina219Table, Ina219, {"current": drift(0.35, 0.05, 2.5), "bus_voltage": drift(5.02, 0.01, 50.0)})
