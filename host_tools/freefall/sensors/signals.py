"""What the sensors feel: signals that depend on simulated time alone, so that every run is the same run."""

from collections.abc import Callable
from math import pi, sin

__all__ = ["ROOM_DEGC", "STATION_TONES", "constant", "drift", "station_axis", "station_vibration", "temperature_drift"]

# (frequency in Hz, amplitude in g along x, y, z): the shape of a quiet module, not any one station's record.
# A structural mode, crew motion, a fan, a pump and a centrifuge-like tone, within 142 Hz.
STATION_TONES = (
    (0.1, (20e-6, 12e-6, 8e-6)),
    (1.2, (60e-6, 90e-6, 40e-6)),
    (17.0, (150e-6, 110e-6, 200e-6)),
    (60.0, (400e-6, 700e-6, 350e-6)),
    (142.0, (1.5e-3, 0.9e-3, 1.2e-3)),
)
ROOM_DEGC = 23.0


def station_vibration() -> Callable[[float], tuple[float, float, float]]:
    """A signal of (x, y, z) in g: the station's tones, no gravity."""
    x, y, z = map(station_axis, range(3))
    return lambda t_s: (x(t_s), y(t_s), z(t_s))


def station_axis(axis: int) -> Callable[[float], float]:
    """A signal in g along one axis, 0 to 2: one sine for each of STATION_TONES, each started at another phase."""
    # Phases by the golden angle: tones never start together, and no random numbers are needed.
    plan = tuple((2 * pi * hz, 2.399963 * n, amplitudes[axis]) for n, (hz, amplitudes) in enumerate(STATION_TONES))

    def signal(t_s: float) -> float:
        total = 0.0
        for omega, phase, amplitude in plan:
            total += amplitude * sin(omega * t_s + phase)
        return total

    return signal


def temperature_drift(
    centre_degc: float = ROOM_DEGC, swing_degc: float = 0.8, period_s: float = 5560.0
) -> Callable[[float], float]:
    """A signal in degC: drift() of a room."""
    return drift(centre_degc, swing_degc, period_s)


def drift(centre: float, swing: float, period_s: float = 5560.0) -> Callable[[float], float]:
    """A slow swing about `centre` (default period: one low orbit) and a slower one."""
    omega = 2 * pi / period_s

    def signal(t_s: float) -> float:
        return centre + swing * (sin(omega * t_s) + 0.25 * sin(0.13 * omega * t_s + 1.0))

    return signal


def constant(value: float | tuple[float, ...]) -> Callable[[float], float | tuple[float, ...]]:
    """A signal that is always `value`."""
    return lambda t_s: value
