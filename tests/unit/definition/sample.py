"""Small sound definitions that the tests spoil, and what they say about them."""

from freefall.definition import Definition, parse_definition
from freefall.definition.drivers import DRIVERS
from freefall.errors import DefinitionError

SOUND = """\
[payload]
name = "shaker"
apid = 64
[link]
transport = "uart0"
baud = 921600
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 400000
[sensor.accel]
driver = "adxl355"
bus = "i2c0"
address = 0x1D
range_g = 2
odr_hz = 1000
[sensor.warmth]
driver = "tmp117"
bus = "i2c0"
address = 0x48
[stream.vibration]
sensor = "accel"
trigger = "data_ready"
pin = 15
max_latency_ms = 100
[stream.temperature]
sensor = "warmth"
trigger = "periodic"
rate_hz = 1.0
"""

FAST = """\
[payload]
name = "fast"
apid = 64
[link]
transport = "uart0"
baud = 921600
[bus.spi0]
kind = "spi"
sck = 18
mosi = 19
miso = 16
freq_hz = 8000000
[bus.i2c1]
kind = "i2c"
scl = 7
sda = 6
freq_hz = 400000
[sensor.accel]
driver = "adxl355"
bus = "spi0"
cs = 17
range_g = 2
odr_hz = 4000
[sensor.warmth]
driver = "tmp117"
bus = "i2c1"
address = 0x48
[sensor.geiger]
driver = "pulse_counter"
pin = 20
[stream.vibration]
sensor = "accel"
trigger = "fifo_watermark"
pin = 15
watermark = 25
timestamps = "hardware"
max_latency_ms = 100
[stream.temperature]
sensor = "warmth"
trigger = "periodic"
rate_hz = 2.0
[stream.dose]
sensor = "geiger"
trigger = "periodic"
rate_hz = 1.0
"""


def spoiled(*edits: tuple[str, str], text: str = SOUND) -> str:
    """A text with the first occurrence of each of the old replaced by the new; each must be there."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def changed(*edits: tuple[str, str], text: str = SOUND, infeasible: bool = False) -> Definition:
    """The definition of a text with the edits made; infeasible: whether or not it can work."""
    return parse_definition(spoiled(*edits, text=text), "payload.toml", infeasible=infeasible)


def drivers_with(key: str) -> str:
    """Which drivers a key is for, as a message says it to one that does not have it."""
    names = [f'"{name}"' for name, table in DRIVERS.items() if key in table.model_fields]
    return f"driver = {' or '.join(names)}" if len(names) <= 3 else "another driver"


def findings(text: str) -> list[str]:
    """`line:col: message` of every finding in a text; empty if it is sound."""
    try:
        parse_definition(text, "payload.toml")
    except DefinitionError as error:
        assert str(error).splitlines() == [str(diagnostic) for diagnostic in error.diagnostics]
        return [str(diagnostic).removeprefix("payload.toml:") for diagnostic in error.diagnostics]
    return []
