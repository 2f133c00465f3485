"""Bosch BMP390: what a definition says of it, and its model."""

from ...part import Wiring
from ...sensor import Sensor
from ...signals import drift, temperature_drift
from .model import PULSE_NS, STARTUP_NS, Bmp390
from .table import Bmp390Table

__all__ = ["PULSE_NS", "SENSOR", "STARTUP_NS", "Bmp390", "Bmp390Table"]


def _model(wiring: Wiring) -> Bmp390:
    return Bmp390(wiring.address, wiring.clock, wiring.signals, wiring.seed, wiring.lines.get("data_ready"))


SENSOR = Sensor(Bmp390Table, _model, {"pressure": drift(101_325.0, 150.0), "temperature": temperature_drift()})
