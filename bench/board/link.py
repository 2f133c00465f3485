"""The link at saturation: what share of the time the UART's line is in use when there is more to send than it can carry."""

from collections.abc import Iterator
from pathlib import Path

from .firmware_job import firmware_machine
from .job import Bench
from .machines import c_machine
from .plans import bench_plan
from .table import Figure

# 10 octets a sample: a third more than this line's 46 kB/s.
BAUD = 460_800  # as c/CMakeLists.txt has it
RATE_HZ = 6000

_MEASURED_MS = 300


def measure(programs: Path, image: Path) -> Iterator[Figure]:
    """Per cent of the time, of the firmware and of C."""
    boards = {
        "firmware": firmware_machine(image, bench_plan(RATE_HZ, "interrupt", BAUD)),
        "C, by DMA": c_machine(programs, "job_saturated"),
    }
    for job, machine in boards.items():
        use = Bench(machine, RATE_HZ).run(_MEASURED_MS).line_use
        yield Figure("UART line in use at saturation", "%", f"{BAUD} baud", job, round(100 * use, 2))
