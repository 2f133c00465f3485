"""The sensors there are: those of freefall's own catalogue and those of other installed packages, found by entry point.

A sensor is registered by one line of its package's pyproject.toml:

    [project.entry-points."freefall.sensors"]
    my_part = "my_package.my_part:SENSOR"
"""

from importlib.metadata import entry_points

from .sensor import Sensor

GROUP = "freefall.sensors"

SENSORS: dict[str, Sensor] = {}
# Those that cannot be loaded, with the reason: a broken package must not keep the others from working.
BROKEN: dict[str, str] = {}

for _entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
    try:
        SENSORS[_entry.name] = _entry.load()
    except Exception as _error:  # somebody else's code may fail in any way
        BROKEN[_entry.name] = f"{_entry.value} cannot be loaded ({type(_error).__name__}: {_error})"
