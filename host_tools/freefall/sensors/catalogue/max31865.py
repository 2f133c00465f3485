"""Analog Devices (Maxim) MAX31865: a platinum thermometer's resistance, 15 bits. Numbers and sections from 19-6478, Rev. 3."""

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Compensated, Linear, RawWord
from ..fields import Pin, one_of
from ..part import Produced, Wiring
from ..periods import Line, Paced, Periods
from ..registers import RegisterSPIPart
from ..sensor import Sensor
from ..signals import temperature_drift
from ..table import BusSensorTable
from ..validity import Check, Expected, Forbidden

if TYPE_CHECKING:
    import numpy as np

FULL_SCALE = 1 << 15  # the ratio of the two resistances is raw / 2^15
FILTERS_HZ = (60, 50)  # by bit 0 of the configuration
# Callendar and Van Dusen's coefficients in IEC 60751: R = R0 (1 + A t + B t^2), and below 0 degC + C (t - 100) t^3.
_A, _B, _C = 3.9083e-3, -5.775e-7, -4.183e-12
_COLDEST_DEGC, _HOTTEST_DEGC = -200.0, 850.0
_BIAS_V, _NOISE_V = 2.0, 150e-6  # Electrical Characteristics; noise over half the rate
_RAW = RawWord(offset=0, octets=2, order="big", shift=1, width=15, signed=False)
_FAULT_BIT = RawWord(offset=0, octets=2, order="big", shift=0, width=1, signed=False)

CONFIG, RTD, RTD_LSB, THRESHOLDS, FAULT_STATUS = 0x00, 0x01, 0x02, range(0x03, 0x07), 0x07
_BIAS, _AUTO, _ONE_SHOT, _DETECTION, _CLEAR, _50_HZ = 0x80, 0x40, 0x20, 0x0C, 0x02, 0x01
_RTD_HIGH, _RTD_LOW, OVERVOLTAGE = 0x80, 0x40, 0x04  # fault status
_SINGLE_NS = {60: 52_000_000, 50: 62_500_000}  # of a single conversion, and of the first of many
_BIAS_START_NS = 10_000_000


class Max31865Table(BusSensorTable):
    """Temperature in degC of a platinum element of `rtd_ohm` at 0 degC (IEC 60751), and its resistance in ohm.

    reference_ohm: the resistor on the board of the part, which everything is measured against. A fault is latched: once the part
    has told one, every sample is worth nothing until the sensor is set up again.
    """

    driver: Literal["max31865"]
    cs: Annotated[Pin, Field(description="the pin that its chip select is wired to")]
    rtd_ohm: Annotated[
        one_of(int, (100, 1000)), Field(description="the thermometer's resistance at 0 degC: 100 for a Pt100, 1000 for a Pt1000")
    ]
    reference_ohm: Annotated[
        float, Field(gt=0, examples=[430.0], description="the reference resistor, usually 4 to 4.3 times rtd_ohm")
    ]
    wires: Annotated[one_of(int, (2, 3, 4)), Field(description="wires to the thermometer; 3 and 4 take their own resistance out")]
    filter_hz: Annotated[one_of(int, (50, 60)), Field(description="the mains that its filter suppresses, in Hz")] = 50

    FASTEST_HZ: ClassVar[dict[str, int]] = {"spi": 5_000_000}
    SAMPLE_LEN: ClassVar[int] = 2
    CHANNELS: ClassVar[tuple[str, ...]] = ("temperature", "resistance")
    RATE_KEY: ClassVar[str] = "filter_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")
    BUSES: ClassVar[tuple[str, ...]] = ("spi",)
    SPI_MODE: ClassVar[int] = 1

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("temperature", "degC", _RAW, Compensated()),
            Channel("resistance", "ohm", _RAW, Linear(scale=self.reference_ohm / FULL_SCALE, offset=0.0)),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: the part's fault bit, and what it reads before a conversion and at the end of its range."""
        return (
            Expected(_FAULT_BIT, (0,), self.CHANNELS, "fault told"),
            Forbidden(_RAW, (0, FULL_SCALE - 1), self.CHANNELS, "no resistance in range"),
        )

    def compensate(self, raw: "Mapping[str, np.ndarray]", coefficients: bytes | None) -> "Mapping[str, np.ndarray]":
        """See SensorTable: nan outside of -200 to 850 degC."""
        return {"temperature": temperature_degc(raw["temperature"] * (self.reference_ohm / FULL_SCALE / self.rtd_ohm))}

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: three_wires and filter_code as bits 4 and 0 of the configuration."""
        return {"three_wires": int(self.wires == 3), "filter_code": FILTERS_HZ.index(self.filter_hz)}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.filter_hz)

    def noise(self) -> dict[str, float]:
        """See SensorTable: at 0 degC."""
        ohm = noise_lsb(self.rtd_ohm, self.reference_ohm) * self.reference_ohm / FULL_SCALE / (self.filter_hz / 2) ** 0.5
        return {"temperature": ohm / (_A * self.rtd_ohm), "resistance": ohm}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        hottest = temperature_degc(self.reference_ohm / self.rtd_ohm)
        return {
            "temperature": (_COLDEST_DEGC, _HOTTEST_DEGC if hottest != hottest else float(hottest)),
            "resistance": (0.0, self.reference_ohm),
        }


def temperature_degc(ratio: "np.ndarray | float") -> "np.ndarray":
    """The temperature of a platinum element whose resistance is `ratio` times that at 0 degC; nan outside of -200 to 850 degC."""
    import numpy as np

    ratio = np.asarray(ratio, np.float64)
    # Above 0 degC a quadratic equation; below, its solution is within 3 degC, and Newton's steps double the digits.
    inside = np.maximum(_A * _A - 4 * _B * (1 - ratio), 0.0)
    degc = 2 * (ratio - 1) / (_A + np.sqrt(inside))
    cold = np.minimum(degc, 0.0)
    for _ in range(5):
        error = 1 + cold * (_A + cold * (_B + cold * _C * (cold - 100))) - ratio
        cold = cold - error / (_A + cold * (2 * _B + cold * _C * (4 * cold - 300)))
    degc = np.where(ratio < 1, cold, degc)
    # Half a step of the part's words more, so that the ends themselves are inside.
    beyond = (degc < _COLDEST_DEGC - 0.05) | (degc > _HOTTEST_DEGC + 0.05)
    return np.where(beyond, np.nan, degc)


def noise_lsb(rtd_ohm: float, reference_ohm: float) -> float:
    """Of one conversion, in steps of the word: fixed in volts, of which the reference's share is the range."""
    return _NOISE_V / (_BIAS_V * reference_ohm / (reference_ohm + rtd_ohm) / FULL_SCALE)


class Max31865(Paced, RegisterSPIPart):
    """A MAX31865 after its power-up: bias off, no conversions.

    A result is the element's resistance at the end of a conversion plus noise; it saturates. `data_ready` is DRDY, low from a
    conversion's end until its result is read. Faults: `absent`, `fail_next`, `power_cycle`; `resistance_ohm`, if not None, is at
    the inputs instead of the element (infinity: it is broken); `tell_fault`.
    """

    part = "MAX31865"
    modes = (1, 3)
    SPI_SECTION = "Serial Interface"
    SAMPLE_REGISTERS = range(RTD, RTD + 2)

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.clock)
        self.resistance_ohm: float | None = None
        self._temperature = wiring.signals["temperature"]
        self._options = wiring.options
        self._gauss = Random(f"max31865 {wiring.address} {wiring.seed}").gauss
        self._conversions = Periods(wiring.clock, self._finish)
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), True)
        self._power_up()

    def tell_fault(self, bits: int = OVERVOLTAGE) -> None:
        """Fault hook: the part sets bits of its fault status, which stay until they are cleared."""
        self._fault |= bits

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()
        self._line.set(False)  # it drives nothing
        self.clock.call_at(self.clock.now_ns() + off_ns, lambda: self._silent or self._line.set(not self._ready))

    def _power_up(self) -> None:
        self._conversions.stop()
        self._config = self._raw = self._fault = 0
        self._thresholds = bytearray(b"\xff\xff\x00\x00")
        self._bias_from_ns: int | None = None
        self._ready = False
        self._result = bytes(2)

    # Registers ----------------------------------------------------------------------------------------------

    def _command(self, octet: int) -> tuple[int, bool]:
        return octet & 0x7F, not octet & 0x80

    def _on_burst(self, register: int) -> None:
        self._result = (self._raw << 1 | bool(self._fault)).to_bytes(2, "big")

    def _read_register(self, register: int) -> int:
        if register == CONFIG:
            return self._config
        if register in (RTD, RTD_LSB):
            self._ready = False
            self._line.set(True)
            return self._result[register - RTD]
        if register in THRESHOLDS:
            return self._thresholds[register - THRESHOLDS.start]
        if register == FAULT_STATUS:
            return self._fault
        raise self._error("there is no such register", "Table 1")

    def _write_register(self, register: int, value: int) -> None:
        if register in THRESHOLDS:
            self._thresholds[register - THRESHOLDS.start] = value
        elif register == CONFIG:
            self._configure(value)
        else:
            known = register in (RTD, RTD_LSB, FAULT_STATUS)
            raise self._error("the register is read-only" if known else "there is no such register", "Table 1", value)

    def _configure(self, value: int) -> None:
        if value & _DETECTION:
            raise self._error("fault detection cycles are not modelled yet", "Fault Detection Cycle (D3:D2)", value)
        if value & _CLEAR and value & _ONE_SHOT:
            raise self._error("faults are cleared with 0 in D5", "Fault Status Clear (D1)", value)
        if self._config & _AUTO and (value ^ self._config) & _50_HZ:
            raise self._error("the notch frequency is changed in auto conversion mode", "50/60Hz (D0)", value)
        now_ns = self.clock.now_ns()
        if not value & _BIAS:
            self._bias_from_ns = None
        elif self._bias_from_ns is None:
            self._bias_from_ns = now_ns + _BIAS_START_NS
        begins = value & _ONE_SHOT or value & _AUTO and not self._config & _AUTO
        if value & _AUTO and value & _ONE_SHOT:
            raise self._error("1-shot in auto conversion mode", "1-Shot (D5)", value)
        if begins and (self._bias_from_ns is None or now_ns < self._bias_from_ns):
            raise self._error("a conversion begins before the bias has settled", "Note 4", value)
        if value & _CLEAR:
            self._fault = 0
        if self._config & _AUTO and not value & _AUTO:
            self._conversions.stop()
        self._config = value & ~(_ONE_SHOT | _CLEAR)
        if begins:
            filter_hz = FILTERS_HZ[value & _50_HZ]
            self._conversions.begin(self._paced(1e9 / filter_hz), self._paced(_SINGLE_NS[filter_hz]), once=not value & _AUTO)

    # Conversions --------------------------------------------------------------------------------------------

    def _finish(self, time_ns: int) -> None:
        reference_ohm = self._options.reference_ohm  # type: ignore[attr-defined]
        ohm = self._element_ohm(time_ns * 1e-9) if self.resistance_ohm is None else self.resistance_ohm
        lsb = min(ohm / reference_ohm, 1.0) * FULL_SCALE + self._gauss(0.0, noise_lsb(min(ohm, reference_ohm), reference_ohm))
        self._raw = max(0, min(FULL_SCALE - 1, round(lsb)))
        high, low = (int.from_bytes(self._thresholds[n : n + 2], "big") >> 1 for n in (0, 2))
        self._fault |= (_RTD_HIGH if self._raw >= high else 0) | (_RTD_LOW if self._raw <= low else 0)
        self.produced.append(Produced(time_ns, (self._raw << 1 | bool(self._fault)).to_bytes(2, "big")))
        self._ready = True
        self._line.set(False)

    def _element_ohm(self, t_s: float) -> float:
        degc = self._temperature(t_s)
        cubic = _C * (degc - 100) * degc**3 if degc < 0 else 0.0
        return self._options.rtd_ohm * (1 + _A * degc + _B * degc**2 + cubic)  # type: ignore[attr-defined]


SENSOR = Sensor(Max31865Table, Max31865, {"temperature": temperature_drift()})
