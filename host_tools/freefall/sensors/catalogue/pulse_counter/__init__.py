"""A pulse counter: what a definition says of it, and a source of pulses for its pin."""

from ...part import Wiring
from ...sensor import Sensor
from ...signals import drift
from .model import SHORTEST_NS, WIDTH_NS, PulseSource
from .table import PulseCounterTable

__all__ = ["SENSOR", "SHORTEST_NS", "WIDTH_NS", "PulseCounterTable", "PulseSource"]


def _model(wiring: Wiring) -> PulseSource:
    dead_time_us = getattr(wiring.options, "dead_time_us", 0.0)
    return PulseSource(wiring.clock, wiring.lines["pin"], wiring.seed, wiring.signals["rate"], round(dead_time_us * 1000))


SENSOR = Sensor(PulseCounterTable, _model, {"rate": drift(20.0, 6.0)})
