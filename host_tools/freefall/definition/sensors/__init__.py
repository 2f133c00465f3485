"""The catalogue of sensors. A new driver is one file beside this one and one line in CATALOGUE."""

from functools import reduce
from operator import or_
from typing import Annotated, get_args

from pydantic import Field

from .adxl355 import Adxl355
from .base import SensorTable
from .pulse_counter import PulseCounter
from .tmp117 import Tmp117

CATALOGUE: tuple[type[SensorTable], ...] = (
    Adxl355,
    PulseCounter,
    Tmp117,
)


def driver_name(table: type[SensorTable]) -> str:
    """The word that `driver = ` takes for a sensor of the catalogue."""
    return get_args(table.model_fields["driver"].annotation)[0]


DRIVERS = {driver_name(table): table for table in CATALOGUE}

AnySensor = Annotated[reduce(or_, CATALOGUE), Field(discriminator="driver")]
