"""Analog Devices ADXL355: what a definition says of it, and its model."""

from ...part import Wiring
from ...sensor import Sensor
from ...signals import station_axis
from .model import LSB_PER_G, NOISE_G_PER_RTHZ, RESET_NS, Adxl355
from .table import Adxl355Table

__all__ = ["LSB_PER_G", "NOISE_G_PER_RTHZ", "RESET_NS", "SENSOR", "Adxl355", "Adxl355Table"]


def _model(wiring: Wiring) -> Adxl355:
    x, y, z = (wiring.signals[axis] for axis in ("x", "y", "z"))
    return Adxl355(
        wiring.address,
        wiring.clock,
        wiring.lines.get("data_ready"),
        lambda t_s: (x(t_s), y(t_s), z(t_s)),
        wiring.seed,
        int1=wiring.lines.get("fifo_watermark"),
    )


SENSOR = Sensor(Adxl355Table, _model, {name: station_axis(axis) for axis, name in enumerate(("x", "y", "z"))})
