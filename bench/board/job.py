"""The whole job, from an edge of the data-ready line to the UART: what a sample costs, and the highest rate without loss.

A run is one power-up of a board with the bench's sensor at one rate. It is without loss when every sample the sensor made, from
the first the board took to what is still on its way at the end, came out of the UART in order and octet for octet.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from freefall.board.emulated.i2c import fit_i2c
from freefall.board.emulated.uart import fit_uart
from freefall_wire import frame, packet, timecode

from .jig import Jig
from .machines import CYCLES_PER_US, Machine, run, run_until
from .profile import CountingCore, Cycles, fit_counting_core
from .sensor import SAMPLE_LEN, BenchSensor, sample
from .table import Figure

STREAM_APID = 65
READY_PIN = 15

# What may be on its way at the end of a run: the open packet, and as much again in queue, DMA and UART.
_ON_ITS_WAY = 2 * packet.MAX_LEN // SAMPLE_LEN
_BUS, _UART = 0, 0
_MS = 1_000_000
_START_LIMIT_MS = 2000
_SETTLE_MS = 20
_BITS_PER_OCTET = 10


@dataclass(frozen=True)
class Received:
    """What came out of the UART: (number, octets) of every sample, and (number, on-board time in us) of every packet's first."""

    samples: list[tuple[int, bytes]]
    times_us: list[tuple[int, int]]

    @property
    def wrong(self) -> int:
        """Samples that are not what the sensor made, or do not follow the one before."""
        changed = sum(octets != sample(number) for number, octets in self.samples)
        pairs = zip(self.samples, self.samples[1:], strict=False)
        return changed + sum(after[0] != before[0] + 1 for before, after in pairs)


@dataclass(frozen=True)
class Run:
    """One run at rate_hz. Of the whole run: samples made and received, and how far time stamps are behind their edges. Of the
    time measured: samples made, cycles, and the share of it in which the UART's line was in use.
    """

    rate_hz: int
    made: int
    received: Received
    behind_us: list[float]
    measured: int
    cycles: Cycles
    line_use: float

    @property
    def without_loss(self) -> bool:
        """See the module's text."""
        samples = self.received.samples
        return bool(samples) and not self.received.wrong and self.made - 1 - samples[-1][0] <= _ON_ITS_WAY


class Bench:
    """A board with the bench's sensor on I2C 0 and GP15, and a receiver on UART 0."""

    def __init__(self, machine: Machine, rate_hz: int):
        """machine: that has not run yet; its program marks the tick at which on-board time began."""
        self.machine = machine
        self.rate_hz = rate_hz
        self.jig = Jig(machine.mcu)
        self.core: CountingCore = fit_counting_core(machine.mcu)
        self.octets = bytearray()
        self.sensor = BenchSensor(machine.clock, machine.pin(READY_PIN), rate_hz)
        fit_uart(machine.mcu, _UART, self.octets.append)
        fit_i2c(machine.mcu, _BUS, [self.sensor])

    def run(self, measured_ms: int) -> Run:
        """Run until the sensor samples and everything has found its pace, then measure. Raises BenchFailed if it never does."""
        made = self.sensor.produced
        run_until(self.machine, lambda: bool(made), _START_LIMIT_MS)
        run(self.machine, _SETTLE_MS * _MS)
        made_before, cycles, sent = len(made), self.core.count, len(self.octets)
        run(self.machine, measured_ms * _MS)
        line_ns = (len(self.octets) - sent) * _BITS_PER_OCTET * self.machine.mcu.uart[_UART].bit_ns
        measured, cycles = len(made) - made_before, self.core.count - cycles
        received = _received(bytes(self.octets))
        began_us = self.jig.marks[0].number
        behind_us = [began_us + time_us - made[number].time_ns / 1000 for number, time_us in received.times_us]
        return Run(self.rate_hz, len(made), received, behind_us, measured, cycles, line_ns / (measured_ms * _MS))


def highest_rate(run_at: Callable[[int], Run], rates_hz: range) -> tuple[int, int]:
    """(highest rate without loss, the next one) of rates_hz, found by halving; 0 and the lowest when that one loses already."""
    below, above = 0, len(rates_hz)
    while below < above:
        middle = (below + above) // 2
        if run_at(rates_hz[middle]).without_loss:
            below = middle + 1
        else:
            above = middle
    return (rates_hz[below - 1], rates_hz[below - 1] + rates_hz.step) if below else (0, rates_hz[0])


def costs(job: str, run: Run, entry_cycles: int) -> Iterator[Figure]:
    """What a sample costs the processor in a run, and how its time stamps are.

    entry_cycles: that the processor needs before it can take a time stamp, and the emulator does not.
    """
    cycles, samples = run.cycles, run.measured
    name = f"the job at {run.rate_hz} samples/s"
    yield Figure(name, "cycles/sample", "in interrupts", job, round(cycles.in_interrupts / samples))
    yield Figure(name, "cycles/sample", "in the foreground", job, round((cycles.busy - cycles.in_interrupts) / samples))
    yield Figure(name, "interrupts/sample", "all kinds", job, round(cycles.interrupts / samples, 2))
    for case, function in (("least", min), ("median", median), ("most", max)):
        yield Figure(
            f"{name}, time stamp behind the edge",
            "us",
            case,
            job,
            round(function(run.behind_us) + entry_cycles / CYCLES_PER_US, 3),
        )


def rates(job: str, highest_hz: int, next_hz: int) -> Iterator[Figure]:
    """The two rates of highest_rate()."""
    name = "the job at its highest rate"
    yield Figure(name, "samples/s", "all received", job, highest_hz)
    yield Figure(name, "samples/s", "some lost", job, next_hz)


def _received(octets: bytes) -> Received:
    received = Received([], [])
    skipped = None
    for stretch in frame.FrameDecoder().feed(octets):
        if stretch.packet is None or packet.apid_of(stretch.packet) != STREAM_APID:
            continue
        count, index = packet.stream_of(stretch.packet)
        at = packet.SAMPLES_AT
        if skipped is None:  # the board may have missed samples before its trigger was armed
            skipped = int.from_bytes(stretch.packet[at : at + 4], "little") - index
        seconds, micros = timecode.get_cuc(stretch.packet, packet.STREAM_TIME_AT)
        received.times_us.append((index + skipped, 1_000_000 * seconds + micros))
        for i in range(count):
            received.samples.append((index + skipped + i, stretch.packet[at : at + SAMPLE_LEN]))
            at += SAMPLE_LEN
    return received
