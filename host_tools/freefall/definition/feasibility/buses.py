"""Whether the buses have time for the reads that the streams ask for. Models: README.md, "bus time" and "bus timeout"."""

import math
from collections.abc import Iterator

from ..diagnostics import table_name
from ..draft import Draft, Flow
from . import costs
from .margin import Margin
from .work import STALL_SHARE, read_us, reads_per_s, wires_us

_US = 1_000_000


def timeouts(draft: Draft) -> Iterator[Margin]:
    """The longest read of each bus against the bus's timeout, which it must not exceed with nothing wrong."""
    longest: dict[str, tuple[float, str]] = {}  # bus -> (us, sensor) of its longest read
    for path in draft.tables("sensor"):
        sensor = draft.table(path) if draft.driver(path[1]) else None
        bus = getattr(sensor, "bus", None)
        if bus is not None and (table := draft.bus(bus)):
            longest[bus] = max(longest.get(bus, (0.0, "")), (wires_us(table, sensor.reads()), table_name(path)))
    for flow in _on_buses(draft):
        taken_us = wires_us(flow.bus, flow.sensor.reads(), flow.packing.samples_per_read)
        longest[flow.bus_name] = max(longest[flow.bus_name], (taken_us, flow.sensor_name))
    for name, (taken_us, sensor) in longest.items():
        least = math.ceil(taken_us)
        yield Margin(
            rule="bus timeout",
            subject=name,
            path=("bus", name, "timeout_us"),
            value=least,
            limit=draft.bus(name).timeout_us,
            unit="us",
            sentence=f"one read of {sensor} takes up to {taken_us:.0f} us on {name}",
            complaint="is too short",
            remedy=f"the least is {least}",
        )


def bus_time(draft: Draft) -> Iterator[Margin]:
    """The time that the reads of all its streams take of each bus, against what stalls leave of a second."""
    stalls = draft.stalls()
    if stalls is None:
        return
    by_bus: dict[str, list[Flow]] = {}
    for flow in _on_buses(draft):
        by_bus.setdefault(flow.bus_name, []).append(flow)
    stalled = STALL_SHARE if stalls.interrupts_off_ms else 0.0
    for name, flows in by_bus.items():
        busy = {flow.path: reads_per_s(flow) * _taken_us(flow) / _US for flow in flows}
        most = max(flows, key=lambda flow: busy[flow.path])
        total = sum(busy.values())
        yield Margin(
            rule="bus time",
            subject=name,
            path=most.rate_path,
            value=100 * total,
            limit=100 * (1 - stalled),
            unit="%",
            sentence=f"reads keep {name} busy {total:.1%} of the time and the limit is {1 - stalled:.0%}; one read of "
            f"{most.sensor_name} takes up to {read_us(most):.0f} us, {reads_per_s(most):.4g} times a second",
            complaint="is too fast",
            remedy=slower(most),
        )


def slower(flow: Flow) -> str:
    """What to do when the reads of a stream take too long."""
    return "lower a rate" + ("" if flow.bus.is_fastest() else f" or raise freq_hz of {table_name(('bus', flow.bus_name))}")


def _on_buses(draft: Draft) -> list[Flow]:
    return [flow for flow in draft.flows() if flow.bus]


def _taken_us(flow: Flow) -> float:
    """Microseconds of one read until the next can begin; a part that settles waits for the loop's next two looks."""
    return read_us(flow) + costs.NEXT_US + (costs.SETTLING_US if flow.sensor.reads().settle_us else 0)

