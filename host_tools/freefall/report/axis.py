"""Where a number is on paper, and which numbers stand beside it."""

from dataclasses import dataclass
from math import ceil, floor, log10

# Numbers beyond have an exponent.
_LONG = 1e7
_DECIMALS = 6

_TIME_UNITS = ((172_800, 86_400, "d"), (7200, 3600, "h"), (180, 60, "min"), (0, 1, "s"))


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` at place `start` to `high` at place `stop`; low < high."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value):
        """The place of a value, or of an array of them."""
        return self.start + (value - self.low) * ((self.stop - self.start) / (self.high - self.low))

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Round numbers within, at most `most` or so, each with its label."""
        step = _round_step((self.high - self.low) / most)
        power = floor(log10(step) + 1e-9)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        values = [number * step + 0.0 for number in range(first, last + 1)]
        greatest = max(abs(self.low), abs(self.high))
        if greatest >= _LONG or power < -_DECIMALS:
            digits = max(0, floor(log10(greatest)) - power)
            return [(value, f"{value:.{digits}e}" if value else "0") for value in values]
        return [(value, f"{value:.{max(0, -power)}f}") for value in values]


def time_axis(seconds: float, start: float, stop: float) -> tuple[Axis, float, str]:
    """The axis of a run of so many seconds, its unit in seconds, and the unit's name."""
    _, size, name = next(unit for unit in _TIME_UNITS if seconds >= unit[0])
    return Axis(0.0, max(seconds, 1e-3) / size, start, stop), size, name


def value_axis(low: float, high: float, start: float, stop: float) -> Axis:
    """An axis that holds all from low to high with some room around it."""
    room = (high - low) * 0.06 or abs(high) * 0.05 or 1.0
    return Axis(low - room, high + room, start, stop)


def _round_step(least: float) -> float:
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
