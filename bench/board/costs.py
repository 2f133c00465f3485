"""What the feasibility report goes by (freefall/definition/feasibility/costs.py): microseconds of interrupts, and of the loop.

Interrupts are counted over a run of the firmware with one stream for each kind of read; the loop's passes are timed with the jig,
over rings that are filled by hand.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

from freefall.board.emulated.board import EmulatedBoard
from freefall.decode import Decoder
from freefall.definition import parse_definition
from freefall.definition.feasibility import costs

from .jig import Jig, Mark
from .machines import CYCLES_PER_US, ENTRY_CYCLES, MICROPYTHON, BenchFailed, python_machine, run_until
from .profile import CountingCore, fit_counting_core
from .table import Figure

_S = 1_000_000_000
_SETTLE_S, _MEASURED_S = 0.6, 0.2
_FEW = 10
_SLOW_S = 2.2  # for a sensor of one sample a second
_RETURN_CYCLES = 13  # that the emulator leaves out, as it does those of the entry
_LIMIT_MS = 20_000
_SLOW_HZ = 100_000  # of a bus on which reads meet
# Interrupts by their numbers (RP2040 data sheet, 2.3.2): PIO and pins are triggers, the DMA ends reads.
_FIRST_IRQ = 16
_TRIGGERS, _ENDS = (7, 8, 9, 10, 13), (11, 12)
_DONE, _PASS, _LOOK, _REPORTS = 1, 2, 4, 6
# As the program on the board has them: samples in a packet, octets of a sample, streams.
_CASES = ((0, 9, 1), (1, 9, 1), (5, 9, 1), (25, 9, 1), (1, 2, 1), (50, 2, 1), (1, 30, 1), (7, 30, 1), (0, 9, 4))

_HEAD = """
[payload]
name = "costs"
apid = 64
[link]
transport = "uart0"
baud = 921600
[housekeeping]
period_ms = 60000
[stalls]
foreground_ms = 0
"""
_ON_I2C, _ON_SPI = 'bus = "i2c0"\naddress = 0x1D', 'bus = "spi0"\ncs = 17'
_ACCELEROMETER = '[sensor.s]\ndriver = "adxl355"\nrange_g = 2\nodr_hz = {odr}\n{place}\n[stream.s]\nsensor = "s"\n{trigger}\n'
_I2C = '[bus.i2c0]\nkind = "i2c"\nscl = 5\nsda = 4\nfreq_hz = 1000000\n'
_SPI = '[bus.spi0]\nkind = "spi"\nsck = 18\nmosi = 19\nmiso = 16\nfreq_hz = 8000000\n'
_READY = 'trigger = "data_ready"\npin = 15'
_HARDWARE = '\ntimestamps = "hardware"'
_FIFO = 'trigger = "fifo_watermark"\npin = 15\nwatermark = {}'
_TICK = 'trigger = "periodic"\nrate_hz = 500'

# Kind of read in the table -> cases of it.
KINDS = {
    "transfer": {
        "I2C, data ready": _I2C + _ACCELEROMETER.format(odr=1000, place=_ON_I2C, trigger=_READY),
        "SPI, data ready": _SPI + _ACCELEROMETER.format(odr=1000, place=_ON_SPI, trigger=_READY),
        "I2C, periodic": _I2C + _ACCELEROMETER.format(odr=1000, place=_ON_I2C, trigger=_TICK),
    },
    "stamped": {"I2C, data ready": _I2C + _ACCELEROMETER.format(odr=1000, place=_ON_I2C, trigger=_READY + _HARDWARE)},
    "fifo": {
        "I2C, 8 samples": _I2C + _ACCELEROMETER.format(odr=2000, place=_ON_I2C, trigger=_FIFO.format(8)),
        "SPI, 25 samples": _SPI + _ACCELEROMETER.format(odr=4000, place=_ON_SPI, trigger=_FIFO.format(25)),
    },
    "uart": {
        "a request of 9 octets": '[bus.uart1]\nkind = "uart"\ntx = 8\nrx = 9\nbaud = 9600\n[sensor.s]\ndriver = "mhz19b"\n'
        'bus = "uart1"\n[stream.s]\nsensor = "s"\ntrigger = "periodic"\nrate_hz = 0.9\n'
    },
    "immediate": {
        "counter": f'[sensor.s]\ndriver = "pulse_counter"\npin = 20\n[stream.s]\nsensor = "s"\n{_TICK}\n',
        "converter": f'[sensor.s]\ndriver = "adc"\npin = 26\n[stream.s]\nsensor = "s"\n{_TICK}\n',
    },
}


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """Of every kind of read, of a packet, a sample, a report, a pass; beside each what the table says."""
    for kind, cases in KINDS.items():
        cost = costs.READ_COSTS[kind]
        for case, text in cases.items():
            trigger_us, end_us = _interrupts_us(image, text)
            for what, us, said in (("trigger", trigger_us, cost.trigger_us), ("end", end_us, cost.end_us)):
                for column, value in (("firmware", round(us, 1)), ("table", said)):
                    yield Figure("interrupts of a read", "us", f"{kind}, {what}: {case}", column, value)
    begins_us, next_us = _begins_us(image)
    yield from _both("a read begins after its trigger", begins_us, costs.BEGIN_US)
    yield from _both("a read begins after the one before it", next_us, costs.NEXT_US)
    yield from _foreground(image)


def _both(case: str, firmware_us: float, table_us: float) -> Iterator[Figure]:
    for column, value in (("firmware", round(firmware_us, 1)), ("table", round(table_us, 1))):
        yield Figure("what a read and the loop take", "us", case, column, value)


class _SortingCore(CountingCore):
    """Cycles in interrupts by the exception's number."""

    def __init__(self, mcu):
        super().__init__(mcu)
        self.by_number: dict[int, int] = {}
        self._open: list[tuple[int, int]] = []

    def exception_entry(self, exception_number: int) -> None:
        """Called by the emulator."""
        self._open.append((exception_number, self.cycles))
        super().exception_entry(exception_number)

    def exception_return(self, exc_return: int) -> None:
        """Called by the emulator."""
        super().exception_return(exc_return)
        number, entered = self._open.pop()
        self.by_number[number] = self.by_number.get(number, 0) + self.cycles - entered + ENTRY_CYCLES + _RETURN_CYCLES


def _interrupts_us(image: Path, text: str) -> tuple[float, float]:
    """Microseconds of a read's interrupts: of its trigger, and of its end."""
    definition = parse_definition(_HEAD + text, "costs", infeasible=True)
    board, decoder = EmulatedBoard(definition, image), Decoder(definition)
    core = fit_counting_core(board.machine.mcu, _SortingCore)
    decoder.feed(board.advance(round(_SETTLE_S * _S)))
    before, began_ns = dict(core.by_number), board.now_ns()
    decoder.feed(board.advance(round((_SLOW_S if definition.streams[0].rate_hz <= 1 else _MEASURED_S) * _S)))
    if not decoder.ledger.streams[0].samples:
        raise BenchFailed(f"no samples came of {text}")
    stream = definition.streams[0]
    reads = stream.rate_hz / stream.samples_per_read * (board.now_ns() - began_ns) / _S
    if reads < _FEW:  # so the model counts them
        reads = sum(sample.time_ns > began_ns for sample in board.models[0].read_out)
    cycles = {number: cycles - before.get(number, 0) for number, cycles in core.by_number.items()}
    return tuple(
        sum(cycles.get(_FIRST_IRQ + irq, 0) for irq in irqs) / reads / CYCLES_PER_US for irqs in (_TRIGGERS, _ENDS)
    )


def _begins_us(image: Path) -> tuple[float, float]:
    """Microseconds from an edge to the start condition of its read, and from the stop of a read to the start of the next."""
    second = _ACCELEROMETER.replace("sensor.s", "sensor.t").replace("stream.s", "stream.t").replace('"s"', '"t"')
    texts = (
        _I2C.replace("1000000", f"{_SLOW_HZ}").replace("[bus.i2c0]", "[bus.i2c0]\ntimeout_us = 9000"),
        _ACCELEROMETER.format(odr=250, place=_ON_I2C, trigger=_READY),
        second.format(odr=250, place='bus = "i2c0"\naddress = 0x53', trigger=_READY.replace("15", "14")),
    )
    definition = parse_definition(_HEAD + "".join(texts), "costs", infeasible=True)
    board = EmulatedBoard(definition, image)
    board.advance(round(_SETTLE_S * _S))
    moments: list[tuple[int, str]] = []
    for model in board.models:
        _watch(model, board.machine.clock, moments)
    board.advance(round(_MEASURED_S * _S))
    produced = sorted(sample.time_ns for model in board.models for sample in model.produced)
    begins, gaps, stopped_ns = [], [], None
    for at_ns, what in moments:
        if what == "stop":
            stopped_ns = at_ns
        elif stopped_ns is not None:
            edge_ns = max(time_ns for time_ns in produced if time_ns <= at_ns)
            if edge_ns > stopped_ns:
                begins.append(at_ns - _S // _SLOW_HZ - edge_ns)  # the start condition is a bit long
            else:
                gaps.append(at_ns - _S // _SLOW_HZ - stopped_ns)
    if not begins or not gaps:
        raise BenchFailed(f"{len(begins)} reads found the bus free and {len(gaps)} had to wait for another")
    return median(begins) / 1000, median(gaps) / 1000


def _watch(model, clock, moments: list[tuple[int, str]]) -> None:
    start, stop, busy = model.start, model.stop, [False]

    def on_start(read):
        if not busy[0]:
            moments.append((clock.now_ns(), "start"))
        busy[0] = True
        return start(read)

    def on_stop():
        busy[0] = False
        moments.append((clock.now_ns(), "stop"))
        stop()

    model.start, model.stop = on_start, on_stop


def _foreground(image: Path) -> Iterator[Figure]:
    driver = (MICROPYTHON / "benchsensor.py").read_bytes()
    machine = python_machine(image, "costs", {"freefall_board/drivers/benchsensor.py": driver})
    jig = Jig(machine.mcu)
    run_until(machine, lambda: bool(jig.marks) and jig.marks[-1].number == _DONE, _LIMIT_MS)
    stretches = _stretches(jig.marks)
    each = len(stretches[_PASS]) // len(_CASES)
    for n, (samples, octets, streams) in enumerate(_CASES):
        us = mean(stretches[_PASS][n * each + 1 : (n + 1) * each])
        if samples:
            said = costs.packet_us(samples, octets)
            yield from _both(f"a pass that sends {samples} samples of {octets} octets", us, said)
        else:
            yield from _both(f"a pass with nothing to do, streams: {streams}", us, costs.PASS_US)
            yield from _both(f"a look, streams: {streams}", stretches[_LOOK][n], costs.look_us(streams))
            yield from _both(f"a report, streams: {streams}", stretches[_REPORTS][n] / (streams + 1), costs.REPORT_US)


def _stretches(marks: list[Mark]) -> dict[int, list[float]]:
    """Microseconds from each mark to the next, by the number of the first."""
    stretches: dict[int, list[float]] = {}
    for begin, end in zip(marks, marks[1:], strict=False):
        if end.number == begin.number + 1:
            stretches.setdefault(begin.number, []).append((end.time_ns - begin.time_ns) / 1000)
    return stretches
