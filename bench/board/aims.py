"""What the firmware is meant to reach, and whether the figures measured do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .table import Figure


@dataclass(frozen=True, slots=True)
class Aim:
    """For a figure, found by the begin of its name, its case and its column: what it has to be, and what would be best.

    best: a number, or the column of the same case that holds it. Where best is above wanted, more is better.
    """

    name: str
    case: str
    column: str
    wanted: float
    best: float | str

    def fits(self, figure: Figure) -> bool:
        """Whether this aim is for that figure."""
        return figure.name.startswith(self.name) and (figure.case, figure.column) == (self.case, self.column)


AIMS = (
    Aim("framing, an octet more", "accelerometer", "assembler", 12, "C, fused"),
    Aim("the job at its highest rate", "all received", "firmware", 3000, 4000),
    Aim("accelerometer", "FIFO, I2C, 921600 baud", "lost", 0, 0),
    Aim("accelerometer", "FIFO, SPI, 3000000 baud", "lost", 0, 0),
    Aim("the job at 1000 samples/s, time stamp", "least", "firmware", -1, -1),
    Aim("the job at 1000 samples/s, time stamp", "most", "firmware", 1, 1),
    Aim("the job at 1000 samples/s, time stamp", "least", "firmware, stamps by PIO", -1, -1),
    # The pin's synchroniser, the state machine and the DMA take some cycles before they look at the timer.
    Aim("the job at 1000 samples/s, time stamp", "most", "firmware, stamps by PIO", 1, 0.1),
    Aim("UART line in use", "460800 baud", "firmware", 98, 99.5),
    Aim("start", "main.py to the first frame", "firmware", 300, 100),
    Aim("allocator", "gc_alloc and gc_realloc", "firmware", 0, 0),
)


def judged(figures: Iterable[Figure]) -> Iterator[str]:
    """A line for every aim that a figure was measured for."""
    figures = list(figures)
    for aim in AIMS:
        for figure in filter(aim.fits, figures):
            best = _best(aim, figure, figures)
            sign = -1 if aim.wanted < 0 or (best is not None and best > aim.wanted) else 1
            verdict = "missed" if sign * figure.value > sign * aim.wanted else "met"
            if verdict == "met" and best is not None and sign * figure.value <= sign * best:
                verdict = "reached"
            limits = f"wanted {aim.wanted:g}" + ("" if best is None else f", best {best:g}")
            yield f"{verdict:8} {figure.value:g} {figure.unit} ({limits}): {figure.name}; {figure.case}; {figure.column}"


def _best(aim: Aim, figure: Figure, figures: list[Figure]) -> float | None:
    if not isinstance(aim.best, str):
        return aim.best
    same = (one.value for one in figures if (one.name, one.case, one.column) == (figure.name, figure.case, aim.best))
    return next(same, None)
