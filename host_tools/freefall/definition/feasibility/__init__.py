"""Can it work? Every rule of README.md, as lines of a report: a number, its limit, and how much is left.

What does not hold is a finding of the definition, too. Rules look at what is sound: if that is too much, so is the whole.
"""

from ..draft import Draft
from .board import garbage_collection, recording_size, watchdog
from .buses import bus_time, timeouts
from .fifo import fifo_depth
from .link import link_load, link_queue
from .margin import Margin
from .processor import processor_time
from .resources import addresses, dma_channels, pins, state_machines
from .rings import memory, ring_depth
from .sight import claims, iss_crossovers
from .timing import reads_in_time, time_stamps

__all__ = ["LOADS", "RESOURCES", "Margin", "judge"]

# In this order: a stream that one rule refuses is not judged by those after it, so that one fault is told once.
LOADS = (
    fifo_depth,
    link_load,
    timeouts,
    bus_time,
    reads_in_time,
    time_stamps,
    processor_time,
    link_queue,
    ring_depth,
    watchdog,
    memory,
    claims,
    iss_crossovers,
    garbage_collection,
    recording_size,
)
RESOURCES = (state_machines, dma_channels, addresses, pins)


def judge(draft: Draft, rules=LOADS, refuse: bool = True) -> list[Margin]:
    """The lines of the rules; unless refuse is False, those that do not hold are reported as findings."""
    lines = []
    for rule in rules:
        for line in list(rule(draft)):
            lines.append(line)
            if refuse and not line.holds:
                draft.refuse(line.path, line.finding, line.default)
    return lines
