"""Definitions with one knob each, which brings them to the limit of one rule while all others have room; and what they lose."""

from collections.abc import Callable
from dataclasses import dataclass

from freefall.board.simulated import run
from freefall.board.stalls import StalledBoard, Stalls
from freefall.decode import Summary
from freefall.definition import Definition, Margin, parse_definition
from freefall.errors import BoardError

_NS = 1_000_000_000
_STEPS = 40


@dataclass(frozen=True)
class Case:
    """text(knob) is a definition whose value of `rule` for `subject` rises with the knob, which goes from low to high."""

    rule: str
    subject: str
    text: Callable[[float], str]
    low: float
    high: float
    seconds: float
    clocks: tuple[int, ...] = (1,)  # which way the sensors' clocks are off, each a run of its own

    def definition(self, knob: float) -> Definition:
        """Whatever its report says."""
        return parse_definition(self.text(knob), "case.toml", infeasible=True)

    def line(self, definition: Definition) -> Margin:
        """Of this rule and subject."""
        (line,) = (line for line in definition.margins if (line.rule, line.subject) == (self.rule, self.subject))
        return line

    def at(self, share: float) -> Definition:
        """The definition whose value is that share of its limit, as near as the knob goes."""
        low, high = self.low, self.high
        for _ in range(_STEPS):
            middle = (low + high) / 2
            line = self.line(self.definition(middle))
            low, high = (middle, high) if line.value < share * line.limit else (low, middle)
        return self.definition(high)

    def lost(self, definition: Definition) -> dict[str, int]:
        """What is lost, by how the ledger calls it, on a board with the stalls that the definition declares; {} is nothing."""
        losses: dict[str, int] = {}
        for clock in self.clocks:
            board = StalledBoard(definition, Stalls.declared(definition, clock))
            for name, count in lost_on(board, definition, self.seconds).items():
                losses[name] = losses.get(name, 0) + count
        return losses


def lost_on(board, definition: Definition, seconds: float) -> dict[str, int]:
    """What a run of so long loses, by how the ledger calls it; "board" when it did not get to its end."""
    summary = Summary(definition)
    failed = 0
    try:
        run(board, definition, round(seconds * _NS), summary.feed)
    except BoardError:
        failed = 1
    ledger = summary.decoder.ledger
    totals = [stream.totals for stream in ledger.streams]
    counts = {
        "bus errors": sum(own.bus_errors for own in totals),
        "overruns": sum(own.overruns for own in totals),
        "dropped": sum(own.samples_dropped for own in totals),
        "late": sum(own.late for own in totals),
        "gaps": sum(own.gaps + own.missing_after_report for own in totals),
        "board": failed,
        "never read": sum(_never_read(stream, board, definition) for stream in definition.streams),
    }
    return {name: count for name, count in counts.items() if count}


def _never_read(stream, board, definition: Definition) -> int:
    """Samples that a sensor announced and nobody read, whatever the ledger says: its model knows both."""
    sensor = next(sensor for sensor in definition.sensors if sensor.name == stream.sensor)
    model = board.models[sensor.number]
    if stream.trigger not in ("data_ready", "fifo_watermark") or not model.read_out:
        return 0
    first_ns, last_ns = model.read_out[0].time_ns, model.read_out[-1].time_ns
    made = sum(first_ns < sample.time_ns <= last_ns for sample in model.produced)
    # What the sensor holds is no loss.
    return max(0, made - len(model.read_out) - max(1, sensor.table.FIFO_SAMPLES))


HEAD = """\
[payload]
name = "case"
apid = 64
[link]
transport = "uart0"
baud = {baud}
[housekeeping]
period_ms = 1000
[watchdog]
timeout_ms = {watchdog}
[stalls]
interrupts_off_ms = {off:.6f}
foreground_ms = {pause:.6f}
"""
SPI = """\
[bus.spi0]
kind = "spi"
sck = 18
mosi = 19
miso = 16
freq_hz = {freq}
timeout_us = 100000
"""
I2C = """\
[bus.i2c{0}]
kind = "i2c"
scl = {1}
sda = {2}
freq_hz = {3}
timeout_us = {4}
"""
ACCELEROMETER = """\
[sensor.{name}]
driver = "adxl355"
{place}
range_g = 2
odr_hz = {odr}
[stream.{name}]
sensor = "{name}"
{trigger}
"""


def head(*, baud: int = 921600, watchdog: int = 0, off: float = 0.0, pause: float = 0.0) -> str:
    """Everything but buses, sensors and streams; stalls in ms."""
    return HEAD.format(baud=baud, watchdog=watchdog, off=off, pause=pause)


def spi(freq: float = 8_000_000) -> str:
    """An SPI bus."""
    return SPI.format(freq=round(freq))


def i2c(freq: float = 1_000_000, timeout_us: int = 100_000, number: int = 0) -> str:
    """An I2C bus."""
    return I2C.format(number, *((5, 4), (7, 6))[number], round(freq), timeout_us)


def accelerometer(odr: float, trigger: str, name: str = "accel", place: str = 'bus = "spi0"\ncs = 17') -> str:
    """A sensor and its stream."""
    return ACCELEROMETER.format(name=name, odr=odr, trigger=trigger, place=place)


READY = 'trigger = "data_ready"\npin = 15\ntimestamps = "hardware"\n'
READY_BY_INTERRUPT = 'trigger = "data_ready"\npin = 15\n'
FIFO = 'trigger = "fifo_watermark"\npin = 15\ntimestamps = "hardware"\nwatermark = {}\n'
FIFO_BY_INTERRUPT = 'trigger = "fifo_watermark"\npin = 15\nwatermark = {}\n'


def _ring(pause: float) -> str:
    return head(pause=pause) + spi() + accelerometer(500, READY + "max_latency_ms = 40\nring_depth = 128")


def _ring_of_bursts(pause: float) -> str:
    return head(pause=pause) + spi() + accelerometer(1000, FIFO.format(8) + "ring_depth = 32")


def _queue(pause: float) -> str:
    return head(pause=pause) + spi() + accelerometer(4000, FIFO.format(25) + "ring_depth = 128")


def _fifo(off: float) -> str:
    return head(off=off) + spi() + accelerometer(500, FIFO.format(8))


def _in_time_with_interrupts_off(off: float) -> str:
    return head(off=off) + spi() + accelerometer(250, READY)


def _in_time_with_neighbours(bit_ns: float) -> str:
    # Whose ticks meet the other's samples in every phase.
    second = accelerometer(125, 'trigger = "periodic"\nrate_hz = 97', "other", 'bus = "i2c0"\naddress = 0x53')
    return head() + i2c(1e9 / bit_ns) + accelerometer(500, READY, place='bus = "i2c0"\naddress = 0x1D') + second


def _stamp(off: float) -> str:
    return head(off=off) + spi() + accelerometer(250, READY_BY_INTERRUPT)


def _stamp_of_bursts(off: float) -> str:
    return head(off=off) + spi() + accelerometer(500, FIFO_BY_INTERRUPT.format(9))


def _stamp_of_ticks(off: float) -> str:
    trigger = 'trigger = "periodic"\nrate_hz = 200\n'
    return head(off=off) + spi() + accelerometer(250, trigger)


def _bus(bit_ns: float) -> str:
    return head() + i2c(1e9 / bit_ns) + accelerometer(1000, FIFO.format(8), place='bus = "i2c0"\naddress = 0x1D')


def _bus_with_interrupts_off(bit_ns: float) -> str:
    return head(off=2) + i2c(1e9 / bit_ns) + accelerometer(1000, FIFO.format(8), place='bus = "i2c0"\naddress = 0x1D')


def _processor(rate_hz: float) -> str:
    streams = "".join(
        f'[stream.s{n}]\nsensor = "accel"\ntrigger = "periodic"\nrate_hz = {rate_hz}\nmax_latency_ms = 10\n' for n in range(8)
    )
    sensor = accelerometer(1000, "").partition("[stream")[0]
    return head(pause=5, baud=3_000_000) + spi() + sensor + streams


def _link(octet_us: float) -> str:
    return head(baud=round(10e6 / octet_us), pause=10) + spi() + accelerometer(2000, FIFO.format(25))


def _watchdog(pause: float) -> str:
    return head(pause=pause, watchdog=500) + spi() + accelerometer(125, READY)


def _timeout(inverse: float) -> str:
    sensor = accelerometer(500, READY, place='bus = "i2c0"\naddress = 0x1D')
    # A pause, for the loop's looks to meet the reads in every phase.
    return head(pause=7) + i2c(100_000, round(1e6 / inverse)) + sensor


CASES = {
    "ring, by a pause of the loop": Case("ring", "[stream.accel]", _ring, 1, 400, 20),
    "ring of bursts, by a pause of the loop": Case("ring", "[stream.accel]", _ring_of_bursts, 1, 500, 20),
    "queue of the link, by a pause of the loop": Case("link queue", "link", _queue, 1, 400, 10),
    "FIFO, by interrupts off": Case("FIFO", "[stream.accel]", _fifo, 1, 90, 15),
    "read in time, by interrupts off": Case("read in time", "[stream.accel]", _in_time_with_interrupts_off, 0.1, 6, 5),
    "read in time, by a neighbour on the bus": Case("read in time", "[stream.accel]", _in_time_with_neighbours, 1000, 20_000, 10),
    "time stamp, by interrupts off": Case("time stamp", "[stream.accel]", _stamp, 0.1, 4, 5, (1, -1)),
    "time stamp of bursts, by interrupts off": Case("time stamp", "[stream.accel]", _stamp_of_bursts, 0.1, 14, 8, (1, -1)),
    "time stamp of ticks, by interrupts off": Case("time stamp", "[stream.accel]", _stamp_of_ticks, 0.1, 6, 8),
    "bus time": Case("bus time", "i2c0", _bus, 1000, 50_000, 8),
    "bus time, by interrupts off": Case("bus time", "i2c0", _bus_with_interrupts_off, 1000, 50_000, 8),
    "processor time, by pauses of the loop": Case("processor time", "board", _processor, 100, 198, 8),
    "link load": Case("link load", "link", _link, 10, 100, 12),
    "watchdog, by a pause of the loop": Case("watchdog", "board", _watchdog, 100, 900, 14),
    "bus timeout": Case("bus timeout", "i2c0", _timeout, 100, 10_000, 8),
}
