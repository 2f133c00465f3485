"""PNI RM3100: magnetic field, 24 bits. Numbers and sections from its user manual, 1017252 R14."""

from dataclasses import replace
from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Linear, RawWord
from ..fields import Pin, address_of, one_of
from ..part import Produced, Wiring
from ..periods import Line, Paced, Periods
from ..registers import RegisterSPIPart, RegisterTarget
from ..sensor import Sensor
from ..signals import drift
from ..table import BusSensorTable
from ..validity import Check, silence

RATES_HZ = (600, 300, 150, 75, 37, 18, 9, 4.5, 2.3, 1.2, 0.6, 0.3, 0.15, 0.075)  # TMRC is 0x92 + the position, Table 5-4
_AXES = ("bx", "by", "bz")
_FIRST = RawWord(offset=0, octets=3, order="big", shift=0, width=24, signed=True)  # the others follow
_FULL_SCALE_UT = 800.0

POLL, CMM, CYCLE_COUNTS, TMRC, RESULTS, BIST = 0x00, 0x01, range(0x04, 0x0A), 0x0B, range(0x24, 0x2D), 0x33
STATUS, HSHAKE, REVID = 0x34, 0x35, 0x36
IDENTITY = 0x22
_START, _ALL_AXES, _ANY_AXIS, _CMM_RESERVED = 0x01, 0x70, 0x04, 0x82  # of CMM; the axes also of POLL
_FIRST_RATE = 0x92  # TMRC
_HSHAKE_RESET, _DRC1, _DRC0 = 0x1B, 0x02, 0x01
_READY = 0x80


def lsb_per_ut(cycle_count: int) -> float:
    """The gain by cycle count: PNI's line through the 20, 38 and 75 LSB/uT of Table 3-1."""
    return 0.3671 * cycle_count + 1.5


def noise_ut(cycle_count: int) -> float:
    """Of one measurement: 30, 20 and 15 nT at 50, 100 and 200 cycles (Table 3-1), and as the root of the cycles between."""
    return 0.015 * (200 / cycle_count) ** 0.5


def measurement_us(cycle_count: int) -> float:
    """How long the three axes take, one after the other: a line through the rates of Table 3-1."""
    return 3 * (11.0 * cycle_count + 75.0)


class Rm3100Table(BusSensorTable):
    """Magnetic field along x, y and z in uT.

    More cycles make finer steps and take longer: 200 are measured in 6.8 ms, so that no more than 146 Hz come of any rate_hz.
    """

    driver: Literal["rm3100"]
    address: Annotated[address_of(*range(0x20, 0x24)) | None, Field(description="its I2C address, by SA1 and SA0")] = None
    cs: Annotated[Pin | None, Field(description="the pin that its chip select is wired to")] = None
    rate_hz: Annotated[one_of(float, RATES_HZ, "{:g}".format), Field(description="measurements per second of the sensor")] = 37
    cycle_count: Annotated[int, Field(ge=30, le=400, description="oscillations counted for each axis")] = 200

    FASTEST_HZ: ClassVar[dict[str, int]] = {"i2c": 400_000, "spi": 1_000_000}
    SAMPLE_LEN: ClassVar[int] = 9
    CHANNELS: ClassVar[tuple[str, ...]] = _AXES
    RATE_KEY: ClassVar[str] = "rate_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")
    BUSES: ClassVar[tuple[str, ...]] = ("i2c", "spi")
    RATE_TOLERANCE: ClassVar[float] = 0.2  # section 5.2.1: a standard deviation of 7 %

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        calibration = Linear(scale=1 / lsb_per_ut(self.cycle_count), offset=0.0)
        return tuple(
            Channel(name, "uT", replace(_FIRST, offset=_FIRST.octets * axis), calibration) for axis, name in enumerate(_AXES)
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: a part that lost its power reads 0 and never measures."""
        return silence(self.SAMPLE_LEN, self.CHANNELS)

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: cycle_count for all axes, tmrc for TMRC."""
        return {"cycle_count": self.cycle_count, "tmrc": _FIRST_RATE + RATES_HZ.index(self.rate_hz)}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return min(float(self.rate_hz), 1e6 / measurement_us(self.cycle_count))

    def noise(self) -> dict[str, float]:
        """See SensorTable: a measurement's, spread over half the rate at which they come."""
        return dict.fromkeys(_AXES, noise_ut(self.cycle_count) / (self.data_rate_hz() / 2) ** 0.5)

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable: beyond, a stronger field may read less."""
        return dict.fromkeys(_AXES, (-_FULL_SCALE_UT, _FULL_SCALE_UT))


class Rm3100(Paced, RegisterTarget, RegisterSPIPart):
    """An RM3100 after its power-up: idle, 200 cycles, 37 Hz.

    A result is the field at the end of its measurement plus noise. Continuous measurements begin at once and then every period of
    TMRC, or as fast as they can. `data_ready` is DRDY, high from a result until it is read. Faults: `absent`, `fail_next`,
    `power_cycle`.
    """

    part = "RM3100"
    addresses = (0x20, 0x21, 0x22, 0x23)
    I2C_SECTION, SPI_SECTION = "4.5", "4.4"
    SAMPLE_REGISTERS = RESULTS

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.address, wiring.clock)
        self._signals = tuple(wiring.signals[name] for name in _AXES)
        random = Random(f"rm3100 {wiring.address} {wiring.seed}")
        self._gauss = random.gauss
        self._indeterminate = Random(random.random())
        self._measurements = Periods(wiring.clock, self._finish)
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), False)
        self._power_up()

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _power_up(self) -> None:
        self._measurements.stop()
        self._polls = False
        self._values = {POLL: 0x00, CMM: 0x00, TMRC: 0x96, HSHAKE: _HSHAKE_RESET}
        self._cycles = bytearray((0, 200) * 3)
        self._results = self._given = bytes(9)
        self._set_ready(False)

    # Registers ----------------------------------------------------------------------------------------------

    def _after(self, register: int) -> int | None:
        return None if register == RESULTS[-1] else register + 1

    def _on_burst(self, register: int) -> None:
        if register in RESULTS:
            self._given = self._results
            if self._values[HSHAKE] & _DRC1:
                self._set_ready(False)

    def _read_register(self, register: int) -> int:
        if register in RESULTS:
            return self._given[register - RESULTS.start]
        if register == CMM and self._values[CMM] & _START:
            raise self._error("reading it ends continuous measurement", "5.2")
        if register in self._values:
            return self._values[register]
        if register in CYCLE_COUNTS:
            return self._cycles[register - CYCLE_COUNTS.start]
        if register == STATUS:
            return (_READY if self._ready else 0) | self._indeterminate.getrandbits(7)
        if register == REVID:
            return IDENTITY
        raise self._error(self._missing(register), "Table 5-1")

    def _write_register(self, register: int, value: int) -> None:
        if register not in self._values and register not in CYCLE_COUNTS:
            raise self._error(self._missing(register), "Table 5-1", value)
        if self._values[HSHAKE] & _DRC0:
            self._set_ready(False)
        if register in CYCLE_COUNTS:
            if self._values[CMM] & _START or self._polls:
                raise self._error("cycle counts are set before a measurement", "5.1", value)
            self._cycles[register - CYCLE_COUNTS.start] = value
        elif register == HSHAKE:
            if value & 0x84:
                raise self._error("reserved bits are set", "5.6.2", value)
            self._values[HSHAKE] = value & (_DRC1 | _DRC0) | _HSHAKE_RESET & ~(_DRC1 | _DRC0)
        elif register == TMRC:
            if value - _FIRST_RATE not in range(len(RATES_HZ)):
                raise self._error("the rates are 0x92 to 0x9f", "Table 5-4", value)
            if self._values[CMM] & _START:
                raise self._error("writing it ends continuous measurement", "5.2", value)
            self._values[TMRC] = value
        elif register == POLL:
            self._poll(value)
        else:
            self._continue(value)

    def _missing(self, register: int) -> str:
        if register == BIST:
            return "the self test is not modelled yet"
        known = register in RESULTS or register in (STATUS, REVID)
        return "the register is read-only" if known else "there is no such register"

    # Measurements -------------------------------------------------------------------------------------------

    def _poll(self, value: int) -> None:
        if self._values[CMM] & _START:
            raise self._error("a single measurement during continuous ones", "5.6.2, NACK1", value)
        if value != _ALL_AXES:
            raise self._error("fewer than all axes are not modelled yet", "5.3", value)
        self._polls = True
        self._measurements.begin(self._duration_ns(), once=True)

    def _continue(self, value: int) -> None:
        if self._polls:
            raise self._error("continuous measurements during a single one", "5.6.2, NACK1", value)
        if value & _CMM_RESERVED:
            raise self._error("reserved bits are set", "5.2", value)
        if value & _START and (value & _ALL_AXES != _ALL_AXES or value & _ANY_AXIS):
            raise self._error("fewer than all axes are not modelled yet", "5.2", value)
        self._values[CMM] = value
        self._measurements.stop()
        if value & _START:
            duration_ns = self._duration_ns()
            interval_ns = self._paced(1e9 / RATES_HZ[self._values[TMRC] - _FIRST_RATE])
            self._measurements.begin(max(interval_ns, duration_ns), duration_ns)

    def _duration_ns(self) -> float:
        counts = [self._cycles[n] << 8 | self._cycles[n + 1] for n in (0, 2, 4)]
        if min(counts) == 0:
            raise self._error("no cycles are counted", "5.1")
        self._scales = [(lsb_per_ut(count), noise_ut(count)) for count in counts]
        return self._paced(sum(measurement_us(count) for count in counts) / 3 * 1000)

    def _finish(self, time_ns: int) -> None:
        self._polls = False
        t_s, gauss = time_ns * 1e-9, self._gauss
        self._results = b"".join(
            round((signal(t_s) + gauss(0.0, noise)) * gain).to_bytes(3, "big", signed=True)
            for signal, (gain, noise) in zip(self._signals, self._scales, strict=True)
        )
        self.produced.append(Produced(time_ns, self._results))
        self._set_ready(True)

    def _set_ready(self, ready: bool) -> None:
        self._ready = ready
        self._line.set(ready)


SENSOR = Sensor(Rm3100Table, Rm3100, {"bx": drift(18.0, 6.0), "by": drift(-4.0, 9.0), "bz": drift(31.0, 5.0)})
