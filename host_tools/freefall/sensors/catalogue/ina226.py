"""Texas Instruments INA226: current through a shunt and bus voltage, 16 bits. Numbers from data sheet SBOS547B."""

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

AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)  # by AVG[2:0]
CONVERSIONS_US = (140, 204, 332, 588, 1100, 2116, 4156, 8244)  # by VBUSCT[2:0] and VSHCT[2:0], typical
SHUNT_V_PER_LSB, BUS_V_PER_LSB = 2.5e-6, 1.25e-3
_FULL_SHUNT, _FULL_BUS = 0x7FFF, 0x7FFF  # 81.9175 mV and 40.96 V
_HIGHEST_BUS_V = 36.0

_SHUNT = RawWord(offset=0, octets=2, order="big", shift=0, width=16, signed=True)
_BUS = RawWord(offset=2, octets=2, order="big", shift=0, width=16, signed=False)

CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION, MASK, LIMIT, MANUFACTURER, DIE = (*range(8), 0xFE, 0xFF)
IDENTITY = {MANUFACTURER: 0x5449, DIE: 0x2260}
_CONFIG_RESET = 0x4127
_CONFIG_FIXED = 0x4000  # bits 14..12 read 100
_RESET = 0x8000
_LIMITS, _READY_ALERT, _READY, _OVERFLOW, _ACTIVE_HIGH, _LATCH = 0xF800, 0x0400, 0x08, 0x04, 0x02, 0x01  # Mask/Enable
_MASK_RESERVED = 0x03E0


class Ina226Table(BusSensorTable):
    """Current in A through a shunt of `shunt_ohm`, the voltage across that, and the bus voltage, in V.

    A conversion takes the two conversion times for each of its averages. The ALERT pin tells of its end.
    """

    driver: Literal["ina226"]
    address: Annotated[address_of(*range(0x40, 0x50)), Field(description="its I2C address, by the sensor's A0 and A1 pins")]
    shunt_ohm: Annotated[float, Field(gt=0, examples=[0.1], description="the resistor that the current flows through")]
    averages: Annotated[one_of(int, AVERAGES), Field(description="conversions in one value; more are quieter and slower")] = 1
    shunt_conversion_us: Annotated[
        one_of(int, CONVERSIONS_US), Field(description="how long it measures the voltage across the shunt, in us")
    ] = 1100
    bus_conversion_us: Annotated[
        one_of(int, CONVERSIONS_US), Field(description="how long it measures the supply voltage, in us")
    ] = 1100

    SAMPLE_LEN: ClassVar[int] = 4
    CHANNELS: ClassVar[tuple[str, ...]] = ("current", "bus_voltage", "shunt_voltage")
    RATE_KEY: ClassVar[str] = "averages"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((1, 2), (1, 2), (1, 2))
    READ_HEAD: ClassVar[int] = 2  # Mask/Enable, which lets ALERT go

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("current", "A", _SHUNT, Linear(scale=SHUNT_V_PER_LSB / self.shunt_ohm, offset=0.0)),
            Channel("bus_voltage", "V", _BUS, Linear(scale=BUS_V_PER_LSB, offset=0.0)),
            Channel("shunt_voltage", "V", _SHUNT, Linear(scale=SHUNT_V_PER_LSB, offset=0.0)),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: a word at the end of its range may stand for anything beyond."""
        shunt = Forbidden(_SHUNT, (_FULL_SHUNT, -_FULL_SHUNT - 1), ("current", "shunt_voltage"), "shunt voltage out of range")
        return (shunt, Forbidden(_BUS, (_FULL_BUS,), ("bus_voltage",), "bus voltage out of range"))

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: averages_code for AVG, shunt_code for VSHCT, bus_code for VBUSCT."""
        return {
            "averages_code": AVERAGES.index(self.averages),
            "shunt_code": CONVERSIONS_US.index(self.shunt_conversion_us),
            "bus_code": CONVERSIONS_US.index(self.bus_conversion_us),
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return 1e6 / (self.averages * (self.shunt_conversion_us + self.bus_conversion_us))

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: of the bus, what the part may be given."""
        shunt_v = _FULL_SHUNT * SHUNT_V_PER_LSB
        current_a = shunt_v / self.shunt_ohm
        return {
            "current": (-current_a, current_a),
            "bus_voltage": (0.0, _HIGHEST_BUS_V),
            "shunt_voltage": (-shunt_v, shunt_v),
        }


class Ina226(Paced, WordRegisters):
    """An INA226 after its power-up: it converts both voltages over and over, 1.1 ms each, without averages.

    A result is the mean over its conversion (its middle stands for it) plus noise of one LSB a conversion, less with averages; it
    saturates. `data_ready` is the ALERT pin, open drain: high while it rests. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "INA226"
    words = frozenset((*range(8), MANUFACTURER, DIE))
    access = "Table 7-1"

    def __init__(self, wiring: Wiring):
        if wiring.address not in range(0x40, 0x50):
            raise ModelError(self.part, f"its address is 0x40 to 0x4f, not {wiring.address}", "Serial Bus Address")
        super().__init__(wiring.address, wiring.clock)
        self._current, self._bus_voltage = wiring.signals["current"], wiring.signals["bus_voltage"]
        self._shunt_ohm = wiring.options.shunt_ohm  # type: ignore[attr-defined]
        self._gauss = Random(f"ina226 {wiring.address} {wiring.seed}").gauss
        self._conversions = Periods(wiring.clock, self._finish)
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), True)
        self._power_up(wiring.clock.now_ns())

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up(self.clock.now_ns() + off_ns)

    def _power_up(self, on_ns: int) -> None:
        self._pointer = self._given = 0
        self._octets = bytearray()
        self._values = {SHUNT: 0, BUS: 0, POWER: 0, CURRENT: 0, CALIBRATION: 0, MASK: 0, LIMIT: 0, **IDENTITY}
        self._shunt_octets = b""
        self._line.set(True)
        self._configure(_CONFIG_RESET, on_ns)

    # Registers ----------------------------------------------------------------------------------------------

    def _read_word(self, register: int) -> int:
        value = self._values[register]
        if register == MASK:
            self._values[MASK] &= ~_READY
            self._show_alert()
        return value

    def _on_word_read(self, register: int, word: int) -> None:
        octets = word.to_bytes(2, "big")
        if register == BUS and self._shunt_octets:
            self.read_out.append(Produced(self.clock.now_ns(), self._shunt_octets + octets))
        self._shunt_octets = octets if register == SHUNT else b""

    def _write_word(self, register: int, value: int) -> None:
        if register == CONFIG:
            if value & _RESET:
                self._power_up(self.clock.now_ns())
            elif value & 0x7000 != _CONFIG_FIXED:
                raise self._error("bits 14..12 are 100", "Configuration Register (00h)", value)
            else:
                self._configure(value, self.clock.now_ns())
        elif register == MASK:
            if value & _MASK_RESERVED:
                raise self._error("reserved bits are set", "Mask/Enable Register (06h)", value)
            if value & (_LIMITS | _LATCH):
                raise self._error("limits are not modelled yet", "Mask/Enable Register (06h)", value)
            kept = self._values[MASK] & (_READY | _OVERFLOW)
            self._values[MASK] = value & (_READY_ALERT | _ACTIVE_HIGH) | kept
            self._show_alert()
        elif register == CALIBRATION:
            if value & 0x8000:
                raise self._error("bit 15 is reserved", "Calibration Register (05h)", value)
            self._values[CALIBRATION] = value
        elif register == LIMIT:
            self._values[LIMIT] = value
        else:
            raise self._error("the register is read-only", "Table 7-1", value)

    # Conversions --------------------------------------------------------------------------------------------

    def _configure(self, settings: int, now_ns: int) -> None:
        """The write halts a conversion and begins another."""
        self._values[CONFIG] = settings
        self._averages = AVERAGES[settings >> 9 & 7]
        self._measures_shunt, self._measures_bus, continuous = settings & 1, settings & 2, settings & 4
        shunt_ns, bus_ns = (CONVERSIONS_US[settings >> shift & 7] * 1000 for shift in (3, 6))
        converted_ns = shunt_ns * bool(self._measures_shunt) + bus_ns * bool(self._measures_bus)
        if not self._measures_shunt and not self._measures_bus:
            self._conversions.stop()  # a power-down keeps the flag
            return
        self._values[MASK] &= ~_READY
        self._show_alert()
        self._period_ns = self._paced(self._averages * converted_ns)
        self._conversions.begin(self._period_ns, began_ns=now_ns, once=not continuous)

    def _finish(self, time_ns: int) -> None:
        middle_s = (time_ns - self._period_ns / 2) * 1e-9
        values = self._values
        if self._measures_shunt:
            volts = self._current(middle_s) * self._shunt_ohm
            values[SHUNT] = self._converted(volts / SHUNT_V_PER_LSB, -_FULL_SHUNT - 1, _FULL_SHUNT) & 0xFFFF
        if self._measures_bus:
            values[BUS] = self._converted(self._bus_voltage(middle_s) / BUS_V_PER_LSB, 0, _FULL_BUS)
        self._calculate()
        values[MASK] |= _READY
        self.produced.append(Produced(time_ns, (values[SHUNT] << 16 | values[BUS]).to_bytes(4, "big")))
        self._show_alert()

    def _converted(self, lsb: float, lowest: int, highest: int) -> int:
        return max(lowest, min(highest, round(lsb + self._gauss(0.0, 1 / self._averages**0.5))))

    def _calculate(self) -> None:
        values = self._values
        shunt = values[SHUNT] - (values[SHUNT] >> 15 << 16)
        current = shunt * values[CALIBRATION] // 2048
        power = abs(current) * values[BUS] // 20000
        overflows = not -0x8000 <= current <= 0x7FFF or power > 0xFFFF
        values[CURRENT], values[POWER] = current & 0xFFFF, power & 0xFFFF
        values[MASK] = values[MASK] & ~_OVERFLOW | (_OVERFLOW if overflows else 0)

    def _show_alert(self) -> None:
        if self.clock.now_ns() < self._silent_until_ns:
            return
        mask = self._values[MASK]
        active = bool(mask & _READY_ALERT and mask & _READY)
        self._line.set(active == bool(mask & _ACTIVE_HIGH))


SENSOR = Sensor(Ina226Table, Ina226, {"current": drift(0.35, 0.05, 2.5), "bus_voltage": drift(5.02, 0.01, 50.0)})
