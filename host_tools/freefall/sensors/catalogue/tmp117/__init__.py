"""Texas Instruments TMP117: what a definition says of it, and its model."""

from ...part import ModelError, Wiring
from ...sensor import Sensor
from ...signals import temperature_drift
from .model import ACTIVE_NS, AVERAGES, CYCLE_NS, LSB_DEGC, RESET_NS, Tmp117
from .table import Tmp117Table

__all__ = ["ACTIVE_NS", "AVERAGES", "CYCLE_NS", "LSB_DEGC", "RESET_NS", "SENSOR", "Tmp117", "Tmp117Table"]


def _model(wiring: Wiring) -> Tmp117:
    if wiring.address is None:
        raise ModelError("TMP117", "it has an address and no SPI", "7.5.3.1.2")
    if wiring.lines:
        raise ModelError("TMP117", "data ready on the ALERT pin is not modelled yet, and it has no FIFO", "Table 7-6, DR/Alert")
    return Tmp117(wiring.address, wiring.clock, wiring.signals["temperature"], wiring.seed)


SENSOR = Sensor(Tmp117Table, _model, {"temperature": temperature_drift()})
