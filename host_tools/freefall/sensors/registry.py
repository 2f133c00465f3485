"""The sensors there are: those of freefall's own catalogue and those of other installed packages, found by entry point.

A sensor is registered by one line of its package's pyproject.toml:

    [project.entry-points."freefall.sensors"]
    my_part = "my_package.my_part:SENSOR"
"""

from importlib.metadata import entry_points

from .sensor import Sensor

GROUP = "freefall.sensors"

SENSORS: dict[str, Sensor] = {name: entry_points(group=GROUP)[name].load() for name in sorted(entry_points(group=GROUP).names)}
