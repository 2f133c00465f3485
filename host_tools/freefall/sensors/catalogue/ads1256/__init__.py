"""Texas Instruments ADS1256: what a definition says of it, and its model."""

from ...sensor import Sensor
from ...signals import drift
from .model import Ads1256
from .table import GAINS, INPUTS, RATES, Ads1256Table

__all__ = ["GAINS", "INPUTS", "RATES", "SENSOR", "Ads1256", "Ads1256Table"]

SENSOR = Sensor(Ads1256Table, Ads1256, {"voltage": drift(0.011, 0.004, 90.0)})
