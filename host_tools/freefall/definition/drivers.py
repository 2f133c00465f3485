"""The kinds of sensors a definition can name."""

from functools import reduce
from operator import or_
from typing import Annotated

from pydantic import Field

from ..sensors.registry import SENSORS
from ..sensors.table import SensorTable

DRIVERS: dict[str, type[SensorTable]] = {name: sensor.table for name, sensor in SENSORS.items()}

AnySensor = Annotated[reduce(or_, DRIVERS.values()), Field(discriminator="driver")]
