"""Whether the link carries what the streams send, and its queue what waits. Models: README.md, "link load" and "link queue"."""

from collections.abc import Iterator

from freefall_wire import frame, reports

from ..draft import Draft, Flow
from . import costs
from .margin import Margin
from .work import Housekeeping, Link, frame_len, interrupts_share, packet_us, packets_per_s, pause_us

_US = 1_000_000


def link_load(draft: Draft) -> Iterator[Margin]:
    """What streams and housekeeping send a second, against what the link carries."""
    link, housekeeping = Link.of(draft), Housekeeping.of(draft)
    if link is None or housekeeping is None:
        return
    needed = sum(map(_octets_per_s, draft.flows())) + housekeeping.octets_per_s
    yield Margin(
        rule="link load",
        subject="link",
        path=link.path,
        value=needed,
        limit=link.octets_per_s,
        unit="bytes/s",
        sentence=f"streams and housekeeping need {needed:.0f} bytes/s and the limit is {link.octets_per_s:.0f} bytes/s "
        f"({link.whole})",
        complaint="is too slow",
        remedy=link.remedy,
    )
    yield Margin(
        rule="housekeeping",
        subject="board",
        path=("housekeeping", "period_ms"),
        value=housekeeping.octets_per_s,
        limit=None,
        unit="bytes/s",
        sentence=f"a set of {housekeeping.packets} reports has {housekeeping.octets} bytes, and there is one every "
        f"{1000 / housekeeping.sets_per_s:g} ms",
    )


def link_queue(draft: Draft) -> Iterator[Margin]:
    """What waits for the link when the loop has caught up after the longest pause, against the queue's room for samples."""
    flows, stalls, link, housekeeping = list(draft.flows()), draft.stalls(), Link.of(draft), Housekeeping.of(draft)
    if not flows or stalls is None or link is None or housekeeping is None:
        return
    needed = sum(map(_octets_per_s, flows))
    foreground_us = sum(packets_per_s(flow) * (packet_us(flow) + link.foreground_us(frame_len(flow))) for flow in flows)
    made = needed * _US * (1 - interrupts_share(flows)) / foreground_us
    if made <= needed:
        return  # the loop never catches up, which is another rule's
    backlog = needed * pause_us(stalls, flows) / _US
    # Packets are made at one pace and leave at another, until none is left of those that came meanwhile either.
    rises = backlog * max(0.0, made - link.octets_per_s) / (made - needed)
    value = rises + sum(map(frame_len, flows)) + housekeeping.octets
    reserved = (len(flows) + 1 + costs.EVENTS_RESERVED) * (reports.LEDGER_LEN + frame.FRAME_OVERHEAD)
    limit = costs.QUEUE_OCTETS - reserved
    yield Margin(
        rule="link queue",
        subject="link",
        path=link.path,
        value=value,
        limit=limit,
        unit="bytes",
        sentence=f"after a pause of {stalls.longest_ms:g} ms packets come at {made:.0f} bytes/s, up to {value:.0f} bytes wait "
        f"and the limit is {limit}",
        complaint="is too slow",
        remedy=f"{link.remedy}, or lower the pauses of [stalls]",
    )


def _octets_per_s(flow: Flow) -> float:
    return packets_per_s(flow) * frame_len(flow)
