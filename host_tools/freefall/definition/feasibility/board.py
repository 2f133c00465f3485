"""Whether the board survives its pauses, and what a day of it is on the host. Models: README.md, "watchdog" and "recording"."""

from collections.abc import Iterator

from ..draft import Draft
from . import costs
from .margin import Margin
from .work import Housekeeping, Link, frame_len, pass_us

_DAY_S = 86_400
_MEGA = 1_000_000

# Of a recording's message beside its octets: its record, and its entry in the index (MCAP).
_MESSAGE_OCTETS = 31 + 16
_MESSAGES_PER_S = 1000  # at most: octets that come within a millisecond are read together
_DELIMITED_US = 1_000


def watchdog(draft: Draft) -> Iterator[Margin]:
    """How long the watchdog waits at most for the loop, against its timeout."""
    flows, stalls, table = list(draft.flows()), draft.stalls(), draft.table(("watchdog",))
    if stalls is None or table is None or not table.timeout_ms:
        return
    value = stalls.longest_ms + (costs.LOOK_PERIOD_US + pass_us(flows)) / 1000
    yield Margin(
        rule="watchdog",
        subject="board",
        path=("watchdog", "timeout_ms"),
        value=value,
        limit=table.timeout_ms,
        unit="ms",
        sentence=f"the loop may pause for {stalls.longest_ms:g} ms, and then feeds the watchdog within "
        f"{value - stalls.longest_ms:.0f} ms",
        complaint="is too short",
        remedy=f"raise it above {value:.0f}, or set it to 0 for never",
    )


def garbage_collection(draft: Draft) -> Iterator[Margin]:
    """That nothing collects garbage: the firmware allocates nothing while it samples."""
    yield Margin(
        rule="garbage collection",
        subject="board",
        path=(),
        value=0.0,
        limit=None,
        unit="ms",
        sentence="the firmware allocates nothing while it samples, so MicroPython never stops to collect garbage",
    )


def recording_size(draft: Draft) -> Iterator[Margin]:
    """What `freefall record` writes in a day."""
    link, housekeeping = Link.of(draft), Housekeeping.of(draft)
    if link is None or housekeeping is None:
        return
    flows = list(draft.flows())
    frames = [(flow.packing.packets_per_s, frame_len(flow)) for flow in flows]
    octets = sum(rate * size for rate, size in frames) + housekeeping.octets_per_s
    # A message for every millisecond in which octets come: a frame touches as many as it lasts, and one more.
    touched = sum(rate * (size / link.octets_per_s * 1000 + 1) for rate, size in frames)
    touched += housekeeping.sets_per_s * (housekeeping.octets / link.octets_per_s * 1000 + 1)
    messages = min(_MESSAGES_PER_S, touched)
    value = (octets + messages * _MESSAGE_OCTETS) * _DAY_S / _MEGA
    yield Margin(
        rule="recording",
        subject="host",
        path=(),
        value=value,
        limit=None,
        unit="MB/day",
        sentence=f"{octets:.0f} bytes/s arrive, which a recording keeps as they are in up to {messages:.0f} messages a "
        f"second, of {_MESSAGE_OCTETS} bytes more each",
    )
