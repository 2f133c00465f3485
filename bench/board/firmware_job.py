"""The whole job in our firmware."""

from collections.abc import Iterator
from pathlib import Path

from freefall.board.emulated.machine import Machine

from .job import Bench, Run, costs, highest_rate, rates
from .machines import ENTRY_CYCLES, MICROPYTHON, python_machine
from .plans import bench_plan
from .table import Figure

# Job -> kind of time stamps, and the cycles an interrupt needs before it can take one.
JOBS = {"firmware": ("interrupt", ENTRY_CYCLES), "firmware, stamps by PIO": ("hardware", 0)}
COST_HZ = 1000
RATES_HZ = range(1000, 8001, 250)

_MEASURED_MS = 300


def firmware_machine(image: Path, plan: bytes) -> Machine:
    """A board with the firmware as it is and a plan of the bench."""
    driver = (MICROPYTHON / "benchsensor.py").read_bytes()
    return python_machine(image, "firmware", {"plan.json": plan, "freefall_board/drivers/benchsensor.py": driver})


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """As c_job.measure, of the firmware with both kinds of time stamps."""
    for job, (timestamps, entry_cycles) in JOBS.items():

        def run_at(rate_hz: int, timestamps: str = timestamps) -> Run:
            return Bench(firmware_machine(image, bench_plan(rate_hz, timestamps)), rate_hz).run(_MEASURED_MS)

        yield from costs(job, run_at(COST_HZ), entry_cycles)
        yield from rates(job, *highest_rate(run_at, RATES_HZ))
