"""`Sensor`: all the host knows of one kind of part, under the name that a definition's `driver = ` takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .part import Part, Wiring
from .table import SensorTable


@dataclass(frozen=True, slots=True)
class Sensor:
    """What an entry point of the group "freefall.sensors" names; the entry point's name is the driver's.

    table: the [sensor.NAME] table and the data sheet behind it. model: makes the register-level model of the part; None for one
    that only real boards have. signals: what the model feels unless a scenario says otherwise, by quantity: functions of the
    time in seconds. driver_file: the board's half, NAME.py, where it is not one of the firmware's own drivers.
    """

    table: type[SensorTable]
    model: Callable[[Wiring], Part] | None = None
    signals: Mapping[str, Callable[[float], float]] = field(default_factory=dict)
    driver_file: Path | None = None
