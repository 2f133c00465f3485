"""The accelerometer at its highest rate, every way there is to read it: samples lost on the way to the host, and their cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freefall.board.emulated.board import EmulatedBoard
from freefall.board.simulated import run
from freefall.decode import Decoder
from freefall.definition import parse_definition

from .machines import BenchFailed
from .profile import fit_counting_core
from .table import Figure

ODR_HZ = 4000

_SETTLE_S, _MEASURED_S = 0.1, 0.5
_S = 1_000_000_000

_COMMON = """
[payload]
name = "accelerometer"
apid = 64
discipline = "microgravity"
description = "the accelerometer as fast as it is"
board = "pico"
[housekeeping]
period_ms = 100
[watchdog]
timeout_ms = 0
"""
_BUSES = {
    "I2C": """
[bus.i2c0]
kind = "i2c"
scl = 5
sda = 4
freq_hz = 1000000
timeout_us = 5000
[sensor.accel]
bus = "i2c0"
address = 0x1D
""",
    "SPI": """
[bus.spi0]
kind = "spi"
sck = 18
mosi = 19
miso = 16
freq_hz = 10000000
timeout_us = 2000
[sensor.accel]
bus = "spi0"
cs = 17
""",
}
_SENSOR = f"""
driver = "adxl355"
range_g = 2
odr_hz = {ODR_HZ}
[stream.vibration]
sensor = "accel"
pin = 15
max_latency_ms = 100
"""
_TRIGGERS = {"data ready": 'trigger = "data_ready"\n', "FIFO": 'trigger = "fifo_watermark"\nwatermark = 25\n'}


@dataclass(frozen=True)
class Case:
    """A trigger, a bus and a link."""

    trigger: str
    bus: str
    baud: int

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.trigger}, {self.bus}, {self.baud} baud"

    def definition(self) -> str:
        """The payload definition, TOML."""
        link = f'[link]\ntransport = "uart0"\nbaud = {self.baud}\ntx = 0\nrx = 1\n'
        return _COMMON + link + _BUSES[self.bus] + _SENSOR + _TRIGGERS[self.trigger]


CASES = (
    Case("data ready", "I2C", 921_600),
    Case("data ready", "SPI", 921_600),
    Case("FIFO", "I2C", 921_600),
    Case("FIFO", "SPI", 921_600),
    Case("FIFO", "SPI", 3_000_000),
)


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """Samples lost by the ledger, and cycles a sample, of every case. Raises BenchFailed when a ledger does not close."""
    title = f"accelerometer at {ODR_HZ} samples/s"
    for case in CASES:
        definition = parse_definition(case.definition(), case.name)
        board, decoder = EmulatedBoard(definition, image), Decoder(definition)
        core = fit_counting_core(board.machine.mcu)
        run(board, definition, round(_SETTLE_S * _S), decoder.feed)
        before, began_ns = core.count, board.now_ns()
        run(board, definition, began_ns + round(_MEASURED_S * _S), decoder.feed)
        cycles, samples = core.count - before, ODR_HZ * (board.now_ns() - began_ns) / _S
        ledger = decoder.ledger
        if not ledger.closed:
            raise BenchFailed(f"{case.name}: the ledger does not close: {ledger.reasons}")
        totals = ledger.stream("vibration").totals
        lost = totals.bus_errors + totals.overruns + totals.samples_dropped + totals.lost
        yield Figure(title, "in all", case.name, "samples", totals.seen)
        yield Figure(title, "in all", case.name, "lost", lost)
        per_sample = (
            ("in interrupts", cycles.in_interrupts),
            ("in the foreground", cycles.busy - cycles.in_interrupts),
        )
        for where, count in per_sample:
            yield Figure(title, "cycles/sample", case.name, where, round(count / samples))
