"""Whether the buses have time for the reads that the streams ask for. Models: README.md, "bus time" and "bus timeout"."""

import math
from collections.abc import Iterator

from ..diagnostics import table_name
from ..draft import Draft, Flow
from . import costs
from .margin import Margin
from .work import STALL_SHARE, reads_per_s

# The board counts the timeout over the whole transfer, which starts, stops, gaps and slow edges make longer than its octets.
STRETCH = 1.3

_US = 1_000_000


def timeouts(draft: Draft) -> Iterator[Margin]:
    """The longest read of each bus against the bus's timeout, which it must not exceed with nothing wrong."""
    longest: dict[str, tuple[float, str]] = {}  # bus -> (us, sensor) of its longest read
    for path in draft.tables("sensor"):
        sensor = draft.table(path) if draft.driver(path[1]) else None
        bus = getattr(sensor, "bus", None)
        if bus is not None and (table := draft.bus(bus)):
            longest[bus] = max(longest.get(bus, (0.0, "")), (_wire_us(table.read_us(sensor.reads()), sensor), table_name(path)))
    for flow in _on_buses(draft):
        longest[flow.bus_name] = max(longest[flow.bus_name], (_wire_us(flow.read_us, flow.sensor), flow.sensor_name))
    for name, (read_us, sensor) in longest.items():
        least = math.ceil(STRETCH * read_us)
        yield Margin(
            rule="bus timeout",
            subject=name,
            path=("bus", name, "timeout_us"),
            value=least,
            limit=draft.bus(name).timeout_us,
            unit="us",
            sentence=f"one read of {sensor} takes {read_us:.0f} us on {name}, and up to {least - read_us:.0f} us more where "
            "edges are slow",
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
            f"{most.sensor_name} takes {most.read_us:.0f} us, {reads_per_s(most):g} times a second",
            complaint="is too fast",
            remedy=slower(most),
        )


def slower(flow: Flow) -> str:
    """What to do when the reads of a stream take too long."""
    return "lower a rate" + ("" if flow.bus.is_fastest() else f" or raise freq_hz of {table_name(('bus', flow.bus_name))}")


def _on_buses(draft: Draft) -> list[Flow]:
    return [flow for flow in draft.flows() if flow.bus]


def _taken_us(flow: Flow) -> float:
    """Microseconds of one read until the next can begin; a part that settles waits for the loop's next look."""
    return flow.read_us + costs.NEXT_US + (costs.LOOK_US if flow.sensor.reads().settle_us else 0)


def _wire_us(read_us: float, sensor) -> float:
    # While the part settles the board counts no timeout.
    return read_us - len(sensor.reads().parts) * sensor.reads().settle_us
