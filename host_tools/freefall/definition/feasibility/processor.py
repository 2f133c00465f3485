"""Whether the processor has time for reads, samples and packets. Model: README.md, "processor time"."""

from collections.abc import Iterator

from ..draft import Draft, Flow
from . import costs
from .margin import Margin
from .work import STALL_SHARE, Housekeeping, Link, frame_len, interrupts_share, packet_us, packets_per_s, read_cost, reads_per_s

_US = 1_000_000


def processor_time(draft: Draft) -> Iterator[Margin]:
    """The time of interrupts, for information, and of interrupts and foreground against what stalls leave of a second."""
    flows, stalls = list(draft.flows()), draft.stalls()
    link, housekeeping = Link.of(draft), Housekeeping.of(draft)
    if not flows or stalls is None or link is None or housekeeping is None:
        return
    most = max(flows, key=lambda flow: _own_us(flow, link))
    interrupts = interrupts_share(flows)
    each = ", ".join(f"{read_cost(flow).total_us:g} us a read of {flow.path[1]}" for flow in flows)
    yield Margin(
        rule="interrupt time",
        subject="board",
        path=most.rate_path,
        value=100 * interrupts,
        limit=None,
        unit="%",
        sentence=f"interrupts take {interrupts:.1%} of the processor's time: {each}",
    )
    board_us = housekeeping.sets_per_s * (housekeeping.packets * costs.REPORT_US + link.foreground_us(housekeeping.octets))
    board_us += costs.look_us(len(flows)) * _US / costs.LOOK_PERIOD_US
    share = (sum(_own_us(flow, link) for flow in flows) + board_us) / _US
    stalled = STALL_SHARE if stalls.longest_ms else 0.0
    left = f"the limit is {1 - stalled:.0%}" + (", for stalls may take the rest" if stalled else "")
    yield Margin(
        rule="processor time",
        subject="board",
        path=most.rate_path,
        value=100 * share,
        limit=100 * (1 - stalled),
        unit="%",
        sentence=f"samples and reports keep the processor busy {share:.1%} of the time, {interrupts:.1%} in interrupts, and "
        f"{left}; a read of {most.sensor_name} takes {read_cost(most).total_us:g} us and a packet {packet_us(most):.0f} us",
        complaint="is too fast",
        remedy="lower a rate, or let a FIFO make fewer reads or max_latency_ms fewer packets",
    )


def _own_us(flow: Flow, link: Link) -> float:
    """Microseconds of a second that a stream takes."""
    packets = packets_per_s(flow)
    foreground_us = packets * (packet_us(flow) + link.foreground_us(frame_len(flow)))
    return reads_per_s(flow) * read_cost(flow).total_us + foreground_us
