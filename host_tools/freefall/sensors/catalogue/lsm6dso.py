"""STMicroelectronics LSM6DSO: gyroscope and accelerometer, 16 bits. Numbers from its data sheet and application note AN5192."""

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
from ..signals import drift, station_axis
from ..table import BusSensorTable
from ..validity import Check, Forbidden, silence

ODRS_HZ = (12.5, 26, 52, 104, 208, 416, 833, 1666, 3332, 6664)  # ODR_XL and ODR_G are the position + 1
ACCEL_RANGES_G = (2, 16, 4, 8)  # by FS_XL[1:0]
GYRO_RANGES_DPS = (250, 125, 500, 1000, 2000)
GYRO_CODES = {250: 0, 125: 1, 500: 2, 1000: 4, 2000: 6}  # FS_G[1:0] and FS_125 below it
G_PER_LSB_2G, DPS_PER_LSB_125 = 61e-6, 4.375e-3  # table 2; they grow with the range
ACCEL_NOISE_G = {2: 70e-6, 4: 75e-6, 8: 80e-6, 16: 110e-6}  # per root hertz, in high-performance mode
GYRO_NOISE_DPS = 3.8e-3
# The bandwidth in Hz by ODR of the gyroscope (LPF2, AN5192); the accelerometer's is half its ODR.
_GYRO_BANDWIDTHS_HZ = (4.2, 8.3, 16.6, 33, 66.8, 135.9, 295.5, 1108.1, 1320.7, 1441.8)
_AXES = ("gx", "gy", "gz", "x", "y", "z")
_FIRST = RawWord(offset=0, octets=2, order="little", shift=0, width=16, signed=True)  # the others follow

COUNTER_BDR, INT1_CTRL, WHO_AM_I, CTRL1_XL, CTRL2_G, CTRL3_C, CTRL9_XL = 0x0B, 0x0D, 0x0F, 0x10, 0x11, 0x12, 0x18
STATUS, OUTX_L_G, OUTX_L_A, OUT_END = 0x1E, 0x22, 0x28, 0x2E
IDENTITY = 0x6C
# Registers that can be written: the value after a reset, the bits that are reserved, the bits of what is not modelled.
_WRITABLE = {
    COUNTER_BDR: (0x00, 0x18, 0x67), 0x0C: (0x00, 0x00, 0xFF), INT1_CTRL: (0x00, 0x00, 0xFC), 0x0E: (0x00, 0x80, 0x7F),
    CTRL1_XL: (0x00, 0x01, 0x02), CTRL2_G: (0x00, 0x01, 0x00), CTRL3_C: (0x04, 0x02, 0x98), 0x13: (0x00, 0x91, 0x6E),
    0x14: (0x00, 0x10, 0xEF), 0x15: (0x00, 0x00, 0xFF), 0x16: (0x00, 0x08, 0xF7), 0x17: (0x00, 0x00, 0xFF),
    CTRL9_XL: (0xE0, 0x01, 0x1C), 0x19: (0x00, 0xDF, 0x20),
}  # fmt: skip
_READ_ONLY = {WHO_AM_I, STATUS, *range(0x20, OUT_END)}
_OTHERS = {
    0x01, 0x02, *range(0x07, 0x0B), *range(0x1A, 0x1E), *range(0x35, 0x38), *range(0x3A, 0x44), *range(0x49, 0x4D),
    *range(0x56, 0x60), 0x62, 0x63, *range(0x6F, 0x7F),
}  # fmt: skip
_PULSED = 0x80  # COUNTER_BDR
_ACCEL, _GYRO = 0x01, 0x02  # of STATUS and of INT1_CTRL
_BDU, _INT1_LOW, _IF_INC, _SW_RESET = 0x40, 0x20, 0x04, 0x01  # CTRL3_C
_PULSE_NS, RESET_NS, GYRO_START_NS = 75_000, 50_000, 70_000_000
# AN5192: samples of a gyroscope that has started, before its filters have settled; at the highest rates it is a time.
_UNSETTLED, _SETTLES_NS = 3, 81_000_000


class Lsm6dsoTable(BusSensorTable):
    """Angular rate about x, y and z in deg/s and acceleration along them in g, at one rate."""

    driver: Literal["lsm6dso"]
    address: Annotated[address_of(0x6A, 0x6B) | None, Field(description="its I2C address, by the sensor's SA0 pin")] = None
    cs: Annotated[Pin | None, Field(description="the pin that its chip select is wired to")] = None
    odr_hz: Annotated[one_of(float, ODRS_HZ, "{:g}".format), Field(description="samples per second of the sensor")]
    range_g: Annotated[
        one_of(int, sorted(ACCEL_RANGES_G)), Field(description="the accelerometer's full scale, in g; less is finer")
    ] = 2
    range_dps: Annotated[
        one_of(int, sorted(GYRO_RANGES_DPS)),
        Field(description="the gyroscope's full scale, in degrees per second; less is finer"),
    ] = 250

    FASTEST_HZ: ClassVar[dict[str, int]] = {"i2c": 1_000_000, "spi": 10_000_000}
    SAMPLE_LEN: ClassVar[int] = 12
    CHANNELS: ClassVar[tuple[str, ...]] = _AXES
    RATE_KEY: ClassVar[str] = "odr_hz"
    TRIGGERS: ClassVar[tuple[str, ...]] = ("data_ready", "periodic")
    BUSES: ClassVar[tuple[str, ...]] = ("i2c", "spi")

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        rate = Linear(scale=DPS_PER_LSB_125 * self.range_dps / 125, offset=0.0)
        acceleration = Linear(scale=G_PER_LSB_2G * self.range_g / 2, offset=0.0)
        kinds = (("deg/s", rate), ("g", acceleration))
        return tuple(
            Channel(name, kinds[number // 3][0], replace(_FIRST, offset=2 * number), kinds[number // 3][1])
            for number, name in enumerate(_AXES)
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: a word at the end of its range may stand for anything beyond; all words alike, for no sample."""
        ends = (
            Forbidden(channel.raw, (0x7FFF, -0x8000), (channel.name,), f"{channel.name} saturated") for channel in self.channels()
        )
        return (*ends, *silence(self.SAMPLE_LEN, self.CHANNELS))

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: odr_code for ODR_XL and ODR_G, accel_code for FS_XL, gyro_code for FS_G with FS_125."""
        return {
            "odr_code": ODRS_HZ.index(self.odr_hz) + 1,
            "accel_code": ACCEL_RANGES_G.index(self.range_g),
            "gyro_code": GYRO_CODES[self.range_dps],
        }

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return float(self.odr_hz)

    def noise(self) -> dict[str, float]:
        """See SensorTable."""
        return {name: GYRO_NOISE_DPS if name.startswith("g") else ACCEL_NOISE_G[self.range_g] for name in _AXES}

    def bandwidth_hz(self) -> dict[str, float]:
        """See SensorTable."""
        gyro_hz = float(_GYRO_BANDWIDTHS_HZ[ODRS_HZ.index(self.odr_hz)])
        return {name: gyro_hz if name.startswith("g") else self.odr_hz / 2 for name in _AXES}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        ends = {name: float(self.range_dps if name.startswith("g") else self.range_g) for name in _AXES}
        return {name: (-end, end) for name, end in ends.items()}


class Lsm6dso(Paced, RegisterTarget, RegisterSPIPart):
    """An LSM6DSO after its power-up: both sensors off, every register at its reset value.

    White noise of the data sheet's density over the bandwidth at the rate is added to each axis; words saturate. Both sensors'
    flags are set from the first period on, but a gyroscope that starts tells less than there is: the first sample in `produced`
    is that of a settled one. `data_ready` is INT1. A burst that overlaps the next sample is given words of two samples, each
    coherent with BDU and not without. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "LSM6DSO"
    addresses = (0x6A, 0x6B)
    I2C_SECTION, SPI_SECTION = "I2C operation", "SPI bus interface"
    SAMPLE_REGISTERS = range(OUTX_L_G, OUT_END)

    def __init__(self, wiring: Wiring):
        super().__init__(wiring.address, wiring.clock)
        self._signals = tuple(wiring.signals[name] for name in _AXES)
        self._gauss = Random(f"lsm6dso {wiring.address} {wiring.seed}").gauss
        self._periods = Periods(wiring.clock, self._finish)
        self._line = Line(wiring.clock, wiring.lines.get("data_ready"), False)
        self._power_up(wiring.clock.now_ns())

    def _on_power_cycle(self, off_ns: int) -> None:
        self._line.set(False)
        self._power_up(self.clock.now_ns() + off_ns)

    def _power_up(self, ready_ns: int) -> None:
        self._values = {register: reset for register, (reset, _, _) in _WRITABLE.items()}
        self._words = self._latched = bytes(12)
        self._status = 0
        self._reset_until_ns = ready_ns
        self._periods.stop()

    # Registers ----------------------------------------------------------------------------------------------

    def _after(self, register: int) -> int:
        return register + 1 if self._values[CTRL3_C] & _IF_INC else register

    def _read_register(self, register: int) -> int:
        resets = self.clock.now_ns() < self._reset_until_ns
        if resets and register != CTRL3_C:
            raise self._error("read while the part resets", "CTRL3_C (12h)")
        if register in self._values:
            return self._values[register] | (_SW_RESET if resets else 0)
        if register == WHO_AM_I:
            return IDENTITY
        if register == STATUS:
            return self._status
        if OUTX_L_G <= register < OUT_END:
            return self._read_output(register - OUTX_L_G)
        raise self._error(self._missing(register), "Register mapping")

    def _read_output(self, at: int) -> int:
        if at % 2 == 0 or not self._values[CTRL3_C] & _BDU:
            self._latched = self._words
        if at % 2:
            self._status &= ~(_GYRO if at < 6 else _ACCEL)
            self._show_latched()
        return self._latched[at]

    def _write_register(self, register: int, value: int) -> None:
        if self.clock.now_ns() < self._reset_until_ns:
            raise self._error("written while the part resets", "CTRL3_C (12h)", value)
        if register not in self._values:
            what = "the register is read-only" if register in _READ_ONLY else self._missing(register)
            raise self._error(what, "Register mapping", value)
        reset, reserved, foreign = _WRITABLE[register]
        if value & reserved:
            raise self._error("reserved bits are set", "Register description", value)
        if (value ^ reset) & foreign:
            raise self._error("what these bits do is not modelled yet", "Register description", value)
        if register == CTRL3_C and value & _SW_RESET:
            self._power_up(self.clock.now_ns() + RESET_NS)
            self._line.set(False)
            return
        if register == CTRL9_XL and value != self._values[register] and self._status_of_power():
            raise self._error("I3C is disabled with both sensors off", "CTRL9_XL (18h)", value)
        self._values[register] = value
        if register in (CTRL1_XL, CTRL2_G):
            self._begin(value)
        self._show_latched()

    def _missing(self, register: int) -> str:
        known = register in _OTHERS or register in _READ_ONLY
        return "the register is not modelled yet" if known else "there is no such register"

    # Sampling -----------------------------------------------------------------------------------------------

    def _status_of_power(self) -> int:
        """Which of the two sensors are on."""
        values = self._values
        return (_ACCEL if values[CTRL1_XL] >> 4 else 0) | (_GYRO if values[CTRL2_G] >> 4 else 0)

    def _begin(self, value: int) -> None:
        """Either sensor was set up: both begin anew."""
        accel, gyro = self._values[CTRL1_XL], self._values[CTRL2_G]
        if max(accel >> 4, gyro >> 4) > len(ODRS_HZ):
            raise self._error("rate codes are 0 to 10", "CTRL1_XL (10h)", value)
        if gyro >> 1 & 7 not in GYRO_CODES.values():
            raise self._error("125 deg/s goes with no other range", "CTRL2_G (11h)", value)
        if accel >> 4 and gyro >> 4 and accel >> 4 != gyro >> 4:
            raise self._error("two rates at once are not modelled yet", "CTRL2_G (11h)", value)
        self._on = self._status_of_power()
        self._status &= self._on
        if not self._on:
            self._periods.stop()
            return
        odr = max(accel >> 4, gyro >> 4) - 1
        range_g = ACCEL_RANGES_G[accel >> 2 & 3]
        range_dps = next(dps for dps, code in GYRO_CODES.items() if code == gyro >> 1 & 7)
        dps_per_lsb, g_per_lsb = DPS_PER_LSB_125 * range_dps / 125, G_PER_LSB_2G * range_g / 2
        noise_dps = GYRO_NOISE_DPS * _GYRO_BANDWIDTHS_HZ[odr] ** 0.5
        noise_g = ACCEL_NOISE_G[range_g] * (ODRS_HZ[odr] / 2) ** 0.5
        self._scales = 3 * ((dps_per_lsb, noise_dps / dps_per_lsb),) + 3 * ((g_per_lsb, noise_g / g_per_lsb),)
        period_ns = self._paced(1e9 / ODRS_HZ[odr])
        self._began_ns = self.clock.now_ns()
        self._starts_ns = GYRO_START_NS + max(_UNSETTLED * period_ns, _SETTLES_NS)
        self._periods.begin(period_ns)

    def _finish(self, time_ns: int) -> None:
        t_s, gauss, new = time_ns * 1e-9, self._gauss, self._on
        started = min(1.0, (time_ns - self._began_ns) / self._starts_ns)
        octets = b"".join(
            max(-0x8000, min(0x7FFF, round(share * signal(t_s) / lsb + gauss(0.0, noise)))).to_bytes(2, "little", signed=True)
            for signal, (lsb, noise), share in zip(self._signals, self._scales, 3 * (started,) + 3 * (1.0,), strict=True)
        )
        self._words = (octets if new & _GYRO else self._words)[:6] + (octets if new & _ACCEL else self._words)[6:]
        self._status |= new
        if new == _ACCEL | _GYRO and started == 1.0:
            self.produced.append(Produced(time_ns, self._words))
        if new & self._values[INT1_CTRL] and self._values[COUNTER_BDR] & _PULSED:
            self._line.pulse(not self._values[CTRL3_C] & _INT1_LOW, self.clock.now_ns() + _PULSE_NS)
        self._show_latched()

    def _show_latched(self) -> None:
        """INT1 as a level; in pulsed mode it is at rest but for the pulses."""
        low = bool(self._values[CTRL3_C] & _INT1_LOW)
        if not self._values[COUNTER_BDR] & _PULSED:
            self._line.set(bool(self._status & self._values[INT1_CTRL]) != low)
        elif not self._line.pulses:
            self._line.set(low)


_SIGNALS = {"gx": drift(0.012, 0.02, 620.0), "gy": drift(-0.008, 0.015, 540.0), "gz": drift(0.064, 0.01, 710.0)}
SENSOR = Sensor(Lsm6dsoTable, Lsm6dso, {**_SIGNALS, **{name: station_axis(axis) for axis, name in enumerate("xyz")}})
