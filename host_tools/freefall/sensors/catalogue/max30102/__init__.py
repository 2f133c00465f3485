"""Maxim MAX30102: what a definition says of it, and its model."""

from math import exp, pi, sin

from ...part import ModelError, Wiring
from ...sensor import Sensor
from .model import NOISE_NA, RESET_NS, Max30102
from .table import Max30102Table

__all__ = ["NOISE_NA", "RESET_NS", "SENSOR", "Max30102", "Max30102Table"]

_HEART_HZ, _BREATH_HZ = 1.1, 0.24


def _finger(mean_na: float, pulse: float):
    """The photocurrent behind a finger: with each beat of the heart `pulse` of it less, and a little less with each breath."""

    def signal(t_s: float) -> float:
        beat = t_s * _HEART_HZ % 1.0
        # The wave of the pulse, and its echo from the small arteries.
        blood = exp(-(((beat - 0.2) / 0.09) ** 2)) + 0.45 * exp(-(((beat - 0.5) / 0.14) ** 2))
        return mean_na * (1 - pulse * blood + 0.004 * sin(2 * pi * _BREATH_HZ * t_s))

    return signal


def _model(wiring: Wiring) -> Max30102:
    if len(wiring.lines) > 1:
        raise ModelError("MAX30102", "it has one interrupt pin, for one stream", "Pin Configuration")
    interrupt = next(iter(wiring.lines.values()), None)
    return Max30102(wiring.address, wiring.clock, interrupt, wiring.signals["red"], wiring.signals["ir"], wiring.seed)


SENSOR = Sensor(Max30102Table, _model, {"red": _finger(900.0, 0.009), "ir": _finger(1300.0, 0.016)})
