"""Sensirion SLF3S: what a definition says of it, and its model."""

from ...part import ModelError, Wiring
from ...sensor import Sensor
from ...signals import constant, drift, temperature_drift
from .model import FIRST_NS, NOISE_OF_FULL_SCALE, STOPS_NS, UPDATE_NS, Slf3s
from .table import Slf3sTable
from .variants import VARIANTS

__all__ = ["FIRST_NS", "NOISE_OF_FULL_SCALE", "SENSOR", "STOPS_NS", "UPDATE_NS", "VARIANTS", "Slf3s", "Slf3sTable"]


def _model(wiring: Wiring) -> Slf3s:
    if wiring.lines:
        raise ModelError("SLF3S", "it has no interrupt line", "2.1")
    flow, temperature, air = (wiring.signals[quantity] for quantity in ("flow", "temperature", "air"))
    # Which part is fitted stands outside the board's reach; without a table it is the larger one.
    variant = VARIANTS[getattr(wiring.options, "variant", "1300F")]
    return Slf3s(wiring.address, wiring.clock, variant, flow, temperature, air, wiring.seed)


SENSOR = Sensor(Slf3sTable, _model, {"flow": drift(1.2, 0.5, 40.0), "temperature": temperature_drift(), "air": constant(0.0)})
