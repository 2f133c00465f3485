"""Sensirion SCD41: CO2, temperature and humidity, on I2C. Numbers and sections from the data sheet of the SCD4x.

The model takes the commands that measure, stop, identify and switch the self-calibration, and refuses the others. Left out
without a trace: the compensations (temperature offset, altitude, pressure) and what the self-calibration does.
"""

from random import Random
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..channels import Channel, Linear, RawWord
from ..fields import address_of, one_of
from ..part import Clock, ModelError, Produced, Signal, Wiring
from ..periods import Periods
from ..sensirion import CommandTarget, words
from ..sensor import Sensor
from ..signals import drift, temperature_drift
from ..table import BusSensorTable
from ..validity import Check, Crc8, Forbidden

__all__ = ["SENSOR", "Scd41", "Scd41Table"]

_STARTS = {5: 0x21B1, 30: 0x21AC}  # sections 3.6.1 and 3.9.1, by interval in s
_READ_MEASUREMENT, _STOP, _READY = 0xEC05, 0x3F86, 0xE4B8
_SERIAL_NUMBER, _SET_SELF_CALIBRATION, _GET_SELF_CALIBRATION = 0x3682, 0x2416, 0x2313
_WHILE_MEASURING = {_READ_MEASUREMENT, _STOP, _READY}
_WHEN_IDLE = {_SERIAL_NUMBER, _SET_SELF_CALIBRATION, _GET_SELF_CALIBRATION, *_STARTS.values()}
_NOT_MODELLED = {
    0x241D, 0x2318, 0x2427, 0x2322, 0xE000, 0x362F, 0x243A, 0x233F, 0x3615, 0x3639, 0x3632, 0x3646,
    0x202F, 0x219D, 0x2196, 0x36E0, 0x36F6, 0x2445, 0x2340, 0x244E, 0x234B,
}  # fmt: skip
_STOPS_NS = 500_000_000
_TAKES_NS = 1_000_000  # any other command, but those that start it

_CHANNELS = ("co2", "temperature", "humidity")
# Of a measurement (Tables 1 to 3, repeatability).
_REPEATABILITY = {"co2": 10.0, "temperature": 0.1, "humidity": 0.4}
_FULL_SCALE = {"co2": (0.0, 40_000.0), "temperature": (-10.0, 60.0), "humidity": (0.0, 100.0)}
_CO2, _TEMPERATURE, _HUMIDITY = (RawWord(offset, octets=2, order="big", shift=0, width=16, signed=False) for offset in (0, 3, 6))
_STEPS = 0xFFFF  # from -45 degC to 130 degC, and from 0 % to 100 %


class Scd41Table(BusSensorTable):
    """CO2 in ppm, temperature of the air in degC and its relative humidity in %.

    A sample can be read once; a stream that asks before the next is ready gets a bus error, which is counted. Where the air is
    never fresh (400 ppm), as in a station or an incubator, self-calibration would make it wrong.
    """

    driver: Literal["scd41"]
    address: Annotated[address_of(0x62), Field(description="its I2C address")] = 0x62
    interval_s: Annotated[
        one_of(int, tuple(_STARTS)), Field(description="seconds between samples; 30 takes a fifth of the power")
    ] = 5
    self_calibration: Annotated[
        bool, Field(description="whether it takes the lowest CO2 of a week for that of fresh air, 400 ppm")
    ] = False

    FASTEST_HZ: ClassVar[dict[str, int]] = {"i2c": 100_000}
    SAMPLE_LEN: ClassVar[int] = 9
    CHANNELS: ClassVar[tuple[str, ...]] = _CHANNELS
    RATE_KEY: ClassVar[str] = "interval_s"
    READS: ClassVar[tuple[tuple[int, int], ...]] = ((2, SAMPLE_LEN),)
    SETTLE_US: ClassVar[int] = 1000

    def channels(self) -> tuple[Channel, ...]:
        """See SensorTable."""
        return (
            Channel("co2", "ppm", _CO2, Linear(scale=1.0, offset=0.0)),
            Channel("temperature", "degC", _TEMPERATURE, Linear(scale=175 / _STEPS, offset=-45.0)),
            Channel("humidity", "%", _HUMIDITY, Linear(scale=100 / _STEPS, offset=0.0)),
        )

    def checks(self) -> tuple[Check, ...]:
        """See SensorTable: 0 ppm is no measurement, as Sensirion's own examples take it."""
        crcs = (Crc8(3 * at, 2, (name,)) for at, name in enumerate(self.CHANNELS))
        return (*crcs, Forbidden(_CO2, (0,), self.CHANNELS, "invalid sample"))

    def config(self, watermark: int) -> dict[str, int]:
        """See SensorTable: the command that starts it, and the self-calibration's state."""
        return {"start_code": _STARTS[self.interval_s], "self_calibration": int(self.self_calibration)}

    def data_rate_hz(self) -> float:
        """See SensorTable."""
        return 1 / self.interval_s

    def noise(self) -> dict[str, float]:
        """See SensorTable: the repeatability, over the band up to half the rate."""
        return {name: sigma / (self.data_rate_hz() / 2) ** 0.5 for name, sigma in _REPEATABILITY.items()}

    def full_scale(self) -> dict[str, tuple[float, float]]:
        """See SensorTable."""
        return dict(_FULL_SCALE)


class Scd41(CommandTarget):
    """An SCD41 that has finished its power-up: idle.

    signals: seconds -> ppm, degC and %. A measurement appears at the end of each interval, the signals of that instant with the
    repeatability as noise, drawn from `seed`; one that nobody read is replaced, and counted in `replaced`. After a command the
    part acknowledges nothing until it has carried it out. Faults: `absent`, `fail_next`, `power_cycle`.
    """

    part = "SCD41"
    section = "3.2"

    def __init__(
        self, address: int | None, clock: Clock, co2: Signal, temperature: Signal, humidity: Signal, seed: int
    ):  # fmt: skip
        if address != 0x62:
            raise ModelError(self.part, f"its address is 0x62, not {address if address is None else hex(address)}", "2.3")
        super().__init__(address, clock)
        self.replaced = 0
        self._signals = (co2, temperature, humidity)
        random = Random(f"scd41 {address} {seed}")
        self._gauss = random.gauss
        self._serial = [random.randrange(0x10000) for _ in range(3)]
        self._intervals = Periods(clock, self._measure)
        self._power_up()

    def _power_up(self) -> None:
        self._intervals.stop()
        self._measures = False
        self._self_calibration = 1
        self._ready = b""
        self._asked: int | None = None  # the command whose answer can be read

    def _on_power_cycle(self, off_ns: int) -> None:
        self._power_up()

    def _takes(self, command: int) -> bool:
        if command in _NOT_MODELLED:
            raise ModelError(self.part, "the command is not modelled yet", "3.5", command)
        if command not in _WHILE_MEASURING | _WHEN_IDLE:
            raise ModelError(self.part, "there is no such command", "3.5", command)
        if self._measures and command not in _WHILE_MEASURING:
            raise ModelError(self.part, "the part must be idle for this", "3.5", command)
        return True

    def _on_command(self, command: int, arguments: tuple[int, ...]) -> None:
        if len(arguments) != (command == _SET_SELF_CALIBRATION):
            raise ModelError(self.part, f"{len(arguments)} words are not its arguments", "3.5", command)
        self._asked = None
        if command in _STARTS.values():
            self._ready = b""
            self._measures = True
            interval_s = next(interval_s for interval_s, code in _STARTS.items() if code == command)
            self._intervals.begin(interval_s * 1_000_000_000)
        elif command == _STOP:
            self._intervals.stop()
            self._measures = False
            self._ready = b""
            self._silent_for(_STOPS_NS)
        elif command == _SET_SELF_CALIBRATION:
            if arguments[0] > 1:
                raise ModelError(self.part, "self-calibration is 0 or 1", "3.8.2", command, arguments[0])
            self._self_calibration = arguments[0]
            self._silent_for(_TAKES_NS)
        else:
            self._asked = command
            self._silent_for(_TAKES_NS)

    def _measure(self, time_ns: int) -> None:
        co2, degc, percent = (
            signal(time_ns * 1e-9) + self._gauss(0.0, sigma)  # type: ignore[operator]
            for signal, sigma in zip(self._signals, _REPEATABILITY.values(), strict=True)
        )
        self.replaced += bool(self._ready)
        self._ready = words(
            _within(co2, _FULL_SCALE["co2"][1]), _within((degc + 45) / 175 * _STEPS), _within(percent / 100 * _STEPS)
        )
        self.produced.append(Produced(time_ns, self._ready))

    def _answer(self) -> bytes | None:
        if self._asked == _READ_MEASUREMENT:
            return self._ready or None
        if self._asked == _READY:
            return words(0x8006 if self._ready else 0x8000)
        if self._asked == _SERIAL_NUMBER:
            return words(*self._serial)
        if self._asked == _GET_SELF_CALIBRATION:
            return words(self._self_calibration)
        raise ModelError(self.part, "a read, and no command that answers came before", "3.2")

    def _on_answer(self) -> None:
        if self._asked == _READ_MEASUREMENT:
            self._ready = b""

    def _on_answered(self) -> None:
        if self._asked == _READ_MEASUREMENT:
            self._read_out()

    def _on_read_end(self) -> None:
        self._asked = None


def _within(value: float, most: float = 0xFFFF) -> int:
    return round(max(0.0, min(float(most), value)))


def _model(wiring: Wiring) -> Scd41:
    if wiring.lines:
        raise ModelError("SCD41", "it has no interrupt line", "2.1")
    return Scd41(wiring.address, wiring.clock, *(wiring.signals[name] for name in _CHANNELS), wiring.seed)


SENSOR = Sensor(
    Scd41Table,
    _model,
    # The air of a crewed module.
    {"co2": drift(2800.0, 250.0, 1800.0), "temperature": temperature_drift(), "humidity": drift(41.0, 3.0)},
)
