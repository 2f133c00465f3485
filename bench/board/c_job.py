"""The whole job in C, reading the sensor by DMA as our firmware does, and blocking as the SDK's functions do."""

from collections.abc import Iterator
from pathlib import Path

from .job import Bench, Run, costs, highest_rate, rates
from .machines import ENTRY_CYCLES, c_machine
from .table import Figure

PROGRAMS = {"C, by DMA": "job_dma", "C, blocking": "job_blocking"}
COST_HZ = 1000
RATES_HZ = range(5000, 10001, 250)

_MEASURED_MS = 200


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """Cycles a sample at COST_HZ, and the highest rate without loss."""
    for job, program in PROGRAMS.items():

        def run_at(rate_hz: int, program: str = program) -> Run:
            return Bench(c_machine(programs, program), rate_hz).run(_MEASURED_MS)

        yield from costs(job, run_at(COST_HZ), ENTRY_CYCLES)
        yield from rates(job, *highest_rate(run_at, RATES_HZ))
