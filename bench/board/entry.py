"""Interrupt entry: cycles from an edge of a pin to the moment the interrupt's handler reads the timer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median

from rp2040py.irq import IRQ
from rp2040py.rp2040 import RP2040

from .jig import Jig
from .machines import ENTRY_CYCLES, NS_PER_CYCLE, BenchFailed, Machine, c_machine, python_machine, run_until
from .stamps import StampWatch
from .table import Figure
from .xip import MISS_CYCLES, FlashCache

# (handler, foreground) by the mark its phase begins with; the next number ends it.
C_PHASES = {2: ("C", "sleeping"), 4: ("C", "working")}
PYTHON_PHASES = dict(
    zip(
        range(2, 14, 2),
        [(handler, load) for handler in ("bytecode", "viper") for load in ("sleeping", "gc.collect()", "print() to USB")],
        strict=True,
    )
)

_NAME = "interrupt, from edge to time stamp"
_PIN = 15
_DONE = 0
_LIMIT_MS = 3000
# Not a multiple of anything the foreground does, so that edges meet every part of it.
_GAP_CYCLES = (30_000, 60_000)
_HIGH_NS = 50_000


class Edges:
    """Drives a pin at irregular moments, for ever; `times_ns` are those of the rising edges."""

    def __init__(self, machine: Machine, seed: int):
        self.times_ns: list[int] = []
        self._clock, self._pin = machine.clock, machine.pin(_PIN)
        self._random = Random(seed)
        self._fall()

    def _rise(self) -> None:
        now_ns = self._clock.now_ns()
        self.times_ns.append(now_ns)
        self._clock.call_at(now_ns + _HIGH_NS, self._fall)
        self._pin.set(True)

    def _fall(self) -> None:
        self._pin.set(False)
        self._clock.call_at(self._clock.now_ns() + self._random.randint(*_GAP_CYCLES) * NS_PER_CYCLE, self._rise)


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """Least, median and most cycles of every handler over every foreground. Raises BenchFailed when an edge found no handler."""
    yield from _phases(_NAME, c_machine(programs, "entry"), C_PHASES, lambda mcu: None)
    yield from _phases(_NAME, python_machine(image, "entry"), PYTHON_PHASES, lambda mcu: None)


def measure_with_cache(programs: Path, image: Path) -> Iterator[Figure]:
    """As measure(), flash behind a cache that is empty when a phase begins; C runs from flash too."""
    name = f"{_NAME}, flash cache misses of {MISS_CYCLES} cycles"
    yield from _phases(name, c_machine(programs, "entry_in_flash"), C_PHASES, FlashCache)
    yield from _phases(name, python_machine(image, "entry"), PYTHON_PHASES, FlashCache)


def _phases(
    name: str, machine: Machine, phases: dict[int, tuple[str, str]], prepare: Callable[[RP2040], None]
) -> Iterator[Figure]:
    edges, stamps, jig = Edges(machine, seed=1), StampWatch(machine.mcu, IRQ.IO_BANK0), Jig(machine.mcu)
    figures: list[Figure] = []

    def marked(number: int) -> None:
        if number in phases:
            if len(jig.marks) == 1:
                prepare(machine.mcu)
            edges.times_ns.clear()
            stamps.times_ns.clear()
        elif number - 1 in phases:
            figures.extend(_figures(name, *phases[number - 1], edges.times_ns, stamps.times_ns))

    jig.on_mark = marked
    run_until(machine, lambda: bool(jig.marks) and jig.marks[-1].number == _DONE, _LIMIT_MS)
    yield from figures


def _figures(name: str, handler: str, foreground: str, edges_ns: list[int], stamps_ns: list[int]) -> Iterator[Figure]:
    # The last edge may have come just before the phase ended.
    if len(edges_ns) - len(stamps_ns) not in (0, 1):
        raise BenchFailed(f"{handler}, {foreground}: {len(edges_ns)} edges, {len(stamps_ns)} time stamps")
    cycles = [(stamp - edge) // NS_PER_CYCLE + ENTRY_CYCLES for edge, stamp in zip(edges_ns, stamps_ns, strict=False)]
    for what, value in (("min", min(cycles)), ("median", round(median(cycles))), ("max", max(cycles))):
        yield Figure(name, "cycles", f"{foreground}, {what}", handler, value)
