"""A pulse counter: what a definition says of it, and a source of pulses for its pin."""

from ...part import Wiring
from ...sensor import Sensor
from .model import MEAN_HZ, WIDTH_NS, PulseSource
from .table import PulseCounterTable

__all__ = ["MEAN_HZ", "SENSOR", "WIDTH_NS", "PulseCounterTable", "PulseSource"]


def _model(wiring: Wiring) -> PulseSource:
    return PulseSource(wiring.clock, wiring.lines["pin"], wiring.seed)


SENSOR = Sensor(PulseCounterTable, _model)
