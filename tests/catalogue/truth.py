"""What a payload's channels should say, given what its sensors feel: between two values, for every sample.

A part says what it felt at some moment before it was asked: its own conversions come when they come, and each takes its time. So
a value may be anything the signal was in that while (`age_s`), give or take a step of the part and its noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

from freefall.definition import Sensor, Stream
from freefall.sensors.registry import SENSORS
from oracle.calibrations import calibrated
from oracle.sensor_values import platinum_ohm

SIGMAS = 6.0
_INSTANTS = 12  # of a while, at which the signal is looked at
_LATE_S = 0.002  # from a trigger to the read, and between power-up and the beginning of on-board time

Signal = Callable[[float], float]


@dataclass(frozen=True)
class Expected:
    """A channel's signal in the unit of `values`, its steps, and its noise (one standard deviation).

    values: of a number in that unit the channel's value; rising or falling throughout.
    """

    signal: Signal
    step: float
    sigma: float
    age_s: float
    values: Callable[[float], float | None] = float

    def range_at(self, t_s: float) -> tuple[float, float]:
        """The least and the most that the channel may say of time t_s; nothing is known of one without a value at either end."""
        felt = [self.signal(max(0.0, t_s + _LATE_S - n * (self.age_s + _LATE_S) / _INSTANTS)) for n in range(_INSTANTS + 1)]
        off = SIGMAS * self.sigma + 1.5 * self.step
        ends = [self.values(min(felt) - off), self.values(max(felt) + off)]
        return min(ends), max(ends)


# One standard deviation where the table of a sensor has none, from host_tools/freefall/sensors/README.md, and steps of words.


def _ads1115_step(table) -> float:
    return table.range_v / 32768


def _basic_count(table) -> float:
    return 1 / (table.gain * (table.atime + 1) * (table.astep + 1) * 2.78e-3)


def _lux_a_count(table) -> float:
    return 408 / (table.integration_ms * table.gain)


def _veml_lux(table) -> float:
    return 0.0042 * (800 / table.integration_ms) * (2 / table.gain)


# driver: channel: (step, sigma or None for the table's), each of the sensor's table
STEPS: dict[str, dict[str, Callable]] = {
    "adc": {"voltage": lambda t: (t.reference_v / 4096, None)},
    "ads1115": {"voltage": lambda t: (_ads1115_step(t), None)},
    "ads1256": {"voltage": lambda t: (2 * t.reference_v / t.gain / (2**23 - 1), None)},
    "adxl355": dict.fromkeys("xyz", lambda t: (t.range_g / 2 / 256000, None)),
    "as7341": dict.fromkeys(("f5", "f6", "f7", "f8", "clear", "nir"), lambda t: (_basic_count(t), _basic_count(t))),
    "bme280": {
        "temperature": lambda t: (0.005, None),
        "pressure": lambda t: (2.7, None),
        "humidity": lambda t: (0.01, None),
    },
    "bmp390": {"pressure": lambda t: (2.64, 2.64 / t.pressure_oversampling), "temperature": lambda t: (0.005, 0.005)},
    "ina219": {
        "current": lambda t: (1e-5 / t.shunt_ohm, 1e-5 / t.shunt_ohm),
        "bus_voltage": lambda t: (4e-3, 4e-3),
        "shunt_voltage": lambda t: (1e-5, 1e-5),
    },
    "ina226": {
        "current": lambda t: (2.5e-6 / t.shunt_ohm, 2.5e-6 / t.shunt_ohm),
        "bus_voltage": lambda t: (1.25e-3, 1.25e-3),
        "shunt_voltage": lambda t: (2.5e-6, 2.5e-6),
    },
    "lsm6dso": dict.fromkeys(("gx", "gy", "gz"), lambda t: (t.range_dps * 35e-6, None))
    | dict.fromkeys("xyz", lambda t: (t.range_g * 30.5e-6, None)),
    "max30102": dict.fromkeys(("red", "ir"), lambda t: (t.adc_range_na / 2**18, 0.05)),
    "max31865": {
        "temperature": lambda t: (t.reference_ohm / 32768 / t.rtd_ohm / 3.5e-3, None),
        "resistance": lambda t: (t.reference_ohm / 32768, None),
    },
    "mhz19b": {"co2": lambda t: (1.0, 5.0)},
    "rm3100": dict.fromkeys(("bx", "by", "bz"), lambda t: (1 / (0.3671 * t.cycle_count), None)),
    "scd41": {"co2": lambda t: (1.0, None), "temperature": lambda t: (0.003, None), "humidity": lambda t: (0.002, None)},
    "slf3s": {"flow": lambda t: (0.002, 0.04), "temperature": lambda t: (0.005, 0.03)},
    "tmp117": {"temperature": lambda t: (0.0078125, 0.0078125)},
    "tsl2591": {
        "ch0": lambda t: (1.0, 1.0),
        "ch1": lambda t: (1.0, 1.0),
        # (ch0 - ch1)^2 / ch0, with a fifth of ch0 in ch1, changes by 0.96 and 1.6 of a count of either.
        "illuminance": lambda t: (2 * _lux_a_count(t), 2 * _lux_a_count(t)),
    },
    "veml7700": {"illuminance": lambda t: (1.1 * _veml_lux(t), 0.55 * _veml_lux(t)), "white": lambda t: (1.0, 0.5)},
}


def expectations(stream: Stream, sensor: Sensor, felt: Mapping[str, Signal] | None, calibrations: dict) -> dict[str, Expected]:
    """By channel, of those whose value at an instant is known: not of counts, nor of flags.

    felt: the scenario's signals of the sensor; calibrations: the definition's own, as tables.
    """
    table, signals = sensor.table, {**SENSORS[sensor.driver].signals, **(felt or {})}
    noise, rate_hz = table.noise(), table.data_rate_hz()
    band_hz = table.bandwidth_hz()
    # Whose line tells of a sample has just made it; another is asked while it makes the next.
    periods = 1 if stream.trigger in ("data_ready", "fifo_watermark") else 2
    age_s = periods / (stream.rate_hz if sensor.driver == "slf3s" else rate_hz)
    expected = {}
    for channel, facts in STEPS.get(sensor.driver, {}).items():
        step, sigma = facts(table)
        if sigma is None:
            sigma = noise[channel] * sqrt(band_hz.get(channel, rate_hz / 2))
        own = calibrations.get(channel)
        values = float
        if own:  # of the code; STEPS has the volts that one is worth

            def values(voltage, own=own, step=step):
                return calibrated(own, voltage / step)

        expected[channel] = Expected(_signal(sensor, channel, signals), step, sigma, age_s, values)
    return expected


def _signal(sensor: Sensor, channel: str, signals: Mapping[str, Signal]) -> Signal:
    """What a channel should show: what the part feels, or what follows from it."""
    table = sensor.table
    if channel == "shunt_voltage":
        return lambda t_s: signals["current"](t_s) * table.shunt_ohm
    if channel == "resistance":
        return lambda t_s: platinum_ohm(signals["temperature"](t_s), table.rtd_ohm)
    if channel == "ch0":
        return lambda t_s: signals["illuminance"](t_s) / _lux_a_count(table) / (1 - signals["infrared"](t_s)) ** 2
    if channel == "ch1":
        broadband = _signal(sensor, "ch0", signals)
        return lambda t_s: broadband(t_s) * signals["infrared"](t_s)
    if channel == "white":
        return lambda t_s: _als_count(signals["illuminance"](t_s), _veml_lux(table)) * signals["white_ratio"](t_s)
    return signals[channel]


def _als_count(lux: float, lux_a_count: float) -> float:
    """The count that the VEML7700's polynomial makes `lux` of, by halving."""
    low, high = 0.0, 65535.0
    for _ in range(60):
        middle = (low + high) / 2
        raw = middle * lux_a_count
        told = 6.0135e-13 * raw**4 - 9.3924e-9 * raw**3 + 8.1488e-5 * raw**2 + 1.0023 * raw
        low, high = (middle, high) if told < lux else (low, middle)
    return low
