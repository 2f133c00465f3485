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

# Every section and most keys of the language.
RICH = """\
[payload]
name = "rich"
apid = 64
[link]
transport = "uart0"
baud = 921600
[stalls]
foreground_ms = 100
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 400000
[bus.uart1]
kind = "uart"
tx = 8
rx = 9
baud = 9600
[sensor.accel]
driver = "adxl355"
bus = "i2c0"
address = 0x1D
range_g = 2
odr_hz = 125
[sensor.air]
driver = "mhz19b"
bus = "uart1"
[sensor.tube]
driver = "pulse_counter"
pin = 20
[sensor.light]
driver = "adc"
pin = 26
[sensor.gas]
driver = "registers"
bus = "i2c0"
address = 0x19
identity = {at = 0x0F, octets = [0x33]}
setup = [{at = 0x20, octets = [0x57]}, {at = 0x24, octets = [0x80, 1], verify = false}]
read = {at = 0xA8, octets = 6}
rate_hz = 100
[stream.vibration]
sensor = "accel"
trigger = "data_ready"
pin = 15
sample_times = true
[stream.vibration.calibration.x]
scale = 4e-6
offset = -0.1
unit = "g"
[stream.vibration.calibration.y]
coefficients = [0, 4e-6, 1e-15]
[stream.vibration.calibration.z]
points = [[-100, -1], [0, 0.5], [100, 2]]
[stream.vibration.claim.x]
amplitude = 1
low_hz = 1
high_hz = 20
standard = "iss"
[stream.events]
sensor = "tube"
trigger = "pulse"
max_rate_hz = 20
[stream.light]
sensor = "light"
trigger = "periodic"
rate_hz = 10
calibration.voltage = {points = [[0, 0], [4095, 100]], unit = "lux"}
[stream.gas]
sensor = "gas"
trigger = "periodic"
rate_hz = 10
[stream.gas.field.x]
octet = 0
octets = 2
order = "little"
shift = 4
width = 12
signed = true
[limits.vibration.x]
watch = [-1, 1]
warning = [-1.5, 1.5]
critical = [-2, 2]
[limits.gas.x]
watch = [0, 1]
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
