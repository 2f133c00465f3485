"""Bosch BME280: what a definition says of it, and its model."""

from ...part import ModelError, Wiring
from ...sensor import Sensor
from ...signals import drift, temperature_drift
from .model import STARTUP_NS, Bme280
from .table import Bme280Table

__all__ = ["SENSOR", "STARTUP_NS", "Bme280", "Bme280Table"]


def _model(wiring: Wiring) -> Bme280:
    if wiring.lines:
        raise ModelError("BME280", "it has no line but its bus", "7.1")
    return Bme280(wiring.address, wiring.clock, wiring.signals, wiring.seed)


_CABIN = {"temperature": temperature_drift(), "pressure": drift(101_325.0, 150.0), "humidity": drift(45.0, 4.0)}
SENSOR = Sensor(Bme280Table, _model, _CABIN)
